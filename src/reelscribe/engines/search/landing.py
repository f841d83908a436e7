"""The second at which to begin playing: the matched words come at once, from a sentence's start where one is near."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from reelscribe.engines.search import MomentDocument

MAX_LEAD = 3.0
"""Seconds: a moment begins at most this long before its first matched word (contract, section 6)."""
BREATH = 1.0
"""Seconds before the word when no sentence begins near: enough to recognise a voice before the word comes."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a window's text is said: `length` code points from `start` to `end`.

    Word i, and sentence i, begins at code point `..._places[i]` and at second `..._times[i]`.
    """

    start: float
    end: float
    length: int
    word_places: Sequence[int]
    word_times: Sequence[float]
    sentence_places: Sequence[int]
    sentence_times: Sequence[float]

    @classmethod
    def of(cls, moment: MomentDocument) -> "Timeline":
        """The timeline of a window."""
        return cls(
            moment.start,
            moment.end,
            len(moment.text),
            [start for start, _, _ in moment.words],
            [at for _, _, at in moment.words],
            [start for start, _ in moment.sentence_starts],
            [at for _, at in moment.sentence_starts],
        )

    def landing(self, first: int) -> float:
        """Where to begin so that the word at code point `first` is heard within 3 s."""
        spoken = self.spoken_at(first)
        near = [at for at in self.sentence_times if spoken - MAX_LEAD <= at <= spoken]
        return near[-1] if near else max(spoken - BREATH, min(self.start, spoken), 0.0)

    def spoken_at(self, place: int) -> float:
        """When the character at `place` is said: its word's time; else in proportion within its sentence."""
        if self.word_places:
            return self.word_times[max(bisect_right(self.word_places, place) - 1, 0)]
        places = [0, *self.sentence_places, max(self.length, 1)]
        times = [self.start, *self.sentence_times, self.end]
        i = min(max(bisect_right(places, place), 1), len(places) - 1)
        share = (place - places[i - 1]) / max(places[i] - places[i - 1], 1)
        return times[i - 1] + share * max(times[i] - times[i - 1], 0.0)
