"""Summaries of real meetings against those that people wrote: ROUGE beside lead-5. The file is QMSum's (MIT licence).

QMSUM=val.jsonl.gz python -m bench.summaries
"""

import argparse
import asyncio
import gzip
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import snowballstemmer

from reelscribe.engines.embedding import MiniLMEmbedder
from reelscribe.engines.language import ExtractiveModel
from reelscribe.models import find_embedding
from reelscribe.text.map_reduce import summarize
from reelscribe.text.quality import quality
from reelscribe.text.sentences import sentences
from reelscribe.text.summary import Summary, SummarySentence
from reelscribe.text.transcript import Segment, Transcript

DEFAULT = "../shared/data/qmsum/val.jsonl.gz"
# QMSum has no times: everybody speaks at the pace of its meetings, 30 hours for 290,000 words.
SECONDS_A_WORD = 30 * 3600 / 290_000


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting: what was said, where its topics start (seconds), and the summary that a person wrote."""

    transcript: Transcript
    topics: tuple[float, ...]
    reference: str


def meetings(path: Path) -> list[Meeting]:
    """Every meeting of the file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_meeting(json.loads(line)) for line in lines]


def argument() -> Path:
    """The file named on the command line, else by QMSUM, else beside the checkout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("qmsum", nargs="?", type=Path, default=Path(os.environ.get("QMSUM") or DEFAULT))
    path: Path = parser.parse_args().qmsum
    if not path.is_file():
        parser.error(f"{path} is not there; name QMSum's val.jsonl.gz")
    return path


def _meeting(data: dict) -> Meeting:
    segments, starts, at = [], [], 0.0
    for index, turn in enumerate(data["meeting_transcripts"]):
        text = _written(turn["content"])
        end = at + SECONDS_A_WORD * len(text.split())
        starts.append(at)
        if text:
            segments.append(Segment(index, at, end, text))
        at = end
    firsts = sorted({min(int(span[0]) for span in topic["relevant_text_span"]) for topic in data["topic_list"]})
    topics = tuple(starts[first] for first in firsts if first < len(starts))
    return Meeting(Transcript("en", at, tuple(segments)), topics, data["general_query_list"][0]["answer"])


def _written(content: str) -> str:
    """Text as a person would write it: no noises in braces, no space before punctuation."""
    text = re.sub(r"\{[^}]*\}", " ", content)
    text = re.sub(r"\s+([.,?!;:])", r"\1", text)
    text = re.sub(r"\s+('\w+)", r"\1", text)
    return " ".join(text.split()).lstrip(".,?!;: ")


@dataclass(frozen=True, slots=True)
class Rouge:
    """F1 x 100 of single words, of pairs, and of the longest common subsequence (Lin 2004), words stemmed."""

    one: float
    two: float
    longest: float


def rouge(summary: str, reference: str) -> Rouge:
    """How far a summary agrees with a person's."""
    stem = Stems()
    ours, theirs = stem(summary), stem(reference)
    common = _common_subsequence(ours, theirs)
    return Rouge(
        _f1(_overlap(ours, theirs), len(ours), len(theirs)),
        _f1(_overlap(list(pairwise(ours)), list(pairwise(theirs))), len(ours) - 1, len(theirs) - 1),
        _f1(common, len(ours), len(theirs)),
    )


class Stems:
    """Words as ROUGE compares them: lower case, Porter's stems from 4 letters on."""

    def __init__(self) -> None:
        self._stemmer = snowballstemmer.stemmer("porter")

    def __call__(self, text: str) -> list[str]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return [self._stemmer.stemWord(word) if len(word) > 3 else word for word in words]


def _overlap(ours: Sequence[object], theirs: Sequence[object]) -> int:
    return (Counter(ours) & Counter(theirs)).total()


def _f1(common: int, ours: int, theirs: int) -> float:
    return 200 * common / (ours + theirs) if ours + theirs > 0 else 0.0


