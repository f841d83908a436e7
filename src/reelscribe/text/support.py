"""Where the video says what a summary's sentence says."""

from collections.abc import Sequence

from reelscribe.text.ports import Passage
from reelscribe.text.summary import SummarySentence
from reelscribe.text.terms import Terms

# Passages so many seconds apart belong to one stretch of speech.
NEAR = 15.0


def supported(text: str, passages: Sequence[Passage], terms: Terms) -> SummarySentence:
    """The sentence with the times of the passages (at least one) that support it; the best stretch comes first."""
    stretches = _stretches(passages)
    wanted = set(terms.of(text))
    best = max(stretches, key=lambda stretch: _shared(stretch, wanted, terms))
    spans = tuple((stretch[0].start, max(passage.end for passage in stretch)) for stretch in stretches)
    start, end = spans[stretches.index(best)]
    return SummarySentence(text, start, end, spans)


def _stretches(passages: Sequence[Passage]) -> list[list[Passage]]:
    stretches: list[list[Passage]] = []
    for passage in sorted(passages, key=lambda passage: (passage.start, passage.id)):
        if stretches and passage.start - stretches[-1][-1].end <= NEAR:
            stretches[-1].append(passage)
        else:
            stretches.append([passage])
    return stretches


def _shared(stretch: Sequence[Passage], wanted: set[str], terms: Terms) -> int:
    return len(wanted & {term for passage in stretch for term in terms.of(passage.text)})
