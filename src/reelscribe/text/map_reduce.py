"""The summary of a video: map over chunks of its transcript, reduce in rounds, keep the times of every sentence."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from reelscribe.text.chapters import Chapter, chapters
from reelscribe.text.chunks import CHUNK_TOKENS, chunks, passages
from reelscribe.text.extractive import key_sentences
from reelscribe.text.ports import Embedder, LanguageModel, LanguageModelError, Passage, Usage
from reelscribe.text.quality import FEWEST, quality
from reelscribe.text.sentences import Sentence, sentences
from reelscribe.text.summary import Summary, SummarySentence
from reelscribe.text.support import supported
from reelscribe.text.terms import Terms
from reelscribe.text.threads import in_thread
from reelscribe.text.transcript import Transcript

AT_ONCE = 5
# More chunk summaries than these are reduced in batches first.
REDUCE_ABOVE = 10
REDUCE_BATCH = 5
MOST = 6
CHUNK_SENTENCES = 8
# Passages among which key sentences are looked for where a model wrote too few: it bounds memory.
MOST_CANDIDATES = 1000

T = TypeVar("T")
Progress = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Note:
    """A statement on its way through the rounds, with the passages of the transcript that support it."""

    text: str
    support: tuple[Passage, ...]
    salience: float = 0.0

    def passage(self, number: int) -> Passage:
        """This note as a passage of the next round."""
        first = min(self.support, key=lambda passage: passage.start)
        return replace(first, id=number, text=self.text, salience=self.salience)


async def summarize(
    transcript: Transcript,
    model: LanguageModel,
    embedder: Embedder | None = None,
    *,
    progress: Progress | None = None,
    chunk_tokens: int = CHUNK_TOKENS,
) -> Summary:
    """The summary of 4 to 6 sentences (fewer where fewer are spoken), the chapters and the quality score.

    `progress` is awaited with percents that never fall. No speech gives an empty summary, not an error.

    Raises:
        LanguageModelError: the model gave no usable answer; its message is for the user.
    """
    rounds = _Rounds(model, transcript.language, progress)
    spoken = await in_thread(sentences, transcript)
    outline = await in_thread(_outline, spoken, transcript, embedder)
    given = passages(spoken, outline)
    parts = list(chunks(given, tokens=chunk_tokens))
    await rounds.report(10)
    notes = await rounds.run([[_note(passage) for passage in part] for part in parts])
    final = await in_thread(_finished, notes, given, transcript.language)
    judged = await in_thread(quality, final, spoken, transcript.language)
    await rounds.report(100)
    return Summary(tuple(final), tuple(outline), judged.score, {
        "model": model.name,
        "embedding": embedder.name if embedder else None,
        "chunks": len(parts),
        "rounds": rounds.count,
        **asdict(rounds.usage),
        "quality": {name: round(part, 4) for name, part in asdict(judged).items()},
    })  # fmt: skip


class _Rounds:
    """Calls of the model, at most `AT_ONCE` at a time, and what they took together."""

    def __init__(self, model: LanguageModel, language: str | None, progress: Progress | None) -> None:
        self.usage = Usage()
        self.count = 0
        self._model = model
        self._language = language
        self._progress = progress
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self, batches: Sequence[Sequence[Note]]) -> list[Note]:
        """Map each batch to its notes, then reduce them to one summary's."""
        if not batches:
            return []
        alone = len(batches) == 1
        summaries = await self._round(batches, MOST if alone else CHUNK_SENTENCES, (10, 95 if alone else 75))
        while len(summaries) > REDUCE_ABOVE:
            merged = [_flat(summaries[at : at + REDUCE_BATCH]) for at in range(0, len(summaries), REDUCE_BATCH)]
            summaries = await self._round(merged, CHUNK_SENTENCES, (75, 85))
        if not alone:
            summaries = await self._round([_flat(summaries)], MOST, (85, 95))
        return summaries[0]

    async def report(self, percent: float) -> None:
        """Tell the caller how far the work is."""
        if self._progress is not None:
            await self._progress(percent)

    async def _round(
        self, batches: Sequence[Sequence[Note]], most: int, percents: tuple[float, float]
    ) -> list[list[Note]]:
        self.count += 1
        done = 0

        async def one(batch: Sequence[Note]) -> list[Note]:
            nonlocal done
            async with self._slots:
                notes = await self._notes(batch, most)
            done += 1
            await self.report(percents[0] + (percents[1] - percents[0]) * done / len(batches))
            return notes

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(batch)) for batch in batches]
        except* LanguageModelError as failures:
            raise _first(failures) from failures
        return [task.result() for task in tasks]

    async def _notes(self, batch: Sequence[Note], most: int) -> list[Note]:
        if not batch:
            return []
        given = [note.passage(number) for number, note in enumerate(batch, start=1)]
        result = await self._model.summarize(given, max_sentences=most, language=self._language)
        self.usage += result.usage
        return [
            Note(statement.text, _flat(batch[number - 1].support for number in statement.citations), statement.salience)
            for statement in result.statements[:most]
        ]


def _first(failures: BaseExceptionGroup[LanguageModelError]) -> LanguageModelError:
    failure = failures.exceptions[0]
    return failure if isinstance(failure, LanguageModelError) else _first(failure)


def _outline(spoken: Sequence[Sentence], transcript: Transcript, embedder: Embedder | None) -> list[Chapter]:
    return chapters(spoken, duration=transcript.duration, embedder=embedder, language=transcript.language)


def _note(passage: Passage) -> Note:
    return Note(passage.text, (passage,))


def _flat(groups: Iterable[Iterable[T]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _finished(notes: Sequence[Note], given: Sequence[Passage], language: str | None) -> list[SummarySentence]:
    """The sentences with their times; where a model wrote too few, key sentences of the transcript join them."""
    terms = Terms(language)
    final = [supported(note.text, note.support, terms) for note in notes]
    wanted = min(FEWEST, len(given))
    if len(final) >= wanted:
        return final
    used = {passage.id for note in notes for passage in note.support}
    rest = [passage for passage in given if passage.id not in used]
    rest = rest[:: len(rest) // MOST_CANDIDATES + 1]
    known = {passage.id: passage for passage in rest}
    final.extend(
        supported(statement.text, [known[number] for number in statement.citations], terms)
        for statement in key_sentences(rest, wanted - len(final), language=language)
    )
    return sorted(final, key=lambda sentence: sentence.start)