def _common_subsequence(ours: Sequence[str], theirs: Sequence[str]) -> int:
    row = [0] * (len(theirs) + 1)
    for one in ours:
        diagonal = 0
        for index, other in enumerate(theirs, start=1):
            above = row[index]
            row[index] = diagonal + 1 if one == other else max(above, row[index - 1])
            diagonal = above
    return row[-1]


def main() -> None:
    """Print ROUGE of our key sentences beside the first sentences, raw and filtered."""
    given = meetings(argument())
    embedder = best_embedder()
    started = time.process_time()
    ours = [_summary(meeting, embedder) for meeting in given]
    seconds = time.process_time() - started
    rows = {
        "lead-5": [" ".join(s.text for s in sentences(meeting.transcript)[:5]) for meeting in given],
        "lead-5 of telling sentences": [_telling_lead(meeting) for meeting in given],
        "key sentences, tf-idf": [_summary(meeting, None).text for meeting in given],
        f"key sentences, {embedder.name if embedder else 'no embedder'}": [summary.text for summary in ours],
    }
    hours = sum(meeting.transcript.duration for meeting in given) / 3600
    print(f"{len(given)} meetings, {hours:.1f} hours; ROUGE-1 / 2 / L, F1 x 100; ratio: ROUGE-1 to telling lead-5")
    scores = {name: _mean(texts, given) for name, texts in rows.items()}
    peer = scores["lead-5 of telling sentences"].one
    for name, score in scores.items():
        print(f"{name:45} {score.one:5.1f} {score.two:5.1f} {score.longest:5.1f}   {score.one / peer:.2f}")
    print(f"sentences a summary: {sum(len(s.sentences) for s in ours) / len(ours):.1f}")
    print("quality score, means: " + ", ".join(f"{name} {mean:.2f}" for name, mean in _qualities(given, ours)))
    print(f"CPU seconds an hour of speech, all of it: {seconds / hours:.1f}")


def _qualities(given: Sequence[Meeting], ours: Sequence[Summary]) -> Iterator[tuple[str, float]]:
    """What the reference-free score thinks of good summaries and of bad ones."""
    chance = random.Random(1)  # noqa: S311 -- a repeatable shuffle
    spoken = [sentences(meeting.transcript) for meeting in given]

    def mean(summaries: Iterable[Sequence[SummarySentence]]) -> float:
        pairs = zip(summaries, spoken, strict=True)
        return sum(quality(summary, said, "en").score for summary, said in pairs) / len(given)

    yield "key sentences", mean(s.sentences for s in ours)
    yield "in shuffled order", mean(chance.sample(s.sentences, len(s.sentences)) for s in ours)
    yield "of another meeting", mean(s.sentences for s in [*ours[1:], ours[0]])
    yield "words shuffled", mean([_shuffled(sentence, chance) for sentence in s.sentences] for s in ours)
    yield "empty", mean(() for _ in ours)


def _shuffled(sentence: SummarySentence, chance: random.Random) -> SummarySentence:
    words = sentence.text.split()
    return replace(sentence, text=" ".join(chance.sample(words, len(words))))


def best_embedder() -> MiniLMEmbedder | None:
    """The embedder out of the offline-models extra, if installed."""
    files = find_embedding(None)
    return None if files is None else MiniLMEmbedder(*files.read())


def _summary(meeting: Meeting, embedder: MiniLMEmbedder | None) -> Summary:
    return asyncio.run(summarize(meeting.transcript, ExtractiveModel(embedder), embedder))


def _telling_lead(meeting: Meeting) -> str:
    """The first five sentences of at least 12 words that ask nothing."""
    texts = [s.text for s in sentences(meeting.transcript) if len(s.words) >= 12 and not s.text.endswith("?")]
    return " ".join(texts[:5])


def _mean(texts: Sequence[str], given: Sequence[Meeting]) -> Rouge:
    scores = [rouge(text, meeting.reference) for text, meeting in zip(texts, given, strict=True)]
    return Rouge(*(sum(getattr(s, part) for s in scores) / len(scores) for part in ("one", "two", "longest")))


if __name__ == "__main__":
    main()
