"""Speech to text: a recording in, words with times out. Embedded: faster-whisper; a larger model or a GPU by settings.

One Protocol, because tests and other recognizers stand behind the same border. Calls block for long: run them in a
thread; the model's own work lets go of the interpreter's lock.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from reelscribe.engines.speech.errors import (
    AudioUnreadable,
    LanguageUnsupported,
    SpeechError,
    SpeechUnavailable,
    TranscriptionStopped,
)
from reelscribe.text.transcript import Transcript

__all__ = [
    "AudioUnreadable",
    "LanguageUnsupported",
    "SpeechError",
    "SpeechToText",
    "SpeechUnavailable",
    "TranscriptionStopped",
]


class SpeechToText(Protocol):
    def transcribe(
        self,
        audio: Path,
        *,
        language: str | None = None,
        on_progress: Callable[[float], None] = ...,
        should_stop: Callable[[], bool] = ...,
    ) -> Transcript:
        """What is said in `audio`, a WAV file of 16 kHz, mono, 16 bits, of any length, in bounded memory.

        Segments are numbered from 0; words do not overlap, never go back, and lie within [0, duration]. Silence, noise
        and a recording without a sample give a transcript without segments. `language` is a BCP 47 tag ("en", "pt-BR");
        None detects it, and then the transcript's language is None where nothing is said.

        `on_progress` gets the share done, from 0 to 1, never falling. `should_stop` is asked between segments.
        Both are called in the caller's thread.

        Raises:
            LanguageUnsupported: the model does not know `language`; also a ValueError.
            AudioUnreadable: not such a WAV file; also a ValueError.
            TranscriptionStopped: `should_stop` said so.
            SpeechUnavailable: the model cannot be loaded; can be mended and retried.
        """
        ...

    def check(self) -> None:
        """Return if the model is at hand, without loading it. Raises what tells how to mend it."""
        ...
