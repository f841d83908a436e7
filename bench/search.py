"""Search at a million moments: milliseconds of one search, beside the limit and beside an index of 10,000.

`python -m bench.search [--moments 1000000] [--keep FOLDER]`; a kept folder is not built again.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from bench.corpus import EPOCH, WINDOWS, Corpus

from reelscribe.engines.search import SearchRequest, Viewer
from reelscribe.engines.search.tantivy import TantivySearch

LIMIT_MS = 15.0
SMALL = 10_000
EACH = 100


def requests(corpus: Corpus, videos: int) -> dict[str, list[SearchRequest]]:
    """Queries by kind, most of them made of words that are said in some video."""
    rng = random.Random(11)  # noqa: S311 - no secret, but the same every time
    viewer = Viewer(user_id=7)

    def said(length: int) -> list[str]:
        window = rng.choice(corpus.texts(rng.randrange(videos)))
        start = rng.randrange(len(window) - length)
        return window[start : start + length]

    def rarest(length: int) -> list[str]:
        rank = {word: i for i, word in enumerate(corpus.words)}
        return sorted(said(30), key=rank.__getitem__, reverse=True)[:length]

    def ask(q: str) -> SearchRequest:
        return SearchRequest(q=q, viewer=viewer)

    def mistyped(word: str) -> str:
        place = rng.randrange(1, len(word) - 1)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    common = corpus.words[100:400]
    plain = [ask(" ".join(rarest(2))) for _ in range(EACH)]
    return {
        "one rare word": [ask(rarest(1)[0]) for _ in range(EACH)],
        "two telling words": plain,
        "one common word": [ask(rng.choice(common)) for _ in range(EACH)],
        "three common words": [ask(" ".join(rng.sample(common, 3))) for _ in range(EACH)],
        "five words in a row": [ask(" ".join(said(5))) for _ in range(EACH)],
        "a question": [ask(f"what did they say about {' '.join(said(6))}?") for _ in range(EACH)],
        "phrase of three": [ask(f'"{" ".join(said(3))}"') for _ in range(EACH)],
        "two typos": [ask(" ".join(mistyped(word) for word in rarest(2) if len(word) > 3)) for _ in range(EACH)],
        "filters": [
            replace(r, status="ready", created_from=EPOCH + timedelta(days=1), user_id=i % 500 if i % 2 else None)
            for i, r in enumerate(plain)
        ],
        "newest": [replace(r, sort="newest") for r in plain],
        "not signed in": [replace(r, viewer=Viewer()) for r in plain],
        "words and meaning": [replace(r, vector=corpus.meaning(i)) for i, r in enumerate(plain)],
        "administrator": [replace(r, viewer=Viewer(user_id=1, is_admin=True)) for r in plain],
    }


Times = tuple[list[float], list[float]]


async def timed(engine: TantivySearch, asked: Sequence[SearchRequest]) -> Times:
    """Milliseconds of each search, thread hop included: by the clock, and of this process's CPU time.

    The second is what an idle machine would take by the clock, since one search runs on one thread at a time.
    """
    clock, cpu = [], []
    for request in asked:
        start, worked = time.perf_counter(), time.process_time()
        await engine.search(request)
        clock.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return clock, cpu


async def built(corpus: Corpus, folder: Path, moments: int) -> TantivySearch:
    """An index of so many moments; one found in the folder is taken as it is."""
    engine = TantivySearch(folder)
    if not _is_built(folder):
        start = time.perf_counter()
        videos = await engine.rebuild(corpus.videos(moments // WINDOWS))
        took = time.perf_counter() - start
        print(f"built {videos:,} videos of {WINDOWS} moments in {took:.0f} s, {_gigabytes(folder):.2f} GB")
    return engine


def _is_built(folder: Path) -> bool:
    return any(folder.glob("index-*"))


def _gigabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e9


async def measure(moments: int, folder: Path) -> None:
    """Print one row a kind of query, and all together."""
    corpus = Corpus()
    small = await built(corpus, folder / str(SMALL), SMALL)
    large = await built(corpus, folder / str(moments), moments)
    asked = requests(corpus, SMALL // WINDOWS)
    mixed = [request for kind in asked.values() for request in kind]
    for engine in (small, large):
        await timed(engine, mixed[::12])
    columns = f"{'p50':>8}{'p95':>8}{'p99':>8}{'/ limit':>9}"
    print(f"{'':22}{columns}   {columns}{'/ small':>9}")
    print(f"{'':22}{'by the clock, ms':^33}   {'of CPU time, ms':^42}")
    everything: list[Times] = []
    bases: list[float] = []
    for kind, group in asked.items():
        everything.append(await timed(large, group))
        base = (await timed(small, group))[1]
        _row(kind, everything[-1], base)
        bases.extend(base)
    clock = [value for times in everything for value in times[0]]
    cpu = [value for times in everything for value in times[1]]
    _row("all", (clock, cpu), bases)
    print(f"limit: {LIMIT_MS:.0f} ms at p95; small: {SMALL:,} moments, large: {moments:,}")


def _row(kind: str, times: Times, base: list[float]) -> None:
    columns = ""
    for measured in times:
        p50, p95, p99 = np.percentile(measured, [50, 95, 99])
        columns += f"{p50:8.2f}{p95:8.2f}{p99:8.2f}{p95 / LIMIT_MS:9.2f}   "
    print(f"{kind:22}{columns[:-3]}{np.median(times[1]) / np.median(base):9.2f}", flush=True)


def main() -> None:
    """Build where needed, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder for the indexes, used again by the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(measure(arguments.moments, arguments.keep or Path(temporary)))


if __name__ == "__main__":
    main()
