"""One ranking out of several scores: windows, their neighbours, and the video as a whole (z-score fusion)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEIGHBOUR_SHARE = 0.2
"""Share of each adjacent window's score that a window gets, since an answer seldom ends where a window does."""
VIDEO_SHARE = 0.4
"""Weight of the whole video's score beside the window's; both measured on QMSum (bench/moments.py)."""
MOMENTS_SHOWN = 3
_NUMBER_BITS = 32


@dataclass(frozen=True, slots=True)
class Windows:
    """Matching windows: `video` is an index into the candidate videos, `number` the window's place in its video."""

    video: Integers
    number: Integers
    score: Floats

    @property
    def keys(self) -> Integers:
        """One number a window; adjacent windows of a video, and no others, have adjacent ones."""
        return (self.video << _NUMBER_BITS) + self.number

    def with_neighbours(self) -> Floats:
        """Each window's score plus a share of the windows right before and after it."""
        keys = self.keys
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


@dataclass(frozen=True, slots=True)
class Meaning:
    """Cosines of the query's vector with windows (`near.score`) and with whole videos (`videos`; NaN: unknown)."""

    near: Windows
    videos: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Fused scores of windows and of videos; `place` is a window's place among those found by words, or -1.

    `cosine` is the window's nearness, 0 where it is not known.
    """

    windows: Windows
    videos: Floats
    place: Integers
    cosine: Floats


def fuse(windows: Windows, fields: Floats, videos: Floats, meaning: Meaning | None = None) -> Scores:
    """One score for each window and each video.

    `fields` and `videos`, of shape `(n,)`, are what each video's title, summary and description score, and what all its
    words do. A video's own score is that of its best window or of its fields, whichever says more.
    """
    if meaning is not None:
        windows, place, cosine = _joined(windows, meaning.near)
    else:
        place, cosine = np.arange(windows.score.size), np.zeros(windows.score.size)
    own = windows.with_neighbours()
    mean, deviation = spread(np.append(own, 0.0))
    prior = VIDEO_SHARE * standardized(videos)
    fused = (own - mean) / deviation
    if meaning is not None:
        fused += _standardized_known(cosine)
        prior += VIDEO_SHARE * _standardized_known(meaning.videos)
    fused += prior[windows.video]
    best = (fields - mean) / deviation + prior
    np.maximum.at(best, windows.video, fused)
    return Scores(replace(windows, score=fused), best, place, np.nan_to_num(cosine))


def _standardized_known(scores: Floats) -> Floats:
    """z-scores of what is known, and 0, which neither helps nor harms, where it is not (NaN)."""
    known = ~np.isnan(scores)
    result = np.zeros_like(scores)
    result[known] = standardized(scores[known])
    return result


def _joined(words: Windows, near: Windows) -> tuple[Windows, Integers, Floats]:
    """All windows of both, with their scores by words (0), places among those (-1) and cosines (NaN), where unknown."""
    keys, where = np.unique(np.concatenate([words.keys, near.keys]), return_inverse=True)
    score, cosine = np.zeros(keys.size), np.full(keys.size, np.nan)
    place = np.full(keys.size, -1, dtype=np.int64)
    by_words, by_meaning = where[: words.keys.size], where[words.keys.size :]
    score[by_words], place[by_words] = words.score, np.arange(words.score.size)
    cosine[by_meaning] = near.score
    return Windows(keys >> _NUMBER_BITS, keys & ((1 << _NUMBER_BITS) - 1), score), place, cosine


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
