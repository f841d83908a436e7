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
    mean, deviation = spread(scores)
    return (scores - mean) / deviation


def spread(scores: Floats) -> tuple[float, float]:
    """Mean and standard deviation, the latter 1 where there is none to divide by."""
    if not scores.size:
        return 0.0, 1.0
    return float(scores.mean()), float(scores.std()) or 1.0


def fuse(windows: Windows, fields: Floats, videos: Floats) -> tuple[Floats, Floats]:
    """Scores of the windows and of the videos.

    `fields` and `videos`, of shape `(n,)`, are what each video's title, summary and description score, and what all its
    words do. A video's own score is that of its best window or of its fields, whichever says more.
    """
    own = windows.with_neighbours()
    mean, deviation = spread(np.append(own, 0.0))
    prior = VIDEO_SHARE * standardized(videos)
    fused = (own - mean) / deviation + prior[windows.video]
    best = (fields - mean) / deviation + prior
    np.maximum.at(best, windows.video, fused)
    return fused, best


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
