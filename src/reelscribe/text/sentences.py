"""Sentences with times, found across segments; where nobody wrote punctuation, segments and pauses take its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reelscribe.text.punctuation import CLAUSES, CLOSERS, STOPS, SURE_STOPS
from reelscribe.text.scripts import word_count
from reelscribe.text.tokens import Token, joined, tokens
from reelscribe.text.transcript import Transcript

# A silence of so many seconds at the end of a segment ends a sentence, whatever its punctuation.
SILENCE = 2.0
# Longer than anybody speaks in one breath: beyond it the punctuation is missing, not the sentence long.
LONGEST = 60
# Segments without punctuation are packed to about a spoken sentence of English.
PACKED = 15

_STOP = re.compile(rf"(?P<mark>[{re.escape(STOPS)}]+)[{re.escape(CLOSERS)}]*$")
_ABBREVIATION = re.compile(
    r"(?:^|[(\"'“])(?:[a-z]|mr|mrs|ms|dr|prof|sr|jr|st|vs|etc|e\.g|i\.e|fig|inc|ltd|co|gen|sen|rep|gov|mt|approx"
    r"|dept|est|[a-z]\.[a-z]|hr|nr|bzw|z\.b|d\.h|mme|mlle|sig|sra?|dra?)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence; times in seconds. `words` are (from, to, start): offsets in `text` and the second it is said."""

    text: str
    start: float
    end: float
    words: tuple[tuple[int, int, float], ...]


def sentences(transcript: Transcript) -> list[Sentence]:
    """The transcript's sentences in order, in time linear in its length."""
    return [sentence(group) for group in token_sentences(transcript)]


def token_sentences(transcript: Transcript) -> Iterator[list[Token]]:
    """The tokens of each sentence."""
    stream = tokens(transcript)
    group: list[Token] = []
    for index, token in enumerate(stream):
        group.append(token)
        following = stream[index + 1] if index + 1 < len(stream) else None
        if following is None or _ends(token, following):
            yield from _divided(group)
            group = []


def sentence(group: Sequence[Token]) -> Sentence:
    """One sentence out of its tokens (at least one)."""
    spans, at = [], 0
    for index, token in enumerate(group):
        at += 1 if token.spaced and index else 0
        spans.append((at, at + len(token.text), token.start))
        at += len(token.text)
    return Sentence(joined(group), group[0].start, max(token.end for token in group), tuple(spans))


def _ends(token: Token, following: Token) -> bool:
    if token.ends_segment and following.start - token.end >= SILENCE:
        return True
    stop = _STOP.search(token.text)
    if stop is None:
        return False
    if stop["mark"][-1] in SURE_STOPS:
        return True
    return not following.text[0].islower() and not _ABBREVIATION.search(token.text)


def _divided(group: list[Token]) -> Iterator[list[Token]]:
    if len(group) <= LONGEST or word_count(joined(group)) <= LONGEST:
        yield group
        return
    piece: list[Token] = []
    for index, token in enumerate(group):
        piece.append(token)
        if index + 1 == len(group) or _breathes(piece, group[index + 1]):
            yield piece
            piece = []


def _breathes(piece: Sequence[Token], following: Token) -> bool:
    """True where an unpunctuated run may be cut: at a segment's end, later at a pause or comma, at last anywhere."""
    token, count = piece[-1], len(piece)
    if count < PACKED:
        return False
    pause = following.start - token.end > 0.3 or token.text[-1] in CLAUSES  # noqa: PLR2004 -- an audible pause
    return token.ends_segment or (count >= 2 * PACKED and pause) or count >= LONGEST
