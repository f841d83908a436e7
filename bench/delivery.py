"""How fast work is handed on: `python -m bench.delivery [--videos 12]`.

Two questions. How long does a video wait between a stage's end and the next one's start, in the real processes of
`serve` (limit: 20 ms at the median)? And what do adding an event, relaying it, claiming its job, completing it and
looking for dead workers cost at 1,000,000 rows, against 10,000 (limit: 1.3)?
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from bench.served import Served
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import User
from reelscribe.database.base import utc_now
from reelscribe.database.migrate import upgrade
from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.bus.local import LocalBus
from reelscribe.engines.doorbell.local import LocalDoorbell
from reelscribe.engines.queue.local import LocalJobQueue
from reelscribe.events import outbox
from reelscribe.events.envelope import Event
from reelscribe.events.models import OutboxEvent, ProcessedMessage
from reelscribe.events.topics import VIDEO_UPLOADED
from reelscribe.jobs import lease
from reelscribe.jobs.models import Job, JobStatus
from reelscribe.pipeline.dispatch import Dispatcher
from reelscribe.pipeline.reap import reap
from reelscribe.pipeline.relay import relay_once
from reelscribe.tables import metadata
from reelscribe.videos.models import Video

HOP_LIMIT_MS = 20.0
GROWTH_LIMIT = 1.3
SMALL, LARGE = 10_000, 1_000_000
REPEATS = 400

HOPS = """
    SELECT done.stage, done.at, began.at FROM video_events AS done
    JOIN video_events AS began ON began.video_id = done.video_id AND began.kind = 'started' AND began.id > done.id
    WHERE done.kind = 'completed'
    GROUP BY done.id HAVING began.id = min(began.id)
