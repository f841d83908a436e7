"""Many processes write to one SQLite file: none is told that it is locked, and no write gets lost."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.support.pipeline import open_database

from reelscribe.database.session import ring_after_commit

pytestmark = pytest.mark.anyio
PROCESSES, TIMES, TASKS = 4, 60, 4


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path) as opened:
        async with opened.write() as session:
            await session.execute(text("CREATE TABLE counter (value INTEGER)"))
            await session.execute(text("INSERT INTO counter VALUES (0)"))
        yield opened


async def value_of(database):
    async with database.read() as session:
        return (await session.execute(text("SELECT value FROM counter"))).scalar_one()


async def increase(database):
    async with database.write() as session:
        await session.execute(text("UPDATE counter SET value = value + 1"))


async def test_writers_in_several_processes_never_hear_that_it_is_locked(database, tmp_path):
    command = [sys.executable, "-m", "tests.support.writer", str(tmp_path / "test.db"), str(TIMES)]
    root = Path(__file__).parents[2]
    running = [
        await asyncio.create_subprocess_exec(*command, cwd=root, stderr=subprocess.PIPE) for _ in range(PROCESSES)
    ]
    said = await asyncio.gather(*(process.communicate() for process in running))
    assert [process.returncode for process in running] == [0] * PROCESSES, said
    assert await value_of(database) == PROCESSES * TASKS * TIMES


async def test_a_killed_writer_leaves_no_lock_and_nothing_half_written(database, tmp_path):
    command = [sys.executable, "-m", "tests.support.writer", str(tmp_path / "test.db"), "100000"]
    process = await asyncio.create_subprocess_exec(*command, cwd=Path(__file__).parents[2])
    while await value_of(database) < 20:
        assert process.returncode is None
    process.kill()
    await process.wait()
    before = await value_of(database)
    async with asyncio.timeout(5):
        await increase(database)
    assert await value_of(database) == before + 1


async def test_writers_that_are_cancelled_anywhere_hold_up_nobody(database):
    rng = random.Random(5)  # noqa: S311 - dice
    for _ in range(150):
        writing = asyncio.create_task(increase(database))
        for _ in range(rng.randrange(12)):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait({writing})
        async with asyncio.timeout(5):
            await increase(database)
    assert 150 <= await value_of(database) <= 300


async def ring(database, statement):
    async with database.write() as session:
        ring_after_commit(session, "outbox")
        await session.execute(text(statement))


async def test_what_is_rolled_back_rings_no_bell(tmp_path):
    rung = []
    async with open_database(tmp_path, rung.extend) as database:
        with pytest.raises(OperationalError):
            await ring(database, "INSERT INTO nowhere VALUES (1)")
        assert rung == []
        await ring(database, "SELECT 1")
        assert rung == ["outbox"]
