"""Where the query stands in a text that is shown: computed here, so that every engine highlights alike."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reelscribe.engines.search import Span
from reelscribe.engines.search.analysis import is_unspaced
from reelscribe.engines.search.marks import Marks, hash_of


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
        wanted, starts, ends = self._hashes, marks.starts, marks.ends
        spans = [(starts[i], ends[i]) for i, term in enumerate(marks.hashes) if term in wanted]
        for phrase in self._phrase_hashes:
            spans.extend((starts[i], ends[i]) for i in _places(marks.hashes, phrase))
        if self.characters:
            spans.extend((start, start + 1) for start in starts if _character(text[start]) in self.characters)
        return merged(spans) if spans else []

    @cached_property
    def _hashes(self) -> frozenset[int]:
        return frozenset(map(hash_of, self.terms))

    @cached_property
    def _phrase_hashes(self) -> list[list[int]]:
        return [[hash_of(term) for term in phrase] for phrase in self.phrases]


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same places in order, without overlaps."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _places(hashes: Sequence[int], phrase: Sequence[int]) -> Iterator[int]:
    """Places of all terms of a phrase, wherever they stand one after the other."""
    first, length = phrase[0], len(phrase)
    for i, term in enumerate(hashes):
        if term == first and list(hashes[i : i + length]) == phrase:
            yield from range(i, i + length)


def _character(character: str) -> str:
    """How a term of an unspaced script begins at this character; nothing for other scripts."""
    return unicodedata.normalize("NFKC", character)[:1] if is_unspaced(character) else ""