"""

RANDOM_ID = "lower(hex(randomblob(16)))"
STAGE_OF = "CASE n % 4 WHEN 0 THEN 'transcode' WHEN 1 THEN 'transcribe' WHEN 2 THEN 'summarize' ELSE 'index' END"
VIDEO_OF = "(n - 1) / 4 + 1"
# What tells one row from another; everything else is as in the table's first row. Four jobs and four events a video.
DIFFERING = {
    "videos": {"public_id": "printf('v%010d', n)"},
    "jobs": {"video_id": VIDEO_OF, "run": "1000000", "stage": STAGE_OF, "event_id": RANDOM_ID},
    "outbox_events": {"id": RANDOM_ID, "video_key": f"printf('v%010d', {VIDEO_OF})"},
    "processed_messages": {"message_id": f"'api/' || {RANDOM_ID}"},
}


async def fill(database: Database, rows: int) -> None:
    """The first rows by the product's own models, and as many like them as so many events and jobs leave."""
    async with database.write() as session:
        user = User(email="ada@example.org", name="Ada", password_hash="x", role="admin")  # noqa: S106 - nobody signs in
        session.add(user)
        await session.flush()
        session.add(Video(public_id="v0000000001", title="A talk", user_id=user.id, user_name="Ada", status="ready"))
        await session.flush()
        old = {"published": True, "attempts": 1, "published_at": utc_now()}
        session.add(OutboxEvent(id=uuid4(), topic=VIDEO_UPLOADED, video_key="v0", payload={}, service="api", **old))
        session.add(ProcessedMessage(message_id="api/first"))
        done = {"status": JobStatus.DONE, "attempt": 1, "available_at": utc_now()}
        session.add(Job(video_id=1, run=1, stage="transcode", queue="video-transcode", event_id=uuid4(), **done))
    async with database.write() as session:
        await session.execute(text("CREATE TEMP TABLE numbers (n INTEGER PRIMARY KEY)"))
        count = "WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < :rows)"
        await session.execute(text(f"INSERT INTO numbers {count} SELECT n FROM c"), {"rows": rows})  # noqa: S608 - ours
        for table, differing in DIFFERING.items():
            await _multiply(session, table, differing, rows // 4 if table == "videos" else rows)
        await session.execute(text("DROP TABLE numbers"))


async def _multiply(session: AsyncSession, table: str, differing: dict[str, str], rows: int) -> None:
    key = "position" if table == "outbox_events" else "id"
    names = [column.name for column in metadata().tables[table].columns if column.name != key]
    values = ", ".join(differing.get(name, name) for name in names)
    one = f"(SELECT * FROM {table} ORDER BY {key} LIMIT 1)"  # noqa: S608 - names of our own tables
    insert = f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {one}, numbers WHERE n <= {rows}"  # noqa: S608 - names of our own
    await session.execute(text(insert))


class Shop:
    """One database of some size, and the steps that an event goes through in it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        dispatcher = Dispatcher(database, LocalJobQueue(LocalDoorbell(folder)))
        self.bus = LocalBus({VIDEO_UPLOADED: (dispatcher.handle,)})
        self.run = 1

    async def add(self) -> None:
        self.run += 1

        async def put(session: AsyncSession) -> None:
            await session.execute(text("UPDATE videos SET run = :run WHERE id = 1"), {"run": self.run})
            outbox.add(session, Event(VIDEO_UPLOADED, "v0000000001", self.run, "api"))

        await self._write(put)

    async def relay(self) -> None:
        assert await relay_once(self.database, self.bus) == 1

    async def claim(self) -> None:
        async with self.database.write() as session:
            held = await lease.claim(session, ["video-transcode"], "bench", 30.0)
            assert held is not None
        self.held = held

    async def complete(self) -> None:
        await self._write(lambda session: lease.complete(session, self.held))

    async def reap(self) -> None:
        assert await reap(self.database, 5) == 0

    async def _write(self, work: Callable[[AsyncSession], Awaitable[None]]) -> None:
        async with self.database.write() as session:
            await work(session)


STEPS = ("add", "relay", "claim", "reap", "complete")


async def cost(shops: dict[int, Shop]) -> dict[str, dict[int, float]]:
    """Milliseconds of each step at the median, by size; the sizes take turns, so that both see the same machine."""
    took: dict[str, dict[int, list[float]]] = {step: {size: [] for size in shops} for step in STEPS}
    for _ in range(REPEATS):
        for size, shop in shops.items():
            for step in STEPS:
                began = time.perf_counter()
                await getattr(shop, step)()
                took[step][size].append(1000 * (time.perf_counter() - began))
    return {step: {size: statistics.median(times) for size, times in sizes.items()} for step, sizes in took.items()}


async def growth() -> None:
    """Print what each step costs at both sizes."""
    with tempfile.TemporaryDirectory() as name:
        shops = {}
        for size in (SMALL, LARGE):
            folder = Path(name) / str(size)
            folder.mkdir()
            database = Database(create_sqlite(folder / "bench.db"))
            await upgrade(database.engine)
            await fill(database, size)
            shops[size] = Shop(database, folder)
        for step, costs in (await cost(shops)).items():
            ratio = costs[LARGE] / costs[SMALL]
            print(
                f"{step:9} {costs[SMALL]:7.2f} ms at {SMALL:,} rows {costs[LARGE]:7.2f} ms at {LARGE:,}"
                f"   ratio {ratio:.2f} (limit {GROWTH_LIMIT})"
            )
        for shop in shops.values():
            await shop.database.close()


async def hops(videos: int) -> None:
    """Print how long a video waits between two stages, in a real platform that has nothing else to do."""
    async with Served.opened() as served:
        for number in range(videos):
            await served.process(served.clip(seconds=2), f"video {number}")
        rows = served.rows(HOPS)
    times = [(stage, 1000 * (_at(began) - _at(done))) for stage, done, began in rows]
    for stage in ("transcode", "transcribe", "summarize"):
        _tell(f"after {stage}", [milliseconds for name, milliseconds in times if name == stage])
    _tell("all hops", [milliseconds for _, milliseconds in times])


def _tell(name: str, times: list[float]) -> None:
    middle, high = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(
        f"{name:17} {len(times):3} hops   p50 {middle:6.1f} ms   p95 {high:6.1f} ms"
        f"   p50 / {HOP_LIMIT_MS:.0f} ms: {middle / HOP_LIMIT_MS:.2f}"
    )


def _at(stored: str) -> float:
    return datetime.fromisoformat(stored).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=12)
    arguments = parser.parse_args()
    asyncio.run(hops(arguments.videos))
    asyncio.run(growth())


if __name__ == "__main__":
    main()
