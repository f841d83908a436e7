"""A transcript as one stream of timed tokens, whether its words have times or not."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reelscribe.text.scripts import TOKEN, is_unspaced
from reelscribe.text.transcript import Segment, Transcript, Word


class Token(NamedTuple):
    """One word (or one character of an unspaced script) with its times in seconds.

    A tuple, since a long video has a hundred thousand of them, and a frozen dataclass takes longer to make.

    `spaced` tells whether a space goes before it; `ends_segment` whether its segment ends with it.
    """

    text: str
    start: float
    end: float
    spaced: bool
    ends_segment: bool


def tokens(transcript: Transcript) -> list[Token]:
    """Every token in order; a segment without word times has them interpolated by the length of its words."""
    stream: list[Token] = []
    for segment in transcript.segments:
        words = segment.words or interpolated(segment)
        stream.extend(_segment_tokens(words, segment.text, stream[-1].text[-1] if stream else ""))
    return stream


def interpolated(segment: Segment) -> tuple[Word, ...]:
    """The words of a segment that has no word times, spread over its time by their number of characters."""
    pieces = TOKEN.findall(segment.text.strip())
    total = sum(len(piece) for piece in pieces)
    if not total:
        return ()
    pace = max(segment.end - segment.start, 0.0) / total
    words, at = [], segment.start
    for piece in pieces:
        end = at + len(piece) * pace
        words.append(Word(at, end, piece))
        at = end
    return tuple(words)


def joined(group: Sequence[Token]) -> str:
    """The text of some tokens, without a space before the first."""
    return "".join(" " + token.text if token.spaced and index else token.text for index, token in enumerate(group))


def _segment_tokens(words: Sequence[Word], text: str, previous: str) -> Iterator[Token]:
    kept = [word for word in words if word.word.strip()]
    bare = _lost_their_spaces(kept, text)
    for index, word in enumerate(kept):
        stripped = word.word.strip()
        spaced = word.word[0].isspace() or (bare and index > 0)
        if index == 0:
            spaced = bool(previous) and not (is_unspaced(stripped[0]) and _hugs(previous))
        yield Token(stripped, word.start, max(word.start, word.end), spaced, index == len(kept) - 1)


def _lost_their_spaces(words: Sequence[Word], text: str) -> bool:
    """True for words of a spaced script that came without their leading spaces."""
    return " " in text.strip() and not any(word.word[0].isspace() for word in words[1:])


def _hugs(character: str) -> bool:
    return is_unspaced(character) or (not character.isascii() and not character.isalnum())
