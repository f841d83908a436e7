"""The one way to the database: a reading or a writing transaction, committed at its edge.

SQLite needs two things said aloud. A busy timeout does not cover a transaction that begins by reading and then
writes, so writers begin with BEGIN IMMEDIATE. And Python's driver must be told not to begin transactions by itself.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000
RINGS = "rings"

OnCommit = Callable[[Iterable[str]], None]


def ring_after_commit(session: AsyncSession, name: str) -> None:
    """Ask for a ring of the doorbell `name` once this session's transaction has been committed."""
    session.info.setdefault(RINGS, set()).add(name)


class Database:
    """An engine and its transactions. `on_commit` hears the doorbells that a committed transaction asked to ring."""

    def __init__(self, engine: AsyncEngine, on_commit: OnCommit | None = None) -> None:
        self.engine = engine
        self._reader = engine.execution_options(begin=None)
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._on_commit = on_commit

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """For reading. Each statement sees one state of the database, two may see two, as READ COMMITTED has it."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction: committed when the block ends, rolled back when it raises."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            names = session.info.pop(RINGS, ())
        if names and self._on_commit is not None:
            self._on_commit(names)

    async def check(self) -> None:
        """Raise SQLAlchemy's error when the database does not answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()


def sqlite_url(path: Path) -> URL:
    """The address of an embedded database."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def create_sqlite(path: Path, *, durable: bool = True) -> AsyncEngine:
    """An engine on a SQLite file in WAL mode; the file's folder must be there.

    A commit is whole and survives the end of any process; a `durable` one waits until it survives a power cut too.
    """
    engine = create_async_engine(
        sqlite_url(path),
        connect_args={"isolation_level": None},
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, "FULL" if durable else "NORMAL"))
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(synchronous: str, connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        "cache_size = -32768",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin", "BEGIN")
    # Each statement of the driver is a hop to its thread and back: a reader saves three of nine.
    if begin is not None:
        connection.exec_driver_sql(begin)
