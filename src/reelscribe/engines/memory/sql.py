"""The embedded shared memory: three tables of the platform's own database.

Each call is a transaction of its own. Never make one while a writing transaction is open in the same task: on SQLite
the two would wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import case, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.dml import ReturningInsert

from reelscribe.database.base import Base
from reelscribe.database.clock import from_now
from reelscribe.database.session import Database
from reelscribe.engines.memory import Hits, bits
from reelscribe.engines.memory.models import BitmapChunk, RateWindow, RevokedToken

_FORGET_AT_ONCE: Final = 200
_Upsert: TypeAlias = sqlite.Insert | postgresql.Insert


class SqlMemory:
    """See the Protocol. All times are the database's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revoke(self, token_id: str, until: datetime) -> None:
        """See the Protocol."""
        async with self._database.write() as session:
            row = _insert(session, RevokedToken).values(token_id=token_id, until=until)
            await session.execute(row.on_conflict_do_nothing())
        await self._forget(RevokedToken.token_id, RevokedToken.until)

    async def is_revoked(self, token_id: str) -> bool:
        """See the Protocol."""
        revoked = exists().where(RevokedToken.token_id == token_id, RevokedToken.until > from_now())
        async with self._database.read() as session:
            return bool(await session.scalar(select(revoked)))

    async def hit(self, bucket: str, window_seconds: int) -> Hits:
        """See the Protocol."""
        async with self._database.write() as session:
            count, ends_at, now = (await session.execute(_hit(session, bucket, window_seconds))).one()
        if count == 1:
            await self._forget(RateWindow.bucket, RateWindow.ends_at)
        return Hits(count, (ends_at - now).total_seconds())

    async def set_bits(self, name: str, positions: Sequence[int]) -> None:
        """See the Protocol."""
        places = bits.places(positions)
        if not places:
            return
        async with self._database.write() as session:
            empty = [{"name": name, "chunk": chunk, "bits": b""} for chunk in places]
            await session.execute(_insert(session, BitmapChunk).on_conflict_do_nothing(), empty)
            await _add_bits(session, name, places)

    async def has_bits(self, name: str, positions: Sequence[int]) -> bool | None:
        """See the Protocol."""
        places = bits.places(positions)
        wanted = select(BitmapChunk.chunk, BitmapChunk.bits).where(
            BitmapChunk.name == name, BitmapChunk.chunk.in_(places)
        )
        async with self._database.read() as session:
            chunks = {row.chunk: row.bits for row in await session.execute(wanted)}
            if not chunks and not await session.scalar(select(exists().where(BitmapChunk.name == name))):
                return None
        return all(bits.has_bits(chunks.get(chunk, b""), wanted) for chunk, wanted in places.items())

    async def replace_bits(self, name: str, bitmap: bytes) -> None:
        """See the Protocol."""
        rows = [{"name": name, "chunk": chunk, "bits": part} for chunk, part in enumerate(bits.cut(bitmap))]
        async with self._database.write() as session:
            # In the order in which `set_bits` locks them, so that the two never wait for each other in a ring.
            put = _insert(session, BitmapChunk)
            put = put.on_conflict_do_update(index_elements=["name", "chunk"], set_={"bits": put.excluded.bits})
            await session.execute(put, rows)
            await session.execute(delete(BitmapChunk).where(BitmapChunk.name == name, BitmapChunk.chunk >= len(rows)))

    async def _forget(self, key: InstrumentedAttribute[str], ends: InstrumentedAttribute[datetime]) -> None:
        """Delete some of what has expired, but nothing that somebody is writing to."""
        old = select(key).where(ends <= from_now()).limit(_FORGET_AT_ONCE).with_for_update(skip_locked=True)
        async with self._database.read() as session:
            if await session.scalar(select(old.exists())) is not True:
                return
        async with self._database.write() as session:
            await session.execute(delete(key.class_).where(key.in_(old)))


def _hit(session: AsyncSession, bucket: str, window_seconds: int) -> ReturningInsert[int, datetime, datetime]:
    """Count a hit, in a new window where the old one has ended."""
    ended = RateWindow.ends_at <= from_now()
    row = _insert(session, RateWindow).values(bucket=bucket, hits=1, ends_at=from_now(window_seconds))
    changes = {
        "hits": case((ended, 1), else_=RateWindow.hits + 1),
        "ends_at": case((ended, from_now(window_seconds)), else_=RateWindow.ends_at),
    }
    upsert = row.on_conflict_do_update(index_elements=[RateWindow.bucket], set_=changes)
    return upsert.returning(RateWindow.hits, RateWindow.ends_at, from_now().label("now"))


async def _add_bits(session: AsyncSession, name: str, places: bits.Places) -> None:
    wanted = (
        select(BitmapChunk)
        .where(BitmapChunk.name == name, BitmapChunk.chunk.in_(places))
        .order_by(BitmapChunk.chunk)
        .with_for_update()
    )
    for chunk in await session.scalars(wanted):
        chunk.bits = bits.with_bits(chunk.bits, places[chunk.chunk])


def _insert(session: AsyncSession, table: type[Base]) -> _Upsert:
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
