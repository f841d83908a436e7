"""Key sentences: two that open the video and one for each chapter, the closest to what the whole chapter says.

On QMSum this measured better (ROUGE-1/2/L 29.2/4.6/15.5) than TextRank (26.2/3.8/14.2), LexRank and lead-5.
Leaving out questions, greetings, fillers and short sentences does most of the work.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reelscribe.text.ports import Embedder, Passage, Statement, Vectors
from reelscribe.text.scripts import word_count
from reelscribe.text.terms import Terms
from reelscribe.text.tfidf import tfidf

OPENINGS = 2
# A sentence below so many words seldom says anything by itself. The later bounds serve short and terse videos.
SHORTEST = (14, 8, 4, 0)
LONGEST = 60
# The share of words that tell something, below which a sentence is filler.
TELLING = 0.25
# Sentences whose terms overlap so far (Jaccard) say the same.
SAME = 0.6


def key_sentences(
    passages: Sequence[Passage], count: int, *, embedder: Embedder | None = None, language: str | None = None
) -> list[Statement]:
    """At most `count` passages that tell most, in order; fewer only where there are fewer. Blocks for CPU time."""
    terms = Terms(language)
    kept = _telling(passages, count, terms)
    scored = _scored(kept, embedder, terms)
    chosen = _openings(scored, count)
    chosen += _one_a_chapter(scored, chosen, count - len(chosen))
    chosen += _next_best(scored, chosen, min(count, len(kept)) - len(chosen))
    ordered = sorted(chosen, key=lambda passage: (passage.start, passage.id))
    return [Statement(passage.text, (passage.id,), passage.salience) for passage in ordered]


def _telling(passages: Sequence[Passage], count: int, terms: Terms) -> list[Passage]:
    """Passages that may stand alone in a summary, judged as strictly as leaves enough of them."""
    kept: list[Passage] = []
    for shortest in SHORTEST:
        kept = [passage for passage in passages if _tells(passage.text, shortest, terms)]
        kept = _distinct(kept, terms)
        if len(kept) >= count:
            return kept
    return kept if len(kept) >= count else _distinct(passages, terms)


def _tells(text: str, shortest: int, terms: Terms) -> bool:
    length = word_count(text)
    if not shortest <= length <= LONGEST or text.rstrip("\"'”’)").endswith(("?", "？", "؟")):  # noqa: RUF001 -- they are full-width on purpose
        return False
    return len(terms.of(text)) >= TELLING * length


def _distinct(passages: Sequence[Passage], terms: Terms) -> list[Passage]:
    seen: set[tuple[str, ...]] = set()
    kept = []
    for passage in passages:
        key = tuple(terms.of(passage.text)) or (passage.text.casefold(),)
        if key not in seen:
            seen.add(key)
            kept.append(passage)
    return kept


def _scored(kept: Sequence[Passage], embedder: Embedder | None, terms: Terms) -> list[Passage]:
    """The kept passages with their salience: the cosine with their chapter's mean, unless a round before gave one."""
    if all(passage.salience for passage in kept):
        return list(kept)
    vectors = _vectors([passage.text for passage in kept], embedder, terms)
    chapter = np.array([passage.chapter for passage in kept])
    scores = np.zeros(len(kept))
    for number in set(chapter.tolist()):
        rows = chapter == number
        mean = vectors[rows].mean(axis=0)
        scores[rows] = vectors[rows] @ (mean / max(float(np.linalg.norm(mean)), 1e-12))
    return [replace(passage, salience=float(score)) for passage, score in zip(kept, scores, strict=True)]


def _vectors(texts: Sequence[str], embedder: Embedder | None, terms: Terms) -> Vectors:
    return embedder.embed(texts) if embedder is not None else tfidf([terms.of(text) for text in texts])


def _openings(scored: Sequence[Passage], count: int) -> list[Passage]:
    return list(scored[: min(OPENINGS, count)])


def _one_a_chapter(scored: Sequence[Passage], chosen: Sequence[Passage], count: int) -> list[Passage]:
    taken = {passage.id for passage in chosen}
    best: dict[int, Passage] = {}
    sizes: dict[int, int] = {}
    for passage in scored:
        sizes[passage.chapter] = sizes.get(passage.chapter, 0) + 1
        if passage.id not in taken and passage.salience > getattr(best.get(passage.chapter), "salience", -2.0):
            best[passage.chapter] = passage
    longest = sorted(best.values(), key=lambda passage: -sizes[passage.chapter])
    return longest[: max(count, 0)]


def _next_best(scored: Sequence[Passage], chosen: Sequence[Passage], count: int) -> list[Passage]:
    taken = {passage.id for passage in chosen}
    rest = sorted((passage for passage in scored if passage.id not in taken), key=lambda passage: -passage.salience)
    return rest[: max(count, 0)]
