"""The transactional outbox: an event commits with the rows that it tells of, and the relay publishes it later."""

from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.base import utc_now
from reelscribe.database.clock import from_now
from reelscribe.database.session import ring_after_commit
from reelscribe.events.envelope import EnvelopeDict, Event
from reelscribe.events.models import IS_UNPUBLISHED, OutboxEvent

OUTBOX_BELL = "outbox"
BACKOFF_LIMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event that waits to be published."""

    position: int
    topic: str
    video_key: str
    attempts: int
    payload: EnvelopeDict


def add(session: AsyncSession, event: Event, *, topic: str | None = None) -> None:
    """Add an event to the caller's transaction; the relay hears of it when that commits."""
    session.add(
        OutboxEvent(
            id=event.id,
            topic=topic or event.type,
            video_key=event.video_id,
            payload=dict(event.to_dict()),
            service=event.service,
        )
    )
    ring_after_commit(session, OUTBOX_BELL)


async def unpublished(session: AsyncSession, limit: int) -> list[Outgoing]:
    """The oldest events that wait, in order. A video whose event must wait holds back its later ones, no others."""
    rows = await session.execute(
        select(
            OutboxEvent.position,
            OutboxEvent.topic,
            OutboxEvent.video_key,
            OutboxEvent.attempts,
            OutboxEvent.payload,
            or_(OutboxEvent.next_attempt_at.is_(None), OutboxEvent.next_attempt_at <= from_now()).label("is_due"),
        )
        .where(IS_UNPUBLISHED)
        .order_by(OutboxEvent.position)
        .limit(limit)
    )
    held: set[str] = set()
    due: list[Outgoing] = []
    for row in rows:
        if not row.is_due:
            held.add(row.video_key)
        if row.video_key not in held:
            due.append(Outgoing(row.position, row.topic, row.video_key, row.attempts, row.payload))
    return due


async def mark_published(session: AsyncSession, positions: list[int]) -> None:
    """Say that the bus has these events."""
    await session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.position.in_(positions))
        .values(published=True, published_at=utc_now(), attempts=OutboxEvent.attempts + 1)
    )


async def mark_failed(session: AsyncSession, failed: Outgoing, error: str) -> None:
    """Keep the error, and wait twice as long before each further attempt."""
    delay = min(BACKOFF_LIMIT_SECONDS, 0.25 * 2**failed.attempts)
    await session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.position == failed.position)
        .values(attempts=OutboxEvent.attempts + 1, last_error=error[-2000:], next_attempt_at=from_now(delay))
    )
