"""Titles of chapters: the phrases that a chapter says often and the others seldom."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reelscribe.text.punctuation import APOSTROPHE, CLAUSES, STOPS
from reelscribe.text.terms import Terms, words

# Words in a phrase, at most.
LONGEST_PHRASE = 3
# Characters of a title taken from a chapter's first words, where no phrase stands out.
LONGEST_OPENING = 48

_CLAUSE = re.compile(rf"[^\w\s'{APOSTROPHE}-]+")


@dataclass(frozen=True, slots=True)
class _Phrase:
    stems: tuple[str, ...]
    text: str
    score: float


def titles(texts: Sequence[str], terms: Terms) -> list[str]:
    """A short title for each chapter's text; no two are the same where the texts allow it."""
    found = [_phrases(text, terms) for text in texts]
    spread = Counter(stems for surfaces in found for stems in surfaces)
    taken: set[tuple[str, ...]] = set()
    names = []
    for text, surfaces in zip(texts, found, strict=True):
        chosen = _chosen(_ranked(surfaces, spread, len(texts)), taken)
        taken.update(phrase.stems for phrase in chosen)
        names.append(_title([phrase.text for phrase in chosen]) or _opening(text))
    return names


def _phrases(text: str, terms: Terms) -> dict[tuple[str, ...], Counter[str]]:
    """The surfaces of each phrase, by the stems of its words."""
    surfaces: dict[tuple[str, ...], Counter[str]] = {}
    for clause in _CLAUSE.split(text):
        for stems, surface in _runs(words(clause), terms):
            surfaces.setdefault(stems, Counter())[surface] += 1
    return surfaces


def _runs(clause: Sequence[str], terms: Terms) -> Iterator[tuple[tuple[str, ...], str]]:
    stems = [terms.of_word(word) for word in clause]
    for start in range(len(clause)):
        for end in range(start + 1, min(start + LONGEST_PHRASE, len(clause)) + 1):
            if not _tells(clause[end - 1], stems[end - 1]):
                break
            yield tuple(stems[start:end]), " ".join(clause[start:end])


def _tells(word: str, stem: str) -> bool:
    return len(stem) > 2 and not any(character.isdigit() for character in word)  # noqa: PLR2004 -- "uh", "'s"


def _ranked(
    surfaces: dict[tuple[str, ...], Counter[str]], spread: Counter[tuple[str, ...]], chapters: int
) -> list[_Phrase]:
    ranked = []
    for stems, counts in surfaces.items():
        times = sum(counts.values())
        if times < 2 or len(set(stems)) < len(stems):  # noqa: PLR2004 -- said once is not a subject
            continue
        rarity = math.log((1 + chapters) / spread[stems]) + 0.1
        score = math.log(1 + times) * rarity * (1 + 0.6 * (len(stems) - 1))
        ranked.append(_Phrase(stems, counts.most_common(1)[0][0], score))
    return sorted(ranked, key=lambda phrase: (-phrase.score, phrase.text))


def _chosen(ranked: Sequence[_Phrase], taken: set[tuple[str, ...]]) -> list[_Phrase]:
    chosen: list[_Phrase] = []
    for phrase in ranked:
        if phrase.stems in taken or any(set(phrase.stems) & set(other.stems) for other in chosen):
            continue
        chosen.append(phrase)
        if len(chosen) == 2:  # noqa: PLR2004 -- a title of two phrases
            break
    return chosen


def _title(phrases: Sequence[str]) -> str:
    title = " and ".join(phrases)
    return title[:1].upper() + title[1:]


def _opening(text: str) -> str:
    start = " ".join(text.split())
    if len(start) <= LONGEST_OPENING:
        return start.rstrip(STOPS + CLAUSES) or "…"
    short = start[:LONGEST_OPENING]
    return (short.rsplit(" ", 1)[0] if " " in short else short).rstrip(STOPS + CLAUSES) + "…"
