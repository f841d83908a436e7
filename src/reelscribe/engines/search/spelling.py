"""What a mistyped word may have been: words of the index within one or two edits, found without walking all of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from reelscribe.engines.search.analysis import is_unspaced

Lookup = Callable[[str], Iterable[tuple[str, int]]]
"""From a prefix (or suffix) to words that have it, each with the number of videos it stands in."""
MIN_LENGTH = 4
TWO_EDITS_LENGTH = 8
"""Code points from which one and two edits are forgiven (as Lucene's AUTO does, which begins at 3 and 6)."""
MAX_CORRECTIONS = 3


class Correction(NamedTuple):
    """A word of the index, how many edits away it is, and in how many videos it stands."""

    word: str
    edits: int
    videos: int


def corrections(word: str, starting: Lookup, ending: Lookup) -> list[Correction]:
    """The nearest words of the index, most frequent first; none for numbers, short words and unspaced scripts.

    Edits leave one end of a word whole: all in the later part, and its beginning finds it; all in the earlier part, and
    its end does. Two edits of which one stands in the first and one in the last third are not found.
    """
    allowed = allowed_edits(word)
    if not allowed:
        return []
    kept = len(word) // (3 if allowed > 1 else 2)
    nearby = [*starting(word[:kept]), *ending(word[-kept:]), *starting(_swapped(word, kept)[: kept + 1])]
    found = {
        other: Correction(other, edits, videos)
        for other, videos in nearby
        if other != word and (edits := edit_distance(word, other, allowed)) <= allowed
    }
    best = min((correction.edits for correction in found.values()), default=0)
    nearest = (correction for correction in found.values() if correction.edits == best)
    return sorted(nearest, key=lambda correction: (-correction.videos, correction.word))[:MAX_CORRECTIONS]


def allowed_edits(word: str) -> int:
    """How many edits are forgiven in a word of this length and kind."""
    if len(word) < MIN_LENGTH or not word.isalpha() or is_unspaced(word):
        return 0
    return 2 if len(word) >= TWO_EDITS_LENGTH else 1


def edit_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment).

    Any larger number beyond `limit`, which must be small: with each edit, four ways to go on are tried.
    """
    if left == right:
        return 0
    if limit == 0 or abs(len(left) - len(right)) > limit:
        return limit + 1
    left, right = _without_common_ends(left, right)
    if not left or not right:
        return len(left) + len(right)
    # Both now begin with another letter, so one edit is right here.
    return 1 + min(edit_distance(a, b, limit - 1) for a, b in _edited(left, right))


def _without_common_ends(left: str, right: str) -> tuple[str, str]:
    shorter = min(len(left), len(right))
    start = 0
    while start < shorter and left[start] == right[start]:
        start += 1
    end = 0
    while end < shorter - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return left[start : len(left) - end], right[start : len(right) - end]


def _edited(left: str, right: str) -> Iterator[tuple[str, str]]:
    """What is left to compare after each edit of the first letters: substitution, deletion, insertion, swap."""
    yield left[1:], right[1:]
    yield left[1:], right
    yield left, right[1:]
    if left[:2] == right[1::-1]:
        yield left[2:], right[2:]


def _swapped(word: str, place: int) -> str:
    """A swap across the border between both parts leaves neither end whole, so it is tried as such."""
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
