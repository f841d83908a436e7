"""Idempotent consumption: a message is handled once in a consumer group, however often it is delivered."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.base import Base, utc_now
from reelscribe.events.models import ProcessedMessage


async def insert_once(session: AsyncSession, model: type[Base], values: dict[str, object]) -> int | None:
    """Insert a row unless a unique key already has it; the new row's id, or None."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(model).values(**values).on_conflict_do_nothing().returning(model.__table__.c.id)
    new_id: int | None = (await session.execute(statement)).scalar_one_or_none()
    return new_id


async def is_new(session: AsyncSession, group: str, message_id: str) -> bool:
    """Note the message in the caller's transaction; False where this group has handled it before."""
    values = {"message_id": f"{group}/{message_id}", "processed_at": utc_now()}
    return await insert_once(session, ProcessedMessage, values) is not None


async def forget(session: AsyncSession, older_than: timedelta, limit: int = 5000) -> int:
    """Forget messages that no bus can still deliver; gives how many. A limit keeps the transaction short."""
    old = (
        select(ProcessedMessage.id)
        .where(ProcessedMessage.processed_at < utc_now() - older_than)
        .order_by(ProcessedMessage.processed_at)
        .limit(limit)
    )
    gone = await session.execute(
        delete(ProcessedMessage).where(ProcessedMessage.id.in_(old)).returning(ProcessedMessage.id)
    )
    return len(gone.all())
