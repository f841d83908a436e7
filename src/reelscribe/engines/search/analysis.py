"""Text to index terms with their places, the same for every engine, for documents, queries and highlights alike.

Engines index the terms joined by spaces (`joined`), so none has an analyzer of its own that could disagree.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from reelscribe.engines.search.languages import term_of

# Scripts without spaces (Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han), and Hangul: its particles cling.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\u1100-\u11ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_SYMBOLS = "\u2190-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_CONTRACTION = r"(?:['\u2019](?:s|t|re|ve|ll|d|m)\b)?"
"""What stands after the apostrophe of an English word and belongs to it; other apostrophes part words."""
LONGEST_TERM = 64
"""Code points of a term; what is longer is no word, and engines refuse terms of tens of kilobytes."""


class Token(NamedTuple):
    """A term and where it stands: code points `[start, end)` of the text."""

    term: str
    start: int
    end: int


def tokens(text: str, language: str) -> list[Token]:
    """The terms of a text in order. Runs of unspaced scripts give overlapping pairs and their last character alone."""
    found: list[Token] = []
    for match in word_pattern(ascii_only=text.isascii()).finditer(text):
        start, end = match.span()
        if match.lastgroup == "run":
            found.extend(_pairs(match.group(), start))
        elif term := term_of(match.group()[:LONGEST_TERM], language):
            found.append(Token(term, start, end))
    return found


def terms(text: str, language: str) -> Iterator[str]:
    """The terms alone; faster than `tokens`."""
    if text.isascii():
        return (term_of(word[:LONGEST_TERM], language) for word in word_pattern(ascii_only=True).findall(text))
    return (token.term for token in tokens(text, language))


def joined(found: Sequence[Token]) -> str:
    """The terms joined by spaces: an engine indexes it with a tokenizer that splits at white space, no more."""
    return " ".join([token.term for token in found])


def is_unspaced(term: str) -> bool:
    """Whether a term comes from a script written without spaces, so that it is a pair of characters or one."""
    return _unspaced_pattern().match(term) is not None


@cache
def word_pattern(*, ascii_only: bool) -> re.Pattern[str]:
    """Words, runs of unspaced scripts, and single symbols such as emoji."""
    if ascii_only:
        return re.compile(r"[a-z0-9]+" + _CONTRACTION, re.ASCII | re.IGNORECASE)
    letter = rf"(?![{UNSPACED}])(?:[^\W_]|[{_marks()}])"
    return re.compile(rf"(?P<run>[{UNSPACED}]+)|(?:{letter})+{_CONTRACTION}|[{_SYMBOLS}]", re.IGNORECASE)


@cache
def _unspaced_pattern() -> re.Pattern[str]:
    return re.compile(rf"[{UNSPACED}]")


@cache
def _marks() -> str:
    r"""Combining marks, which `\w` leaves out though Hindi, Tamil or pointed Hebrew words have them inside."""
    return "".join(chr(c) for c in range(0x300, 0x1F000) if unicodedata.category(chr(c)) in {"Mn", "Mc"})


def _pairs(run: str, offset: int) -> Iterator[Token]:
    # Normalized one by one, so that places stay true; a lone last character lets single-character queries find it.
    folded = [unicodedata.normalize("NFKC", character) for character in run]
    for i in range(len(run)):
        yield Token("".join(folded[i : i + 2]), offset + i, offset + min(i + 2, len(run)))
