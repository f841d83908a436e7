"""How good a summary is, judged without a reference: a score from 0 to 1 and the parts it is made of.

Each part is from 0 to 1; the score is their weighted geometric mean, so that one failing part is not made up for.

- `grounded`: the share of each sentence's terms that are said around the times that support it. Falls to nothing for
  the summary of another video, and for sentences whose times are wrong.
- `coverage`: how much of the weight of the video's 40 commonest terms the summary names, out of what a summary of six
  sentences can reach. What a summary shares with its input follows people's judgements (Louis and Nenkova 2013).
- `order`: the share of pairs of sentences told in the order of the video. Falls where sentences are shuffled.
- `wording`: of the pairs of neighbouring words that the video says too, the share in the video's own order.
  Falls where words are shuffled.
- `novelty`: 1 - the mean overlap of each sentence with the one most like it before. Falls on repetition.
- `length`: sentences out of the 4 wanted, or of those spoken where these are fewer.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise

from reelscribe.text.sentences import Sentence
from reelscribe.text.summary import SummarySentence
from reelscribe.text.terms import Terms, words

WEIGHTS = {"grounded": 0.35, "coverage": 0.15, "order": 0.15, "wording": 0.15, "novelty": 0.15, "length": 0.05}
FEWEST = 4
TOP_TERMS = 40
# The weight of the commonest terms that good summaries of QMSum's meetings name.
REACHABLE = 0.5
# Seconds around the supporting times that count as said there.
AROUND = 15.0


@dataclass(frozen=True, slots=True)
class Quality:
    """The parts of a summary's quality; see the module."""

    grounded: float = 0.0
    coverage: float = 0.0
    order: float = 0.0
    wording: float = 0.0
    novelty: float = 0.0
    length: float = 0.0

    @property
    def score(self) -> float:
        """The weighted geometric mean of the parts."""
        product = 1.0
        for name, part in asdict(self).items():
            product *= part ** WEIGHTS[name]
        return round(product, 4)


def quality(summary: Sequence[SummarySentence], spoken: Sequence[Sentence], language: str | None = None) -> Quality:
    """The quality of a summary of what was spoken, in time linear in its length; all 0 for an empty one."""
    terms = Terms(language)
    told = [terms.of(sentence.text) for sentence in summary]
    if not any(told) or not spoken:
        return Quality()
    said = [terms.of(sentence.text) for sentence in spoken]
    return Quality(
        grounded=_grounded(summary, told, spoken, said),
        coverage=_coverage(told, said),
        order=_order(summary),
        wording=_wording(summary, spoken),
        novelty=_novelty(told),
        length=min(1.0, len(summary) / min(FEWEST, len(spoken))),
    )


def _grounded(
    summary: Sequence[SummarySentence],
    told: Sequence[Sequence[str]],
    spoken: Sequence[Sentence],
    said: Sequence[Sequence[str]],
) -> float:
    starts = [sentence.start for sentence in spoken]
    shares = []
    for sentence, wanted in zip(summary, told, strict=True):
        near: set[str] = set()
        for start, end in sentence.support or ((sentence.start, sentence.end),):
            for index in range(bisect_left(starts, start - AROUND), bisect_left(starts, end + AROUND)):
                near.update(said[index])
        shares.append(sum(term in near for term in wanted) / max(len(wanted), 1))
    return sum(shares) / len(shares)


def _coverage(told: Sequence[Sequence[str]], said: Sequence[Sequence[str]]) -> float:
    common = Counter(term for sentence in said for term in sentence).most_common(TOP_TERMS)
    named = {term for sentence in told for term in sentence}
    weight = sum(count for _, count in common)
    reached = sum(count for term, count in common if term in named) / max(weight, 1)
    return min(1.0, reached / REACHABLE)


def _order(summary: Sequence[SummarySentence]) -> float:
    pairs = list(combinations((sentence.start for sentence in summary), 2))
    return (1 + sum(a <= b for a, b in pairs)) / (1 + len(pairs))


def _wording(summary: Sequence[SummarySentence], spoken: Sequence[Sentence]) -> float:
    told = [pair for sentence in summary for pair in _pairs(sentence.text)]
    wanted = {key for first, second in told for key in ((first, second), (second, first)) if first != second}
    said = Counter(pair for sentence in spoken for pair in _pairs(sentence.text) if pair in wanted)
    forward = sum(said[pair] > said[pair[::-1]] for pair in told)
    backward = sum(said[pair] < said[pair[::-1]] for pair in told)
    return (1 + forward) / (1 + forward + backward)


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(pairwise(word.lower() for word in words(text)))


def _novelty(told: Sequence[Sequence[str]]) -> float:
    sets = [set(terms) for terms in told]
    overlaps = [
        max((len(one & other) / max(len(one | other), 1) for other in sets[:index]), default=0.0)
        for index, one in enumerate(sets)
    ]
    return 1 - sum(overlaps) / len(overlaps)
