"""What a person typed into words, phrases and exclusions. Any text at all can be parsed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from reelscribe.engines.search.analysis import word_pattern
from reelscribe.engines.search.stopwords import COMMANDS, OPENERS, STOPWORDS

MAX_CHARACTERS = 2_000
MAX_WORDS = 24
"""Distinct words that are looked up; the questions of QMSum have 4 to 12 after their command words are gone."""
MAX_PHRASES = 4
MAX_PHRASE_WORDS = 16
_QUESTION_WORDS = 4

_PHRASE = re.compile(r"""(?P<minus>(?<!\S)-)?(?:"([^"]*)"|\u201c([^\u201d]*)\u201d|\u201e([^\u201c\u201d]*)[\u201c\u201d]|\u00ab([^\u00bb]*)\u00bb|\u300c([^\u300d]*)\u300d)""")  # fmt: skip # noqa: E501 - five pairs of quotation marks side by side read best
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d_])(\S+)")


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. Everything in it is text as typed, not yet terms, since those depend on a document's language.

    `words` are wanted (most of them), `phrases` must all stand word by word, `excluded` phrases and words must not.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for, so that nothing is found."""
        return not self.words and not self.phrases


def parse(text: str) -> Query:
    """Read a query. Unclosed quotes, stray operators and anything else unusual are taken as plain words."""
    text = text[:MAX_CHARACTERS]
    phrases, excluded, rest = _take_phrases(text)
    if excluded_words := _EXCLUDED.findall(rest):
        rest = _EXCLUDED.sub(" ", rest)
        excluded += excluded_words
    words = _wanted(_words(rest), is_question=rest.rstrip().endswith("?"), alone=not phrases)
    query = Query(tuple(words), tuple(phrases[:MAX_PHRASES]), tuple(excluded[:MAX_WORDS]))
    return query if not query.is_empty else Query(words=tuple(_words(text)))


def _take_phrases(text: str) -> tuple[list[str], list[str], str]:
    """Wanted phrases, excluded ones, and what is left. A phrase of one word is that word, which must stand there."""
    wanted: list[str] = []
    excluded: list[str] = []
    for match in _PHRASE.finditer(text):
        phrase = " ".join(_raw_words(next(group for group in match.groups()[1:] if group is not None)))
        if phrase:
            (excluded if match.group("minus") else wanted).append(phrase)
    return wanted, excluded, _PHRASE.sub(" ", text)


def _raw_words(text: str) -> list[str]:
    found = (match.group() for match in word_pattern(ascii_only=text.isascii()).finditer(text))
    return list(islice(found, MAX_PHRASE_WORDS))


def _words(text: str) -> list[str]:
    """Distinct words in the order typed; the same word in another case counts once."""
    found = (match.group() for match in word_pattern(ascii_only=text.isascii()).finditer(text))
    distinct: dict[str, str] = {}
    for word in found:
        distinct.setdefault(word.casefold(), word)
        if len(distinct) >= MAX_WORDS * 4:
            break
    return list(distinct.values())


def _wanted(words: list[str], *, is_question: bool, alone: bool) -> list[str]:
    """Words that carry the subject; if none would be left ("to be or not to be"), all of them."""
    kept = _without(words, STOPWORDS)
    asks = bool(words) and len(words) >= _QUESTION_WORDS and words[0].casefold() in OPENERS
    if is_question or asks:
        kept = _without(kept, COMMANDS) or kept
    if not kept and alone:
        kept = words
    return kept[:MAX_WORDS]


def _without(words: Iterable[str], unwanted: frozenset[str]) -> list[str]:
    return [word for word in words if word.casefold().replace("\u2019", "'").removesuffix("'s") not in unwanted]
