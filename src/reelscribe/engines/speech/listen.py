"""Whisper over a recording of any length, in bounded memory, hearing what it would hear of the whole at once.

faster-whisper decodes a recording and its spectrogram whole: 10 hours take 9 GB. Here only the speech of 20 minutes is
held. Whisper listens through windows of 30 s, each beginning where the last one's words ended; a window that the
piece's end would cut is left to the next piece, which begins exactly with it. So the windows, and with them the words,
are those of an uncut recording: nothing is ever joined.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reelscribe.engines.speech.errors import TranscriptionStopped
from reelscribe.engines.speech.model import WhisperModel, WhisperSegment
from reelscribe.engines.speech.pieces import Clock, Speech
from reelscribe.engines.speech.wav import RATE

PIECE = 20 * 60 * RATE
FRAME = RATE // 100
WINDOW_FRAMES = 3000

BEAM = 5
TEMPERATURES = (0.0, 0.4, 0.8)
"""Tried in turn on what seems misheard; OpenAI's six would let noise take six times as long as speech."""


@dataclass(slots=True)
class Language:
    """Given, or detected from the first 30 s of speech and then kept. `probability` is None where it was given."""

    code: str | None
    probability: float | None = None


def listen(
    model: WhisperModel, speech: Speech, language: Language, should_stop: Callable[[], bool], piece_length: int = PIECE
) -> Iterator[tuple[WhisperSegment, Clock]]:
    """Segments in order, each with the clock that leads its times back to the recording. Sets `language`."""
    while True:
        piece = speech.piece(piece_length)
        if len(piece.samples) == 0:
            return
        frames = len(piece.samples) // FRAME
        next_window = frames if piece.is_last else max(0, frames - WINDOW_FRAMES)
        segments, info = model.transcribe(
            piece.samples,
            language=language.code,
            beam_size=BEAM,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            language_detection_segments=4,
        )
        if language.code is None:
            language.code, language.probability = info.language, float(info.language_probability)
        for segment in segments:
            if should_stop():
                raise TranscriptionStopped("Transcription was stopped")
            if not piece.is_last and segment.seek + WINDOW_FRAMES > frames:
                next_window = segment.seek
                break
            yield segment, piece.clock
        if piece.is_last:
            return
        speech.drop(next_window * FRAME)
