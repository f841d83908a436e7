"""Finding the moment, measured on QMSum: questions that people asked about real meetings, all meetings pooled.

`python -m bench.moments [PATH]`; the path is otherwise that of `QMSUM` or `../shared/data/qmsum/val.jsonl.gz`.
Each row says how often the right meeting, and a window of the passage that answers, is among the first hits.
"""

import argparse
import asyncio
import gzip
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import numpy as np
from tantivy import Document, Index, SchemaBuilder

from reelscribe.engines.embedding import Embedder, MiniLMEmbedder
from reelscribe.engines.search import MomentDocument, SearchRequest, VideoDocument, Viewer
from reelscribe.engines.search.tantivy import TantivySearch
from reelscribe.models.embedding import find_embedding

WINDOW_WORDS = 75
DEPTH = 10
# What the fused method reached in the study that chose it, on the test split, where plain BM25 over windows has
# .50 / .77 / .62 and .32 / .52 / .59 / .40: compare the rows of one split with each other. On the validation split the
# same method, computed over all windows without an index, reaches .53 / .79 / .65 and .32 / .55 / .63 / .43.
GOAL = (0.62, 0.88, 0.72, 0.41, 0.64, 0.75, 0.51)
COLUMNS = ("R@1", "R@5", "MRR", "R@1", "R@5", "R@10", "MRR")


class Utterance(TypedDict):
    speaker: str
    content: str


@dataclass(frozen=True)
class Window:
    """A few sentences: the text, and the utterances that it came from (first, last)."""

    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Question:
    """What was asked, in which meeting the answer lies, and in which of its utterances."""

    text: str
    meeting: int
    spans: list[tuple[int, int]]

    def is_answered_by(self, meeting: int, window: Window) -> bool:
        return meeting == self.meeting and any(a <= window.last and window.first <= b for a, b in self.spans)


Ranked = Callable[[str], "list[tuple[int, Window]]"]


def load(path: Path) -> tuple[list[list[Utterance]], list[Question]]:
    meetings, questions = [], []
    with gzip.open(path, "rt") as lines:
        for number, line in enumerate(lines):
            data = json.loads(line)
            meetings.append(data["meeting_transcripts"])
            for asked in data["specific_query_list"]:
                spans = [(int(a), int(b)) for a, b in asked["relevant_text_span"]]
                questions.append(Question(asked["query"], number, spans))
    return meetings, questions


def utterances(meeting: Sequence[Utterance]) -> list[Window]:
    return [Window(f"{said['speaker']}: {_clean(said['content'])}", i, i) for i, said in enumerate(meeting)]


def windows(meeting: Sequence[Utterance]) -> list[Window]:
    """Sentences packed to at least 75 words, each utterance under its speaker's name."""
    packed: list[Window] = []
    texts: list[str] = []
    first = words = 0
    for i, said in enumerate(meeting):
        for k, sentence in enumerate(re.split(r"(?<=[.?!])\s+", _clean(said["content"]))):
            if not texts:
                first = i
            texts.append(f"{said['speaker']}: {sentence}" if k == 0 else sentence)
            words += len(re.findall(r"\w+", sentence))
            if words >= WINDOW_WORDS:
                packed.append(Window(" ".join(texts), first, i))
                texts, words = [], 0
    if texts:
        packed.append(Window(" ".join(texts), first, len(meeting) - 1))
    return packed


def plain(meetings: Sequence[Sequence[Window]]) -> Ranked:
    """Tantivy's own English analyzer and BM25, the question as typed."""
    schema = (
        SchemaBuilder().add_text_field("text", tokenizer_name="en_stem").add_unsigned_field("place", fast=True).build()
    )
    index = Index(schema)
    flat = [(number, window) for number, found in enumerate(meetings) for window in found]
    writer = index.writer(num_threads=1)
    for place, (_, window) in enumerate(flat):
        document = Document(text=window.text)
        document.add_unsigned("place", place)
        writer.add_document(document)
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def ranked(question: str) -> list[tuple[int, Window]]:
        query, _ = index.parse_query_lenient(" ".join(re.findall(r"\w+", question)), ["text"])
        addresses = [address for _, address in searcher.search(query, 200).hits]
        return [flat[int(place or 0)] for place in searcher.fast_field_values("place", addresses)]

    return ranked


