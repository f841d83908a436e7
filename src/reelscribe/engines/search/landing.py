"""The second at which to begin playing: the matched words come at once, from a sentence's start where one is near."""

from bisect import bisect_right

from reelscribe.engines.search import MomentDocument

MAX_LEAD = 3.0
"""Seconds: a moment begins at most this long before its first matched word (contract, section 6)."""
BREATH = 1.0
"""Seconds before the word when no sentence begins near: enough to recognise a voice before the word comes."""


def landing(moment: MomentDocument, first: int) -> float:
    """Where to begin so that the word at code point `first` of the moment's text is heard within 3 s."""
    spoken = spoken_at(moment, first)
    near = [at for _, at in moment.sentence_starts if spoken - MAX_LEAD <= at <= spoken]
    return near[-1] if near else max(spoken - BREATH, min(moment.start, spoken), 0.0)


def spoken_at(moment: MomentDocument, place: int) -> float:
    """When the character at `place` is said: its word's time; without word times, in proportion within its sentence."""
    if moment.words:
        return moment.words[max(bisect_right(moment.words, place, key=lambda word: word[0]) - 1, 0)][2]
    marks = [(0, moment.start), *moment.sentence_starts, (max(len(moment.text), 1), moment.end)]
    i = min(max(bisect_right(marks, place, key=lambda mark: mark[0]), 1), len(marks) - 1)
    (from_place, from_time), (to_place, to_time) = marks[i - 1], marks[i]
    share = (place - from_place) / max(to_place - from_place, 1)
    return from_time + share * max(to_time - from_time, 0.0)
