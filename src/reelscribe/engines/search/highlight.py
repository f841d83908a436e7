"""Where the query stands in a text that is shown: computed here, so that every engine highlights alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from reelscribe.engines.search import Span
from reelscribe.engines.search.analysis import Token, tokens


@dataclass(frozen=True, slots=True)
class Matcher:
    """The terms that count as matches.

    `terms` match wherever they stand; the terms of a phrase match only one after the other;
    `characters` are single characters of unspaced scripts, which match inside any pair.
    """

    terms: frozenset[str] = frozenset()
    phrases: Sequence[Sequence[str]] = ()
    characters: frozenset[str] = frozenset()

    def spans(self, text: str, language: str) -> list[Span]:
        """Code point ranges of `text` that match, in order; ranges that touch or overlap are one."""
        found = tokens(text, language)
        spans = [(token.start, token.end) for token in found if token.term in self.terms]
        for phrase in self.phrases:
            spans.extend(_phrase_spans(found, phrase))
        if self.characters:
            spans.extend((token.start, token.start + 1) for token in found if token.term[:1] in self.characters)
        return merged(spans)


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same places in order, without overlaps."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _phrase_spans(found: Sequence[Token], phrase: Sequence[str]) -> list[Span]:
    length = len(phrase)
    spans: list[Span] = []
    for i in range(len(found) - length + 1):
        if all(found[i + k].term == phrase[k] for k in range(length)):
            spans.extend((token.start, token.end) for token in found[i : i + length])
    return spans