async def ours(folder: Path, meetings: Sequence[Sequence[Window]], embedder: Embedder | None) -> Ranked:
    """The engine that serves the product. The window's number is its second, so that a hit tells which it is."""
    engine = TantivySearch(folder)
    await engine.index([_document(number, found, embedder) for number, found in enumerate(meetings)])

    def ranked(question: str) -> list[tuple[int, Window]]:
        vector = None if embedder is None else embedder.embed([question])[0]
        request = SearchRequest(question, Viewer(is_admin=True), limit=100, vector=vector)
        page = asyncio.run(engine.search(request))
        found = [(hit.video_id, moment) for hit in page.items for moment in hit.moments]
        found.sort(key=lambda pair: -pair[1].score)
        return [(int(video), meetings[int(video)][round(moment.end) - 1]) for video, moment in found]

    return ranked


def _document(number: int, found: Sequence[Window], embedder: Embedder | None) -> VideoDocument:
    vectors = [None] * len(found) if embedder is None else embedder.embed([window.text for window in found])
    moments = [
        MomentDocument(float(i), i + 1.0, window.text, vector=vector)
        for i, (window, vector) in enumerate(zip(found, vectors, strict=True))
    ]
    return VideoDocument(
        str(number), "", "", "", 1, "", "ready", "public", datetime(2026, 1, 1, tzinfo=UTC), len(found), "en", moments
    )


def score(ranked: Ranked, questions: Sequence[Question]) -> tuple[float, ...]:
    """Recall of meetings at 1 and 5, their MRR; recall of moments at 1, 5 and 10, their MRR."""
    meeting_ranks, moment_ranks = [], []
    for question in questions:
        found = ranked(question.text)
        meetings = list(dict.fromkeys(meeting for meeting, _ in found))
        meeting_ranks.append(next((i for i, meeting in enumerate(meetings, 1) if meeting == question.meeting), np.inf))
        right = (i for i, hit in enumerate(found, 1) if question.is_answered_by(*hit))
        moment_ranks.append(next(right, np.inf))
    meeting, moment = np.array(meeting_ranks), np.array(moment_ranks)
    return (
        *(float((meeting <= k).mean()) for k in (1, 5)),
        float((1 / meeting).mean()),
        *(float((moment <= k).mean()) for k in (1, 5, DEPTH)),
        float((1 / moment).mean()),
    )


def minilm() -> Embedder | None:
    """The model that packages carry, if they are installed."""
    files = find_embedding(None)
    return None if files is None else MiniLMEmbedder(*files.read())


def row(name: str, values: Sequence[float]) -> None:
    print(f"{name:44}" + "".join(f"{value:7.2f}" for value in values), flush=True)


def main() -> None:
    """Print a row for each method, and the share of the goal that the last one reaches."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("QMSUM", "../shared/data/qmsum/val.jsonl.gz")
    parser.add_argument("path", type=Path, nargs="?", default=Path(default))
    meetings, questions = load(parser.parse_args().path)
    packed = [windows(meeting) for meeting in meetings]
    print(f"{len(meetings)} meetings, {sum(map(len, packed))} windows, {len(questions)} questions")
    print(f"{'':44}{'meeting':^21}{'moment':^28}\n{'':44}" + "".join(f"{name:>7}" for name in COLUMNS))
    row("BM25, one document an utterance", score(plain([utterances(m) for m in meetings]), questions))
    row("BM25, windows of 75 words", score(plain(packed), questions))
    with tempfile.TemporaryDirectory() as folder:
        found = score(asyncio.run(ours(Path(folder) / "words", packed, None)), questions)
        row("Reelscribe, by words", found)
        embedder = minilm()
        if embedder is not None:
            found = score(asyncio.run(ours(Path(folder) / "both", packed, embedder)), questions)
            row("Reelscribe, by words and meaning", found)
    row("goal", GOAL)
    row("share of the goal", [value / goal for value, goal in zip(found, GOAL, strict=True)])


def _clean(text: str) -> str:
    return re.sub(r"\{\w+\}", " ", text).strip()


if __name__ == "__main__":
    main()
