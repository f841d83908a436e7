"""What a page of the list costs at 1,000,000 videos beside 10,000, on real SQLite, for each filter and viewer.

    python -m bench.lists [--rows 1000000] [--calls 100] [--explain]

Two worlds. "usual": 100 videos a user, most of them internal. "sparse": all but a handful are other people's private
videos, and that handful is the oldest, which is the worst there is for whoever scans the table in the list's order. The
limit is 1.3 times the cost at 10,000 rows, measured in the same run, the two sizes in turn.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from reelscribe.database.migrate import upgrade
from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.search import Viewer
from reelscribe.videos.cursor import Place
from reelscribe.videos.listing import ListRequest, newest, page_statement
from reelscribe.videos.models import Status

SMALL = 10_000
START = datetime(2020, 1, 1, tzinfo=UTC)
ME = 3
LIMIT = 1.3
INSERT = text(
    "INSERT INTO videos (id, public_id, title, description, user_id, user_name, visibility, status, language_given,"
    " file_name, size, run, revision, warnings, created_at, updated_at) VALUES (:id, :public_id, 'A talk', '',"
    " :user_id, 'Ada', :visibility, :status, 0, 'talk.mp4', 1, 1, 1, '[]', :created_at, :created_at)"
)


def rows(count: int, *, sparse: bool) -> Iterator[dict[str, object]]:
    """One a minute, oldest first."""
    chance = random.Random(11)  # noqa: S311 - the same rows in every run
    for number in range(1, count + 1):
        yield {
            "id": number,
            "public_id": f"{number:011d}",
            "created_at": (START + timedelta(minutes=number)).strftime("%Y-%m-%d %H:%M:%S.%f"),
            **(_sparse(number, count) if sparse else _usual(chance, count)),
        }


def _usual(chance: random.Random, count: int) -> dict[str, object]:
    [visibility] = chance.choices(["internal", "private", "unlisted", "public"], [60, 25, 10, 5])
    [status] = chance.choices(["ready", "failed", "transcribing"], [95, 3, 2])
    return {"user_id": chance.randint(1, count // 100), "visibility": visibility, "status": status}


def _sparse(number: int, count: int) -> dict[str, object]:
    if number > 60:
        return {"user_id": 4 + number % (count // 100 - 3), "visibility": "private", "status": "ready"}
    kind = ("public", "internal", "private")[number % 3]
    return {"user_id": ME if number % 2 else 4, "visibility": kind, "status": "failed" if number % 4 == 0 else "ready"}


def requests(count: int) -> dict[str, ListRequest]:
    """Every filter, as different viewers."""
    member, admin, anyone = Viewer(ME), Viewer(1, is_admin=True), Viewer()
    middle = START + timedelta(minutes=count // 2)
    plain = ListRequest(member)
    return {
        "member": plain,
        "member, deep in the pages": replace(plain, after=Place(middle, count // 2)),
        "member, status=ready": replace(plain, status=Status.READY),
        "member, status=failed": replace(plain, status=Status.FAILED),
        "member, user_id": replace(plain, user_id=4),
        "member, user_id, status": replace(plain, user_id=4, status=Status.READY),
        "member, from, to": replace(plain, created_from=middle - timedelta(days=3), created_to=middle),
        "member, mine": replace(plain, user_id=ME),
        "member, mine, status": replace(plain, user_id=ME, status=Status.READY),
        "anonymous": ListRequest(anyone),
        "anonymous, status=ready": ListRequest(anyone, status=Status.READY),
        "administrator": ListRequest(admin),
        "administrator, status=failed": ListRequest(admin, status=Status.FAILED),
        "administrator, user_id": ListRequest(admin, user_id=ME),
    }


async def filled(folder: Path, count: int, *, sparse: bool) -> Database:
    """A migrated database with so many videos."""
    database = Database(create_sqlite(folder / f"{'sparse' if sparse else 'usual'}-{count}.db"))
    await upgrade(database.engine)
    async with database.write() as session:
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
        users = [{"id": number} for number in range(1, max(count // 100, 4) + 1)]
        insert = "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at, token_epoch)"
        values = " VALUES (:id, 'u' || :id, 'Ada', 'x', 'member', '2020-01-01 00:00:00', '2020-01-01 00:00:00', 'e')"
        await session.execute(text(insert + values), users)
        batch: list[dict[str, object]] = []
        for row in rows(count, sparse=sparse):
            batch.append(row)
            if len(batch) == SMALL:
                await session.execute(INSERT, batch)
                batch = []
    return database


async def timed(database: Database, request: ListRequest) -> float:
    """Milliseconds of one page."""
    started = time.perf_counter()
    async with database.read() as session:
        await newest(session, request)
    return 1000 * (time.perf_counter() - started)


async def compare(small: Database, large: Database, count: int, calls: int) -> list[float]:
    """Print a line for each request; the ratios."""
    ratios = []
    for name, request in requests(count).items():
        near = requests(SMALL)[name]
        for database, asked in ((small, near), (large, request)):
            await timed(database, asked)
        times = [(await timed(small, near), await timed(large, request)) for _ in range(calls)]
        low, high = (statistics.median(column) for column in zip(*times, strict=True))
        ratios.append(high / low)
        print(f"  {name:32} {low:8.2f} ms {high:8.2f} ms   ratio {high / low:6.2f}")
    return ratios


async def explain(database: Database, count: int) -> None:
    """How SQLite goes about each request."""
    for name, request in requests(count).items():
        statement = page_statement(request)
        compiled = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        async with database.read() as session:
            found = (await session.execute(text("EXPLAIN QUERY PLAN " + compiled.replace(":", "\\:")))).all()
        print(name, *(f"\n    {row[3]}" for row in found if "videos" in row[3] or "B-TREE" in row[3]))


async def main(count: int, calls: int, *, with_plans: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for sparse in (False, True):
            async with AsyncExitStack() as stack:
                small, large = [await filled(Path(folder), size, sparse=sparse) for size in (SMALL, count)]
                for database in (small, large):
                    stack.push_async_callback(database.close)
                print(f"{'sparse' if sparse else 'usual'}: a page of 20 at {SMALL:,} and at {count:,} videos")
                ratios = await compare(small, large, count, calls)
                print(f"  worst ratio {max(ratios):.2f}, median {statistics.median(ratios):.2f} (limit {LIMIT})")
                if with_plans and sparse:
                    await explain(large, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--explain", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.rows, given.calls, with_plans=given.explain))
