"""The outbox relay: publishes committed events in order for each video, for both services."""

import asyncio

import structlog

from reelscribe.database.session import Database
from reelscribe.engines.bus import EventBus, Message
from reelscribe.events import outbox
from reelscribe.events.outbox import Outgoing

log = structlog.get_logger(__name__)

BATCH = 200
COURTESY_SECONDS = 0.005


async def relay_once(database: Database, bus: EventBus) -> int:
    """Publish what waits, one batch; gives how many events the bus took."""
    async with database.read() as session:
        waiting = await outbox.unpublished(session, BATCH)
    if not waiting:
        return 0
    outcomes = await bus.publish([Message(item.topic, item.video_key, dict(item.payload)) for item in waiting])
    published = [item.position for item, error in zip(waiting, outcomes, strict=True) if error is None]
    failed = [(item, error) for item, error in zip(waiting, outcomes, strict=True) if error is not None]
    # On one machine the workers just woken want the lock on writing, for a job; this can wait for them.
    await asyncio.sleep(COURTESY_SECONDS)
    await _mark(database, published, failed)
    return len(published)


async def _mark(database: Database, published: list[int], failed: list[tuple[Outgoing, Exception]]) -> None:
    async with database.write() as session:
        if published:
            await outbox.mark_published(session, published)
        for item, error in failed:
            log.warning("event not published", topic=item.topic, video_id=item.video_key, error=str(error))
            await outbox.mark_failed(session, item, str(error))
