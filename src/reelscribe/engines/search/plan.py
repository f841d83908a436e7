"""From typed words to index terms: word forms of every language in the index, corrections of what is not in it.

Shared by all engines: each only tells which terms it has (`Vocabulary`) and turns a `Plan` into its own query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from reelscribe.engines.search.analysis import is_unspaced, tokens
from reelscribe.engines.search.highlight import Matcher
from reelscribe.engines.search.languages import folded
from reelscribe.engines.search.query import Query
from reelscribe.engines.search.spelling import corrections

RARE = 2
"""Videos: a term in no more of them may be a slip of the recognizer or the typist, so corrections are tried too."""
CLEARLY_MORE = 10
CORRECTED_WEIGHT = 0.5
SUSPECTED_WEIGHT = 0.2
"""Weights of corrections: for a term that is nowhere, and for one that is merely rare."""
SEQUENCE_PAIRS = 4
"""Pairs of an unspaced script that must stand together; a longer run is a sentence, of which most pairs suffice."""
MAX_CHARACTER_PAIRS = 64


class Vocabulary(Protocol):
    """The terms of an index."""

    @property
    def languages(self) -> Sequence[str]:
        """Languages of its videos, the most frequent first, at least one."""
        ...

    def frequency(self, term: str) -> int:
        """In how many videos a term stands."""
        ...

    def pairs(self, character: str) -> Sequence[str]:
        """Terms of unspaced scripts that begin with a character, the most frequent first."""
        ...

    def starting(self, prefix: str) -> Iterable[tuple[str, int]]:
        """Words, folded but not stemmed, with this beginning and in how many videos they stand."""
        ...

    def ending(self, suffix: str) -> Iterable[tuple[str, int]]:
        """Words with this end, likewise."""
        ...


@dataclass(frozen=True, slots=True)
class Group:
    """One wanted thing: any of `terms` (with weights) or any of `sequences`, term after term."""

    terms: tuple[tuple[str, float], ...] = ()
    sequences: tuple[tuple[str, ...], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing in the index could match."""
        return not self.terms and not self.sequences


@dataclass(frozen=True, slots=True)
class Plan:
    """`wanted`: at least `required` of them; `phrases`: all of them; `excluded`: none of them."""

    wanted: tuple[Group, ...]
    phrases: tuple[Group, ...]
    excluded: tuple[Group, ...]
    required: int
    matcher: Matcher

    @property
    def is_hopeless(self) -> bool:
        """Whether no video can match."""
        return any(group.is_empty for group in self.phrases) or not (self.phrases or self.wanted)


def plan(query: Query, vocabulary: Vocabulary) -> Plan:
    """What to look up. Words that the index does not have in any form or spelling are left out."""
    found = [group for word in query.words for group in _word_groups(word, vocabulary)]
    wanted = tuple(group for group in found if not group.is_empty)
    phrases = tuple(_phrase_group(phrase, vocabulary) for phrase in query.phrases)
    excluded = tuple(_phrase_group(phrase, vocabulary) for phrase in query.excluded)
    return Plan(
        wanted=wanted,
        phrases=phrases,
        excluded=tuple(group for group in excluded if not group.is_empty),
        required=required(len(wanted)),
        matcher=_matcher(query, wanted, phrases),
    )


def required(words: int) -> int:
    """How many of so many words a video must have: both of two, three of five, since long queries are questions."""
    return words if words <= 2 else ceil(0.6 * words)  # noqa: PLR2004 - see above


def _word_groups(word: str, vocabulary: Vocabulary) -> list[Group]:
    sequence = _sequence(word, vocabulary.languages[0])
    if not sequence:
        return []
    if not is_unspaced(sequence[0]):
        return [Group(terms=_forms(word, vocabulary))]
    if len(word) == 1:
        return [Group(terms=tuple((pair, 1.0) for pair in vocabulary.pairs(sequence[0])[:MAX_CHARACTER_PAIRS]))]
    if len(sequence) <= SEQUENCE_PAIRS:
        return [_phrase_group(word, vocabulary)]
    return [Group(terms=((pair, 1.0),) if vocabulary.frequency(pair) else ()) for pair in dict.fromkeys(sequence)]


def _forms(word: str, vocabulary: Vocabulary) -> tuple[tuple[str, float], ...]:
    """The word's stem in each language of the index, and corrections where it is absent or rare."""
    frequencies = _stems(word, vocabulary)
    most = max(frequencies.values(), default=0)
    forms = dict.fromkeys(frequencies, 1.0)
    if most <= RARE:
        weight = SUSPECTED_WEIGHT if forms else CORRECTED_WEIGHT
        for correction in corrections(folded(word), vocabulary.starting, vocabulary.ending):
            if correction.videos > most * CLEARLY_MORE:
                for stem in _stems(correction.word, vocabulary):
                    forms.setdefault(stem, weight / correction.edits)
    return tuple(forms.items())


def _stems(word: str, vocabulary: Vocabulary) -> dict[str, int]:
    """Those of the word's stems that the index has, with their frequencies."""
    stems = dict.fromkeys(stem for language in vocabulary.languages for stem in _sequence(word, language))
    found = {stem: vocabulary.frequency(stem) for stem in stems}
    return {stem: frequency for stem, frequency in found.items() if frequency}


def _phrase_group(phrase: str, vocabulary: Vocabulary) -> Group:
    """A phrase as one sequence for each language whose terms differ; of one term, that term. Nothing is corrected."""
    sequences = dict.fromkeys(_sequence(phrase, language) for language in vocabulary.languages)
    there = [terms for terms in sequences if terms and all(vocabulary.frequency(term) for term in terms)]
    return Group(
        terms=tuple((terms[0], 1.0) for terms in there if len(terms) == 1),
        sequences=tuple(terms for terms in there if len(terms) > 1),
    )


def _sequence(text: str, language: str) -> tuple[str, ...]:
    """Terms in order. Within a longer text a run's last character never stands alone, so here it must not either."""
    found = tokens(text, language)
    lone = (
        i > 0 and token.end - token.start == 1 and is_unspaced(token.term) and found[i - 1].end == token.end
        for i, token in enumerate(found)
    )
    return tuple(token.term for token, is_lone in zip(found, lone, strict=True) if not is_lone)


def _matcher(query: Query, wanted: Iterable[Group], phrases: Iterable[Group]) -> Matcher:
    groups = [*wanted, *phrases]
    characters = frozenset(word for word in query.words if len(word) == 1 and is_unspaced(word))
    return Matcher(
        terms=frozenset(term for group in groups for term, _ in group.terms if term[:1] not in characters),
        phrases=tuple(sequence for group in groups for sequence in group.sequences),
        characters=characters,
    )
