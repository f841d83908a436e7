"""Subtitle cues: at most 2 lines of 42 characters, split at phrases, never overlapping (BBC and Netflix guidelines)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import east_asian_width

from reelscribe.text.sentences import token_sentences
from reelscribe.text.tokens import Token, joined
from reelscribe.text.transcript import Transcript

LINE = 42
LINES = 2
# Seconds that a cue stays at most, and at least where the next one leaves room.
LONGEST = 7.0
SHORTEST = 1.2
# A silence inside a sentence, in seconds, that ends the cue.
PAUSE = 1.5
# Cues that would flash are joined with the next when it follows within so many seconds.
FLASH = 0.8
FOLLOWS = 0.4

_CONJUNCTIONS = """
    and but or nor so because that which who whose where when while if though although unless until since as than
    for with without from into about after before between through during under over to of in on at by
    und oder aber weil dass denn wenn et ou mais car que qui donc pero porque y o
"""
_BREAK_BEFORE = frozenset(_CONJUNCTIONS.split())


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue; times in seconds, `end` after `start`. `lines` are 1 or 2, each at most 42 columns wide."""

    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(self.lines)


def cues(transcript: Transcript) -> list[Cue]:
    """The transcript's cues in order. Times are whole milliseconds, so that no writer's rounding makes two overlap."""
    groups: list[list[Token]] = []
    for sentence in token_sentences(transcript):
        for group in _phrases(_fitting(sentence)):
            if groups and _joins(groups[-1], group):
                groups[-1].extend(group)
            else:
                groups.append(group)
    found = [Cue(group[0].start, max(t.end for t in group), tuple(wrapped(group))) for group in groups]
    return list(_apart(found))


def width(text: str) -> int:
    """Columns of a text: full-width characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def wrapped(group: Sequence[Token]) -> list[str]:
    """The lines of a cue: one where it fits, else two, parted where a phrase ends and the halves are alike."""
    if width(joined(group)) <= LINE:
        return [joined(group)]
    best = min(
        (index for index in range(1, len(group)) if _fit_two(group, index)),
        key=lambda index: _break_cost(group, index) + abs(width(joined(group[:index])) - width(joined(group[index:]))),
    )
    return [joined(group[:best]), joined(group[best:])]


def _fit_two(group: Sequence[Token], index: int) -> bool:
    return width(joined(group[:index])) <= LINE and width(joined(group[index:])) <= LINE


def _fits(group: Sequence[Token]) -> bool:
    text = width(joined(group))
    return text <= LINE or (text <= LINES * LINE + 1 and any(_fit_two(group, index) for index in range(1, len(group))))


def _fitting(sentence: Sequence[Token]) -> list[Token]:
    """The tokens, those wider than a line cut into pieces that fit."""
    return [piece for token in sentence for piece in ([token] if width(token.text) <= LINE else _pieces(token))]


def _pieces(token: Token) -> Iterator[Token]:
    size = LINE if token.text.isascii() else LINE // 2
    count = -(-len(token.text) // size)
    pace = (token.end - token.start) / count
    for index in range(count):
        start = token.start + index * pace
        text = token.text[index * size : (index + 1) * size]
        yield Token(text, start, start + pace, token.spaced and index == 0, token.ends_segment and index == count - 1)


def _phrases(sentence: Sequence[Token]) -> Iterator[list[Token]]:
    """The sentence cut into cues that fit, at the cheapest places: few cues, parted at punctuation and pauses."""
    costs, befores = [0.0], [0]
    for end in range(1, len(sentence) + 1):
        best, before = float("inf"), end - 1
        for start in range(end - 1, -1, -1):
            if start < end - 1 and not _showable(sentence[start:end]):
                break
            cost = costs[start] + 60 + (0 if end == len(sentence) else 2 * _break_cost(sentence, end))
            cost += 30 * (end - start < 3) * (len(sentence) > end - start)  # noqa: PLR2004 -- orphans of 1 or 2 words
            if cost < best:
                best, before = cost, start
        costs.append(best)
        befores.append(before)
    cuts = [len(sentence)]
    while cuts[-1] > 0:
        cuts.append(befores[cuts[-1]])
    yield from (list(sentence[start:end]) for start, end in pairwise(reversed(cuts)))


def _showable(group: Sequence[Token]) -> bool:
    longest_gap = max((after.start - before.end for before, after in pairwise(group)), default=0.0)
    return group[-1].end - group[0].start <= LONGEST and longest_gap <= PAUSE and _fits(group)


def _break_cost(group: Sequence[Token], index: int) -> float:
    """What it costs to part the tokens before `index`: little after punctuation, some before a conjunction."""
    last = group[index - 1].text[-1]
    if last in ".!?…。！？":  # noqa: RUF001 -- full-width on purpose
        return 0
    if last in ",;:—–、，；：":  # noqa: RUF001 -- full-width on purpose
        return 4
    if group[index].start - group[index - 1].end > FOLLOWS:
        return 6
    return 12 if group[index].text.lower() in _BREAK_BEFORE else 25


def _joins(before: Sequence[Token], after: Sequence[Token]) -> bool:
    flashes = min(before[-1].end - before[0].start, after[-1].end - after[0].start) < FLASH
    return flashes and after[0].start - before[-1].end <= FOLLOWS and _showable([*before, *after])


def _apart(found: Sequence[Cue]) -> Iterator[Cue]:
    """The cues in whole milliseconds, each with the time to read it where there is room, none over the next."""
    starts: list[int] = []
    for cue in found:
        earliest = starts[-1] + 1 if starts else 0
        starts.append(max(earliest, round(cue.start * 1000)))
    for index, (cue, start) in enumerate(zip(found, starts, strict=True)):
        end = max(round(cue.end * 1000), start + round(SHORTEST * 1000))
        if index + 1 < len(starts):
            end = min(end, starts[index + 1])
        yield replace(cue, start=start / 1000, end=end / 1000)
