"""A recording with its silences left out, and the way back to its own clock."""

from bisect import bisect_right
from itertools import accumulate

import numpy as np

from reelscribe.engines.speech.voice import Span
from reelscribe.engines.speech.wav import RATE, Recording, Samples


class Spoken:
    """The spans one after the other, read when asked for. `length` in samples."""

    def __init__(self, recording: Recording, spans: list[Span]) -> None:
        self._recording = recording
        self._spans = spans
        self._starts = [0, *accumulate(span.end - span.start for span in spans)]
        self.length = self._starts.pop()

    def read(self, start: int, end: int) -> Samples:
        """Samples [start, end) of the speech."""
        parts = [np.empty(0, dtype=np.float32)]
        for at, span in zip(self._starts, self._spans, strict=True):
            shift = span.start - at
            first, last = max(span.start, start + shift), min(span.end, end + shift)
            if first < last:
                parts.append(self._recording.read(first, last))
        return np.concatenate(parts)

    def shift(self, seconds: float) -> float:
        """What to add, in seconds, to that moment of the speech to get the moment of the recording."""
        span = max(0, bisect_right(self._starts, int(seconds * RATE)) - 1)
        return (self._spans[span].start - self._starts[span]) / RATE
