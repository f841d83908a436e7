"""A whole search request over an index of a million moments: real HTTP, a real account, the query's embedding included.

    python -m bench.search --keep FOLDER             # builds the index once
    python -m bench.search_requests FOLDER/1000000   # asks it, beside the index alone and the embedding alone

Server and client are one process on one event loop, so CPU time is that of both. No query is asked twice.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
from bench.corpus import EPOCH, VISIBILITIES, WINDOWS, Corpus
from bench.requests import API, PORT, quiet, started
from bench.search import LIMIT_MS, SMALL, requests
from sqlalchemy import insert

from reelscribe.database.migrate import upgrade
from reelscribe.engines.search import SearchRequest, Viewer
from reelscribe.processes.web import api_state, serve_app
from reelscribe.services.api import create_app
from reelscribe.settings import Settings
from reelscribe.videos.models import Status, Video
from reelscribe.wiring import Platform, open_platform

EACH = 25
NOT_OVER_HTTP = {"administrator", "not signed in", "words and meaning"}
"""Kinds that ask as somebody else, or give the vector that the API computes by itself."""


async def fill(platform: Platform, owner: int, count: int) -> None:
    """The rows of the corpus's videos; titles are short, as making them from the words takes minutes."""
    rows = [
        {
            "public_id": f"v{number:010d}",
            "title": f"Talk {number}",
            "user_id": owner,
            "user_name": "Ada",
            "visibility": VISIBILITIES[number % len(VISIBILITIES)],
            "status": Status.READY if number % 20 else Status.FAILED,
            "processed_at": EPOCH,
        }
        for number in range(count)
    ]
    async with platform.database.write() as session:
        await session.execute(insert(Video), rows)


async def account(client: httpx.AsyncClient, name: str) -> tuple[int, str]:
    """A new account's key, and its token."""
    person = {"name": name, "email": f"{name}@example.com", "password": "correct horse battery staple"}
    key = (await client.post(f"{API}/auth/signup", json=person)).json()["id"]
    token = (await client.post(f"{API}/auth/login", json=person)).json()["access_token"]
    return int(key), str(token)


async def measure(
    name: str, call: Callable[[SearchRequest], Awaitable[object]], asked: Sequence[SearchRequest]
) -> None:
    """Print percentiles by the clock and of CPU time."""
    clock, cpu = [], []
    for request in asked:
        start, busy = time.perf_counter(), time.process_time()
        await call(request)
        clock.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - busy))
    columns = "   ".join("".join(f"{v:8.2f}" for v in np.percentile(times, [50, 95])) for times in (clock, cpu))
    print(f"{name:28}{columns}{np.percentile(clock, 95) / LIMIT_MS:9.2f}", flush=True)


async def run(platform: Platform, videos: int) -> None:
    """Ask the index alone, the embedder alone, and the API."""
    async with httpx.AsyncClient(timeout=60) as client:
        await started(client)
        owner, _ = await account(client, "ada")  # the first account is the administrator, who would find everything
        asker, token = await account(client, "grace")
        client.headers["Authorization"] = f"Bearer {token}"
        await fill(platform, owner, videos)
        kinds = requests(Corpus(), SMALL // WINDOWS)
        mixed = [ask for kind, group in kinds.items() if kind not in NOT_OVER_HTTP for ask in group[: 2 * EACH]]

        async def alone(request: SearchRequest) -> object:
            return await platform.search.search(replace(request, viewer=Viewer(asker)))

        async def meant(request: SearchRequest) -> object:
            assert platform.embedder is not None
            vector = vectors[request.q]
            return await platform.search.search(replace(request, viewer=Viewer(asker), vector=vector))

        async def embedding(request: SearchRequest) -> object:
            assert platform.embedder is not None
            return await asyncio.to_thread(platform.embedder.embed, [request.q])

        async def whole(request: SearchRequest) -> object:
            dates = {"from": request.created_from.isoformat()} if request.created_from else {}
            params = {"q": request.q, "sort": request.sort, **dates}
            answer = await client.get(f"{API}/videos/search", params=params)
            return answer.raise_for_status()

        for request in mixed[1::10]:
            await whole(request)
        fresh = mixed[0::2]
        print(f"{'':28}{'by the clock, ms':^16}   {'of CPU time, ms':^16}  / limit")
        print(f"{'':28}{'p50':>8}{'p95':>8}   {'p50':>8}{'p95':>8}")
        await measure("the index alone, by words", alone, fresh)
        if platform.embedder is not None:
            await measure("the embedding alone", embedding, fresh)
            vectors = {request.q: platform.embedder.embed([request.q])[0] for request in fresh}
            await measure("the index, by meaning too", meant, fresh)
        await measure("GET /videos/search", whole, fresh)
        await measure("the same, vectors known", whole, fresh)


async def main(index: Path) -> None:
    """A server on a new database and the given index."""
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), log_level="error")
        settings.index_dir.symlink_to(index)
        async with open_platform(settings) as platform:
            await upgrade(platform.database.engine)
            serving = asyncio.create_task(serve_app(create_app(api_state(platform)), settings.http, PORT))
            await run(platform, 1_000_000 // WINDOWS)
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    asyncio.run(main(parser.parse_args().index.resolve()))
