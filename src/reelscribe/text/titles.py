"""Titles of chapters: the phrases that a chapter says often and the others seldom, and that name a thing."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reelscribe.text.punctuation import APOSTROPHE, CLAUSES, STOPS
from reelscribe.text.terms import Terms, words

# Words in a phrase, at most.
LONGEST_PHRASE = 3
# Characters of a title taken from a chapter's first words, where no phrase stands out.
LONGEST_OPENING = 48
# A second phrase joins the first where it is that near to it in score.
NEARLY_AS_GOOD = 0.5
# In a language without a list of stopwords, words that are so large a share of all and said so often count as such.
COMMON_SHARE, COMMON_TIMES = 0.005, 6
# Letters of a telling word: shorter ones are mostly function words where these are not known.
SHORTEST_WORD, SHORTEST_UNLISTED = 3, 5

_CLAUSE = re.compile(rf"[^\w\s'{APOSTROPHE}-]+")
# A noun follows one of these sooner or later; a verb or an adverb does not.
_DETERMINER_WORDS = "a an the this that these those my your his her its our their of with"
_DETERMINERS = frozenset(_DETERMINER_WORDS.split())

Stems = tuple[str, ...]


@dataclass(slots=True)
class _Phrase:
    """A phrase of one chapter: how it is written, and how it is used."""

    surfaces: Counter[str] = field(default_factory=Counter)
    # Times that something else than another telling word follows, and that a determiner goes before.
    heads: int = 0
    determined: int = 0

    @property
    def times(self) -> int:
        return self.surfaces.total()

    @property
    def text(self) -> str:
        return self.surfaces.most_common(1)[0][0]

    def names_a_thing(self) -> bool:
        """True for what is used like a noun: at the end of its phrase, alone only after a determiner or as a name."""
        is_name = self.text[:1].isupper()
        alone = " " not in self.text
        return 2 * self.heads >= self.times and (not alone or is_name or 3 * self.determined >= self.times)


def titles(texts: Sequence[str], terms: Terms) -> list[str]:
    """A short title for each chapter's text; no two are of the same phrases."""
    common = frozenset[str]() if terms.has_stopwords else _common(texts)
    found = [_phrases(text, terms, common) for text in texts]
    spread = Counter(stems for phrases in found for stems in phrases)
    taken: set[Stems] = set()
    names = []
    for text, phrases in zip(texts, found, strict=True):
        chosen = _chosen(phrases, spread, len(texts), taken, nouns_only=terms.has_stopwords)
        taken.update(chosen)
        names.append(
            _title([phrases[stems].text for stems in chosen], " and " if terms.has_stopwords else ", ")
            or _opening(text)
        )
    return names


def _common(texts: Sequence[str]) -> frozenset[str]:
    counts = Counter(word for text in texts for word in words(text.lower()))
    least = max(COMMON_TIMES, COMMON_SHARE * counts.total())
    return frozenset(word for word, times in counts.items() if times >= least)


def _phrases(text: str, terms: Terms, common: frozenset[str]) -> dict[Stems, _Phrase]:
    phrases: dict[Stems, _Phrase] = {}
    for clause in _CLAUSE.split(text):
        for stems, surface, before, is_head in _runs(words(clause), terms, common):
            phrase = phrases.setdefault(stems, _Phrase())
            phrase.surfaces[surface] += 1
            phrase.heads += is_head
            phrase.determined += before.lower() in _DETERMINERS
    return phrases


def _runs(clause: Sequence[str], terms: Terms, common: frozenset[str]) -> Iterator[tuple[Stems, str, str, bool]]:
    """Each run of telling words: its stems, its surface, the word before, and whether no telling word follows."""
    least = SHORTEST_WORD if terms.has_stopwords else SHORTEST_UNLISTED
    stems = [terms.of_word(word) if word.lower() not in common else "" for word in clause]
    tells = [_tells(word, stem, least) for word, stem in zip(clause, stems, strict=True)] + [False]
    for start in range(len(clause)):
        for end in range(start + 1, min(start + LONGEST_PHRASE, len(clause)) + 1):
            if not tells[end - 1]:
                break
            before = clause[start - 1] if start else ""
            yield tuple(stems[start:end]), " ".join(clause[start:end]), before, not tells[end]


def _tells(word: str, stem: str, least: int) -> bool:
    return bool(stem) and len(word) >= least and not any(character.isdigit() for character in word)


def _chosen(
    phrases: dict[Stems, _Phrase], spread: Counter[Stems], chapters: int, taken: set[Stems], *, nouns_only: bool
) -> list[Stems]:
    """One or two phrases, the second only where it is nearly as good and about something else."""
    scores = {
        stems: _score(stems, phrase.times, spread[stems], chapters)
        for stems, phrase in phrases.items()
        if phrase.times > 1 and stems not in taken and len(set(stems)) == len(stems)
    }
    chosen: list[Stems] = []
    for stems in sorted(scores, key=lambda stems: (-scores[stems], stems)):
        if nouns_only and not phrases[stems].names_a_thing():
            continue
        if chosen and scores[stems] < NEARLY_AS_GOOD * scores[chosen[0]]:
            break
        if not chosen or not set(stems) & set(chosen[0]):
            chosen.append(stems)
        if len(chosen) == 2:  # noqa: PLR2004 -- a title of two phrases
            break
    return chosen


def _score(stems: Stems, times: int, spread: int, chapters: int) -> float:
    """tf-idf over the chapters, more for longer phrases: they read better and are seldom there by chance."""
    return math.log(1 + times) * (math.log((1 + chapters) / spread) + 0.1) * (1 + 0.6 * (len(stems) - 1))


def _title(phrases: Sequence[str], joint: str) -> str:
    title = joint.join(phrases) if len(" ".join(phrases)) <= LONGEST_OPENING else "".join(phrases[:1])
    return title[:1].upper() + title[1:]


def _opening(text: str) -> str:
    start = " ".join(text[: 4 * LONGEST_OPENING].split())
    if len(start) <= LONGEST_OPENING:
        return start.rstrip(STOPS + CLAUSES) or "…"
    short = start[:LONGEST_OPENING]
    return (short.rsplit(" ", 1)[0] if " " in short else short).rstrip(STOPS + CLAUSES) + "…"
