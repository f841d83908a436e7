"""A database of its own for a test, and the shared memory in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reelscribe.accounts import models as _accounts
from reelscribe.database.base import Base
from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.memory import models as _memory
from reelscribe.events import models as _events
from reelscribe.jobs import models as _jobs
from reelscribe.videos import models as _videos

TABLES = (_accounts, _memory, _events, _jobs, _videos)
"""Imported for the tables that they put into the metadata."""


@asynccontextmanager
async def sqlite_database(folder: Path) -> AsyncIterator[Database]:
    """An embedded database in `folder`, which must be there, with every table; opened again, it is the same one."""
    database = Database(create_sqlite(folder / "reelscribe.db"))
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        yield database
    finally:
        await database.close()
