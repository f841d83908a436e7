"""What a request costs beside what it asks for: list, details, watch and search over real HTTP, on one connection.

    python -m bench.requests [--videos 1000] [--calls 400]

The limit is `/health/live`, which asks nothing of anyone. Search is measured whole, and beside it the index alone and
the query's embedding alone: the rest is the token, the look-up of hits with the viewer's eyes, and JSON. Queries
differ, so that no vector is remembered.
"""

import argparse
import asyncio
import itertools
import logging
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import structlog

from reelscribe.database.migrate import upgrade
from reelscribe.engines.search import MomentDocument, SearchRequest, VideoDocument, Viewer
from reelscribe.processes.web import api_state, serve_app
from reelscribe.services.api import create_app
from reelscribe.settings import Settings
from reelscribe.videos.models import Status, Video
from reelscribe.videos.public_id import new_public_id
from reelscribe.wiring import Platform, open_platform

PORT = 18_431
API = f"http://127.0.0.1:{PORT}/api/v1"
MOMENTS = 20
WORDS = [a + b for a, b in itertools.product(("lan", "ver", "mo", "ti", "sol", "kar"), ("tern", "dict", "ment", "gar"))]


def speech(chance: random.Random, words: int = 75) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


async def fill(platform: Platform, owner: int, count: int) -> None:
    """Ready videos and their documents; vectors are random, as their values do not matter here."""
    chance = random.Random(5)  # noqa: S311 - the same words in every run
    async with platform.database.write() as session:
        videos = [
            Video(
                public_id=new_public_id(), title=speech(chance, 6), user_id=owner, user_name="Ada", status=Status.READY
            )
            for _ in range(count)
        ]
        session.add_all(videos)
        await session.flush()
    await platform.search.index(document(chance, video) for video in videos)


def document(chance: random.Random, video: Video) -> VideoDocument:
    moments = [MomentDocument(30.0 * n, 30.0 * n + 30, speech(chance)) for n in range(MOMENTS)]
    return VideoDocument(
        id=video.public_id,
        title=video.title,
        description="",
        summary=speech(chance, 60),
        user_id=video.user_id,
        user_name="Ada",
        status="ready",
        visibility="internal",
        created_at=video.created_at,
        duration=30.0 * MOMENTS,
        language="en",
        moments=moments,
    )


async def measure(name: str, call: Callable[[int], Awaitable[object]], calls: int) -> float:
    """Print and return the median in milliseconds."""
    for number in range(20):
        await call(-number)
    times = []
    busy = time.process_time()
    for number in range(calls):
        started = time.perf_counter()
        await call(number)
        times.append(1000 * (time.perf_counter() - started))
    busy = 1000 * (time.process_time() - busy) / calls
    times.sort()
    middle, high = statistics.median(times), times[int(0.95 * calls)]
    print(f"  {name:44} p50 {middle:7.2f} ms   p95 {high:7.2f} ms   CPU {busy:7.2f} ms")
    return middle


def query(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]} {WORDS[(7 * number + 3) % len(WORDS)]} x{number}"


async def run(platform: Platform, count: int, calls: int) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        await started(client)
        person = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery staple"}
        owner = (await client.post(f"{API}/auth/signup", json=person)).json()["id"]
        token = (await client.post(f"{API}/auth/login", json=person)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        await fill(platform, owner, count)
        any_id = (await client.get(f"{API}/videos/list")).json()["items"][0]["id"]

        async def fetch(path: str) -> None:
            (await client.get(API + path)).raise_for_status()

        async def index_alone(number: int) -> object:
            return await platform.search.search(SearchRequest(q=query(number), viewer=Viewer(owner)))

        async def embedding_alone(number: int) -> object:
            assert platform.embedder is not None
            return await asyncio.to_thread(platform.embedder.embed, [query(number) + " alone"])

        print(f"{count:,} videos, {count * MOMENTS:,} moments, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        bare = await measure("GET /health/live (the limit)", lambda _: fetch("/health/live"), calls)
        for path in (f"/videos/{any_id}", "/videos/list", "/videos/list?status=ready&limit=100"):
            found = await measure(f"GET {path}", lambda _, path=path: fetch(path), calls)  # type: ignore[misc] # a default binds it
            print(f"  {'':44} {found / bare:.1f} of the limit")
        alone = await measure("the index alone", index_alone, calls)
        vector = 0.0 if platform.embedder is None else await measure("the embedding alone", embedding_alone, calls)
        whole = await measure("GET /videos/search", lambda number: fetch(f"/videos/search?q={query(number)}"), calls)
        rest = whole - alone - vector
        print(f"  the rest of a search: {rest:.2f} ms, {rest / bare:.1f} of the limit")


async def started(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        with suppress(httpx.ConnectError):
            await client.get(f"{API}/health/live")
            return
        await asyncio.sleep(0.05)
    raise SystemExit("the server did not start")


def quiet() -> None:
    """Without a log line a request."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


async def main(count: int, calls: int) -> None:
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), log_level="error")
        async with open_platform(settings) as platform:
            await upgrade(platform.database.engine)
            serving = asyncio.create_task(serve_app(create_app(api_state(platform)), settings.http, PORT))
            await run(platform, count, calls)
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--videos", type=int, default=1000)
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args()
    asyncio.run(main(given.videos, given.calls))
