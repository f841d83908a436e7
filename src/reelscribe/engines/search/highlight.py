"""Where the query stands in a text that is shown: computed here, so that every engine highlights alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from reelscribe.engines.search import Span
from reelscribe.engines.search.analysis import LONGEST_TERM, TAIL, Token, tokens, word_pattern
from reelscribe.engines.search.languages import is_suffixing, plain_letters, term_of

_TAIL = re.compile(rf"(?<=[^\W_]['\u2019]){TAIL}", re.IGNORECASE)


@dataclass(frozen=True)
class Matcher:
    """The terms that count as matches.

    `terms` match wherever they stand; the terms of a phrase match only one after the other;
    `characters` are single characters of unspaced scripts, which match inside any pair.
    """

    terms: frozenset[str] = frozenset()
    phrases: Sequence[Sequence[str]] = ()
    characters: frozenset[str] = frozenset()

    def spans(self, text: str, language: str) -> list[Span]:
        """Code point ranges of `text` that match, in order, none overlapping another."""
        found = self._near(text, language)
        spans = [(token.start, token.end) for token in found if token.term in self.terms]
        for phrase in self.phrases:
            spans.extend(_phrase_spans(text, found, phrase))
        if self.characters:
            spans.extend((token.start, token.start + 1) for token in found if token.term[:1] in self.characters)
        return merged(spans) if spans else []

    def _near(self, text: str, language: str) -> list[Token]:
        """At least the tokens that could match.

        In most texts only words that begin like a wanted term are analyzed, which takes a tenth of the time of all.
        """
        if self._beginnings is None:
            return tokens(text, language) if self.characters else []
        plain = _plain(text) if is_suffixing(language) else None
        if plain is None:
            return tokens(text, language)
        starts = (found.start() for found in self._beginnings.finditer(plain))
        whole = word_pattern(ascii_only=text.isascii())
        words = (whole.match(text, start) for start in starts if _begins_a_word(text, start))
        return [Token(term_of(word.group()[:LONGEST_TERM], language), *word.span()) for word in words if word]

    @cached_property
    def _beginnings(self) -> re.Pattern[str] | None:
        """Words that begin like a term; stemming changes at most the last two letters that it leaves."""
        wanted = {*self.terms, *(term for phrase in self.phrases for term in phrase)}
        if not wanted:
            return None
        beginnings = "|".join(sorted({re.escape(term[: max(len(term) - 2, 1)]) for term in wanted}))
        beginnings = beginnings.replace("ss", "ss?")  # a sharp s, two in a term, is one in a text's plain letters
        return re.compile(beginnings)


def _begins_a_word(text: str, start: int) -> bool:
    return not (start and text[start - 1].isalnum()) and not _TAIL.match(text, start)


def _plain(text: str) -> str | None:
    """The text in small plain letters, place by place, or None where that is not possible."""
    if text.isascii():
        return text.lower()
    plain = text.lower().translate(plain_letters()) if _simple().fullmatch(text) else ""
    return plain if len(plain) == len(text) else None


@cache
def _simple() -> re.Pattern[str]:
    """Texts whose letters become one plain letter each, so that places stay true."""
    letters = re.escape("".join(map(chr, plain_letters())))
    return re.compile(rf"[\x00-\x7f{letters}\u2010-\u203a]*")


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same places in order, without overlaps."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _phrase_spans(text: str, found: Sequence[Token], phrase: Sequence[str]) -> list[Span]:
    length = len(phrase)
    spans: list[Span] = []
    for i in range(len(found) - length + 1):
        run = found[i : i + length]
        if all(token.term == term for token, term in zip(run, phrase, strict=True)) and _is_unbroken(text, run):
            spans.extend((token.start, token.end) for token in run)
    return spans


def _is_unbroken(text: str, run: Sequence[Token]) -> bool:
    """Whether no word stands between the tokens, since words that could not match may have been passed over."""
    pattern = word_pattern(ascii_only=False)
    gaps = ((before.end, after.start) for before, after in pairwise(run))
    return not any(start < end and pattern.search(text, start, end) for start, end in gaps)
