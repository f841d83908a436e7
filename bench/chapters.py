"""Chapters of real meetings against the topics that people marked: Pk and boundary F1 beside an even split.

QMSUM=val.jsonl.gz python -m bench.chapters
"""

import time
from collections.abc import Callable, Sequence

import numpy as np
from bench.summaries import Meeting, argument, best_embedder, meetings

from reelscribe.text.chapters import chapter_count, chapters
from reelscribe.text.sentences import sentences

# Seconds by which a boundary may miss a person's and still count.
TOLERANCE = 60.0

Cutter = Callable[[Meeting], Sequence[float]]


def main() -> None:
    """Print Pk (lower is better) and F1 of ours and of the peer, and what ours costs."""
    given = meetings(argument())
    embedder = best_embedder()

    def ours(meeting: Meeting) -> list[float]:
        spoken = sentences(meeting.transcript)
        found = chapters(spoken, duration=meeting.transcript.duration, embedder=embedder, language="en")
        return [chapter.start for chapter in found[1:]]

    def lexical(meeting: Meeting) -> list[float]:
        spoken = sentences(meeting.transcript)
        return [chapter.start for chapter in chapters(spoken, duration=meeting.transcript.duration, language="en")[1:]]

    peer = _scores(_even, given)
    hours = sum(meeting.transcript.duration for meeting in given) / 3600
    print(
        f"{len(given)} meetings, {hours:.1f} hours; Pk (lower is better), F1 within {TOLERANCE:.0f} s; ratios to even"
    )
    for name, cutter in (
        ("even split", _even),
        ("dynamic programming, tf-idf", lexical),
        (f"dynamic programming, tf-idf and {embedder.name if embedder else 'no embedder'}", ours),
    ):
        started = time.process_time()
        pk, f1 = _scores(cutter, given)
        cost = (time.process_time() - started) / hours
        print(
            f"{name:60} {pk:.3f} {f1:.3f}   {pk / peer[0]:.2f} {f1 / peer[1]:.2f}   {cost:.2f} CPU s an hour of speech"
        )


def _even(meeting: Meeting) -> list[float]:
    count = chapter_count(meeting.transcript.duration)
    return [meeting.transcript.duration * index / count for index in range(1, count)]


def _scores(cutter: Cutter, given: Sequence[Meeting]) -> tuple[float, float]:
    """Pk and F1, means over the meetings."""
    pairs = [(meeting, cutter(meeting)) for meeting in given]
    pk = [error_probability(meeting.topics, found, meeting.transcript.duration) for meeting, found in pairs]
    f1 = [boundary_f1(meeting.topics, found) for meeting, found in pairs]
    return sum(pk) / len(pk), sum(f1) / len(f1)


def error_probability(reference: Sequence[float], found: Sequence[float], duration: float) -> float:
    """Pk of Beeferman et al. 1999, on seconds: how often two moments k apart are wrongly joined or parted.

    k is half the mean length of the reference's chapters.
    """
    inner = [edge for edge in reference if edge > 0]
    seconds = np.arange(int(duration) + 1)
    ours = np.searchsorted(np.sort(np.array(found)), seconds, side="right")
    theirs = np.searchsorted(np.sort(np.array(inner)), seconds, side="right")
    k = max(1, round(duration / (len(inner) + 1) / 2))
    return float(np.mean((ours[:-k] == ours[k:]) != (theirs[:-k] == theirs[k:])))


def boundary_f1(reference: Sequence[float], found: Sequence[float]) -> float:
    """F1 of the boundaries found within the tolerance of one of the reference's, each matched once."""
    missing = [edge for edge in reference if edge > 0]
    total = len(missing) + len(found)
    hits = 0
    for edge in found:
        near = [other for other in missing if abs(other - edge) <= TOLERANCE]
        if near:
            missing.remove(min(near, key=lambda other: abs(other - edge)))
            hits += 1
    return 2 * hits / total if total else 1.0


if __name__ == "__main__":
    main()
