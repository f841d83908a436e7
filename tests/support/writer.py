"""A process that writes as fast as it can: `python -m tests.support.writer DATABASE TIMES`."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import text

from reelscribe.database.session import Database, create_sqlite


async def write(path, times):
    """Read, then write what was read plus one: what a lock that comes too late would refuse or lose."""
    database = Database(create_sqlite(path))

    async def one():
        async with database.write() as session:
            value = (await session.execute(text("SELECT value FROM counter"))).scalar_one()
            await asyncio.sleep(0)
            await session.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    async def several():
        for _ in range(times):
            await one()
            async with database.read() as session:
                await session.execute(text("SELECT value FROM counter"))

    await asyncio.gather(*(several() for _ in range(4)))
    await database.close()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
