"""A recording's speech, taken from the front piece by piece, and the way back to the recording's own clock."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reelscribe.engines.speech.voice import Run
from reelscribe.engines.speech.wav import RATE, Samples


@dataclass(frozen=True, slots=True)
class Clock:
    """From seconds of speech, silences left out, to seconds of the recording.

    `speech` and `recording` hold the sample at which each run begins, on either clock.
    """

    speech: tuple[int, ...]
    recording: tuple[int, ...]

    def shift(self, seconds: float) -> float:
        """What to add at that moment of the speech."""
        run = max(0, bisect_right(self.speech, int(seconds * RATE)) - 1)
        return (self.recording[run] - self.speech[run]) / RATE


@dataclass(frozen=True, slots=True)
class Piece:
    """Speech without the silences. `is_last` if nothing follows."""

    samples: Samples
    clock: Clock
    is_last: bool


class Speech:
    """Holds one piece's worth of runs at a time."""

    def __init__(self, runs: Iterator[Run]) -> None:
        self._runs = runs
        self._held: list[Run] = []
        self._is_last = False

    def piece(self, length: int) -> Piece:
        """What comes next: at least `length` samples unless the recording ends before."""
        while not self._is_last and sum(len(run.samples) for run in self._held) < length:
            run = next(self._runs, None)
            if run is None:
                self._is_last = True
            else:
                self._held.append(run)
        starts = np.cumsum([0, *(len(run.samples) for run in self._held)])[:-1]
        clock = Clock(tuple(int(start) for start in starts), tuple(run.start for run in self._held))
        samples = np.concatenate([np.empty(0, dtype=np.float32), *(run.samples for run in self._held)])
        return Piece(samples, clock, self._is_last)

    def drop(self, count: int) -> None:
        """Forget the first `count` samples of the last piece."""
        while self._held and count >= len(self._held[0].samples):
            count -= len(self._held.pop(0).samples)
        if self._held and count:
            first = self._held[0]
            self._held[0] = Run(first.start + count, first.samples[count:])
