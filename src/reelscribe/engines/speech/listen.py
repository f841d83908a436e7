"""Whisper over speech of any length, in bounded memory, hearing what it would hear of the whole at once.

faster-whisper decodes a recording and its spectrogram whole: 10 hours take tens of GB. Here half an hour is held.
Whisper listens through windows of 30 s, each beginning where the last one's words ended; a window that the piece's end
would cut is left to the next piece, which begins exactly with it. With the spectrogram on the same scale in all pieces,
the windows and their words are those of the uncut recording: nothing is ever joined. (A test holds it to that.)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reelscribe.engines.speech.errors import TranscriptionStopped
from reelscribe.engines.speech.features import FRAME, MARGIN, log_mel
from reelscribe.engines.speech.model import WhisperModel, WhisperSegment, with_loudest
from reelscribe.engines.speech.spoken import Spoken
from reelscribe.engines.speech.wav import RATE

PIECE_FRAMES = 30 * 60 * 100
WINDOW_FRAMES = 3000

BEAM = 5
TEMPERATURES = (0.0, 0.4, 0.8)
"""Tried in turn on what seems misheard; OpenAI's six would let noise take twice as long."""

DETECTION_WINDOWS = 4
"""Windows to look at for the language, as long as none is surer than 0.5."""


@dataclass(slots=True)
class Language:
    """Given, or detected once for the whole recording. `probability` is None where it was given."""

    code: str | None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """One recording's worth of listening. Sets `language` if it was not given."""

    model: WhisperModel
    spoken: Spoken
    language: Language
    should_stop: Callable[[], bool]
    piece_frames: int = PIECE_FRAMES

    def segments(self) -> Iterator[tuple[WhisperSegment, float]]:
        """Segments in order, each with the seconds of speech before the piece that its times count from."""
        model, start, end = with_loudest(self.model, self._loudest()), 0, 0
        while end < self.spoken.length:
            margin = min(MARGIN, start // FRAME)
            first = start - margin * FRAME
            end = min(start + self.piece_frames * FRAME, self.spoken.length)
            whole = (end - first) // FRAME if end == self.spoken.length else (end - first) // FRAME - MARGIN
            following = whole - WINDOW_FRAMES
            for segment in self._hear(model, first, end, margin):
                if end < self.spoken.length and segment.seek + WINDOW_FRAMES > whole:
                    following = segment.seek
                    break
                yield segment, first / RATE
            start = first + following * FRAME

    def _hear(self, model: WhisperModel, first: int, end: int, margin: int) -> Iterator[WhisperSegment]:
        segments, info = model.transcribe(
            self.spoken.read(first, end),
            language=self.language.code,
            beam_size=BEAM,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            language_detection_segments=DETECTION_WINDOWS,
            clip_timestamps=[margin * FRAME / RATE],
        )
        if self.language.code is None:
            self.language.code, self.language.probability = info.language, float(info.language_probability)
        for segment in segments:
            if self.should_stop():
                raise TranscriptionStopped("Transcription was stopped")
            yield segment

    def _loudest(self) -> float | None:
        length, piece = self.spoken.length, self.piece_frames * FRAME
        if length <= piece:
            return None
        starts = range(0, length, piece)
        extractor = self.model.feature_extractor
        return max(float(log_mel(extractor, self.spoken.read(start, start + piece)).max()) for start in starts)
