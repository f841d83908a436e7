"""Chunks of about 8,000 tokens: what a language model reads in one call. Each passage keeps its times."""

from collections.abc import Iterator, Sequence

from reelscribe.text.chapters import Chapter
from reelscribe.text.ports import Passage
from reelscribe.text.scripts import estimate_tokens
from reelscribe.text.sentences import Sentence

CHUNK_TOKENS = 8000
# The brackets, number and line break around a passage in a prompt.
_FRAME_TOKENS = 4


def passages(spoken: Sequence[Sentence], chapters: Sequence[Chapter]) -> list[Passage]:
    """A passage a sentence, numbered from 1, with the chapter it starts in."""
    found, chapter = [], 0
    whole = sum(entry.end - entry.start for entry in chapters)
    shares = [(entry.end - entry.start) / max(whole, 1e-9) for entry in chapters] or [1.0]
    for number, sentence in enumerate(spoken, start=1):
        while chapter + 1 < len(chapters) and sentence.start >= chapters[chapter + 1].start:
            chapter += 1
        found.append(Passage(number, sentence.text, sentence.start, sentence.end, chapter, shares[chapter]))
    return found


def chunks(given: Sequence[Passage], *, tokens: int = CHUNK_TOKENS) -> Iterator[list[Passage]]:
    """Runs of passages of at most `tokens` tokens (one passage may be longer), of about the same length each."""
    costs = [estimate_tokens(passage.text) + _FRAME_TOKENS for passage in given]
    total = sum(costs)
    share = total / max(1, -(-total // tokens))
    chunk: list[Passage] = []
    used = 0
    for passage, cost in zip(given, costs, strict=True):
        if chunk and (used + cost > tokens or used + cost / 2 > share):
            yield chunk
            chunk, used = [], 0
        chunk.append(passage)
        used += cost
    if chunk:
        yield chunk
