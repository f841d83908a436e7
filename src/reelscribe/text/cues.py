"""Subtitle cues: at most 2 lines of 42 characters, split at phrases, never overlapping (BBC and Netflix guidelines)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import east_asian_width

from reelscribe.text.punctuation import CLAUSES, DASHES, STOPS
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

# What a cue more costs, and a cue of so few words: in the units of `_break_cost`.
CUE_COST = 60.0
ORPHAN_COST = 30.0
ORPHANS = 2

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
    """The lines of a cue that fits: one, else two, parted where a phrase ends and the halves are alike."""
    text = joined(group)
    if width(text) <= LINE:
        return [text]
    ruler = _Ruler(group)
    size = len(group)
    best = min(
        ruler.line_ends(),
        key=lambda index: ruler.break_cost(index) + abs(ruler.width(0, index) - ruler.width(index, size)),
    )
    return [joined(group[:best]), joined(group[best:])]


class _Ruler:
    """Measures stretches of tokens without building their text again and again."""

    def __init__(self, group: Sequence[Token]) -> None:
        self.tokens = group
        self._starts: list[int] = []
        self.ends: list[int] = []
        at = 0
        for token in group:
            at += token.spaced
            self._starts.append(at)
            at += width(token.text)
            self.ends.append(at)

    def width(self, start: int, end: int) -> int:
        """Columns of the tokens from `start` to before `end`."""
        return self.ends[end - 1] - self._starts[start]

    def break_cost(self, index: int) -> float:
        """What it costs to part the tokens before `index`."""
        return _break_cost(self.tokens[index - 1], self.tokens[index])

    def line_ends(self) -> range:
        """Where the first of two lines may end."""
        longest = bisect_right(self.ends, self._starts[0] + LINE)
        return range(max(1, bisect_left(self._starts, self.ends[-1] - LINE)), min(longest + 1, len(self.tokens)))

    def fits(self, start: int, end: int) -> bool:
        """True where they go on one line or two."""
        if self.width(start, end) <= LINE:
            return True
        if self.width(start, end) > LINES * LINE + 1:
            return False
        second = bisect_right(self.ends, self._starts[start] + LINE, start + 1, end)
        return self.width(second, end) <= LINE

    def firsts(self) -> Iterator[int]:
        """For each token, the first that lines which end with it have room for. They never go back."""
        starts, first, second = [*self._starts, self.ends[-1]], 0, 0
        for right in self.ends:
            while right - starts[first] > LINE:
                # The first line takes what it can; the second begins after it.
                while self.ends[second] - starts[first] <= LINE:
                    second += 1
                if right - starts[first] <= LINES * LINE + 1 and right - starts[second] <= LINE:
                    break
                first += 1
            yield first

    def is_cue(self, start: int, end: int) -> bool:
        """True where they fit, last no longer than a cue may, and hold no pause."""
        tokens = self.tokens[start:end]
        if tokens[-1].end - tokens[0].start > LONGEST or not self.fits(start, end):
            return False
        return all(after.start - before.end <= PAUSE for before, after in pairwise(tokens))


def _fitting(sentence: Sequence[Token]) -> list[Token]:
    """The tokens, those wider than a line cut into pieces that fit."""
    if all(2 * len(token.text) <= LINE for token in sentence):
        return list(sentence)
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
    """The sentence cut into cues at the cheapest places: few cues, parted at punctuation and pauses."""
    ruler = _Ruler(sentence)
    size = len(sentence)
    earliest = _earliest(ruler)
    if earliest[-1] == 0:
        yield list(sentence)
        return
    costs, befores = [0.0], [0]
    for end, first in enumerate(earliest, start=1):
        parting = CUE_COST + (0.0 if end == size else 2 * ruler.break_cost(end))
        window = costs[first:end]
        # A cue of one or two words, cut off its sentence, reads badly.
        window[-ORPHANS:] = [cost + ORPHAN_COST for cost in window[-ORPHANS:]]
        cheapest = min(window)
        costs.append(cheapest + parting)
        befores.append(first + window.index(cheapest))
    cuts = [size]
    while cuts[-1] > 0:
        cuts.append(befores[cuts[-1]])
    yield from (list(sentence[start:end]) for start, end in pairwise(reversed(cuts)))


def _earliest(ruler: _Ruler) -> list[int]:
    """For each token, the first that the cue which it ends may start with: by room, by pauses, and by time."""
    starts = [token.start for token in ruler.tokens]
    in_order = starts == sorted(starts)
    found, after_pause, before = [], 0, ruler.tokens[0]
    for last, (token, roomy) in enumerate(zip(ruler.tokens, ruler.firsts(), strict=True)):
        if token.start - before.end > PAUSE:
            after_pause = last
        before = token
        first = max(roomy, after_pause)
        soonest = starts[first] if in_order else min(starts[first : last + 1])
        if token.end - soonest > LONGEST:
            too_early = (start for start in range(last - 1, first - 1, -1) if token.end - starts[start] > LONGEST)
            first = next(too_early, first - 1) + 1
        found.append(first)
    return found


def _break_cost(before: Token, after: Token) -> float:
    """What it costs to part two tokens: little after punctuation, some before a conjunction."""
    last = before.text[-1]
    if last in STOPS:
        return 0
    if last in CLAUSES or last in DASHES:
        return 4
    if after.start - before.end > FOLLOWS:
        return 6
    return 12 if after.text.lower() in _BREAK_BEFORE else 25


def _joins(before: Sequence[Token], after: Sequence[Token]) -> bool:
    """True where one of two cues would only flash, and both go into one."""
    flashes = min(before[-1].end - before[0].start, after[-1].end - after[0].start) < FLASH
    if not flashes or after[0].start - before[-1].end > FOLLOWS:
        return False
    return _Ruler([*before, *after]).is_cue(0, len(before) + len(after))


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
