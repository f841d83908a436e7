"""One ranking out of several scores: windows, their neighbours, and the video as a whole (z-score fusion)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEIGHBOUR_SHARE = 0.2
"""Share of each adjacent window's score that a window gets, since an answer seldom ends where a window does."""
VIDEO_SHARE = 0.4
"""Weight of the whole video's score beside the window's; both measured on QMSum (bench/moments.py)."""
MOMENTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Windows:
    """Matching windows: `video` is an index into the candidate videos, `number` the window's place in its video."""

    video: Integers
    number: Integers
    score: Floats

    def with_neighbours(self) -> Floats:
        """Each window's score plus a share of the windows right before and after it."""
        # Numbers of one video never reach the next one's, so adjacent keys are adjacent windows.
        keys = self.video * (1 << 32) + self.number
        order = np.argsort(keys)
        keys, scores = keys[order], self.score[order]
        adjacent = np.diff(keys) == 1
        total = scores.copy()
        total[1:] += NEIGHBOUR_SHARE * np.where(adjacent, scores[:-1], 0.0)
        total[:-1] += NEIGHBOUR_SHARE * np.where(adjacent, scores[1:], 0.0)
        result: Floats = np.empty_like(total)
        result[order] = total
        return result


def standardized(scores: Floats) -> Floats:
    """z-scores: how many standard deviations each lies above the mean; all 0 where all are equal."""
    deviation = float(scores.std()) if scores.size else 0.0
    result: Floats = (scores - scores.mean()) / deviation if deviation > 0 else np.zeros_like(scores)
    return result


def best_of_each(videos: int, windows: Windows, fused: Floats, floor: Floats) -> Floats:
    """A video's score: its best window's, and `floor` (shape `(videos,)`) where none of its windows matches."""
    best = np.full(videos, -np.inf)
    np.maximum.at(best, windows.video, fused)
    return np.maximum(best, floor)


def shown(numbers: Sequence[int], limit: int = MOMENTS_SHOWN) -> list[int]:
    """Which of `numbers` (windows of one video, best first) to show, by place; a shown one's neighbour adds little."""
    taken: list[int] = []
    for place, number in enumerate(numbers):
        if len(taken) == limit:
            break
        if all(abs(number - numbers[other]) > 1 for other in taken):
            taken.append(place)
    return taken


def squashed(scores: Floats) -> Floats:
    """Scores between 0 and 1 in the same order (logistic); comparable within one answer only."""
    return 1.0 / (1.0 + np.exp(-np.clip(scores, -30.0, 30.0)))
