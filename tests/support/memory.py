"""A database of its own for a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reelscribe.database.session import Database, create_sqlite
from reelscribe.tables import metadata


@asynccontextmanager
async def sqlite_database(folder: Path) -> AsyncIterator[Database]:
    """An embedded database in `folder`, which must be there, with every table; opened again, it is the same one."""
    database = Database(create_sqlite(folder / "reelscribe.db"))
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata().create_all)
    try:
        yield database
    finally:
        await database.close()
