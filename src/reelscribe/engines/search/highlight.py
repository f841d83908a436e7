"""Where the query stands in a text that is shown: computed here, so that every engine highlights alike."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from reelscribe.engines.search import Span
from reelscribe.engines.search.analysis import is_unspaced
from reelscribe.engines.search.marks import Marks, hashes_of


@dataclass(frozen=True)
class Matcher:
    """The terms that count as matches.

    `terms` match wherever they stand; the terms of a phrase match only one after the other;
    `characters` are single characters of unspaced scripts, which match inside any pair.
    """

    terms: frozenset[str] = frozenset()
    phrases: Sequence[Sequence[str]] = ()
    characters: frozenset[str] = frozenset()

    def spans(self, text: str, marks: Marks) -> list[Span]:
        """Code point ranges of `text` that match, in order, none overlapping another."""
        starts, ends = marks.starts, marks.ends
        spans = [
            (starts[i], ends[i])
            for hashes, length in self._wanted
            for first in marks.places(hashes)
            for i in range(first, first + length)
        ]
        if self.characters:
            spans.extend((start, start + 1) for start in starts if _character(text[start]) in self.characters)
        return merged(spans) if spans else []

    @cached_property
    def _wanted(self) -> list[tuple[bytes, int]]:
        """Hashes of each term and phrase, and of how many terms."""
        sequences = [*((term,) for term in self.terms), *self.phrases]
        return [(hashes_of(terms), len(terms)) for terms in sequences]


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same places in order, without overlaps."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _character(character: str) -> str:
    """How a term of an unspaced script begins at this character; nothing for other scripts."""
    return unicodedata.normalize("NFKC", character)[:1] if is_unspaced(character) else ""
