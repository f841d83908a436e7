"""Chores: what must follow a deletion or an edit, kept in the database until it is done."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.base import utc_now
from reelscribe.database.clock import from_now
from reelscribe.database.session import ring_after_commit
from reelscribe.jobs.models import Chore

CHORE_BELL: Final = "chore"

DELETE_OBJECTS: Final = "delete_objects"
DELETE_DOCUMENT: Final = "delete_document"
REFRESH_DOCUMENT: Final = "refresh_document"
PRUNE_OBJECTS: Final = "prune_objects"

# A worker that hung while its video was deleted may still write: look once more when no lease can be alive.
SECOND_LOOK_SECONDS: Final = 3600.0
_BACKOFF_LIMIT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class DueChore:
    """A chore whose time has come."""

    id: int
    kind: str
    target: str
    attempts: int


def add(session: AsyncSession, kind: str, target: str) -> None:
    """Add a chore in the caller's transaction, to be done as soon as that commits."""
    session.add(Chore(kind=kind, target=target, due_at=utc_now()))
    ring_after_commit(session, CHORE_BELL)


def forget(session: AsyncSession, prefix: str, public_id: str) -> None:
    """All that a deleted video leaves outside the database: its objects and its document, now and once more later."""
    forget_objects(session, prefix)
    _add_twice(session, DELETE_DOCUMENT, public_id)


def forget_objects(session: AsyncSession, prefix: str) -> None:
    """Remove the objects below `prefix`, now and once more later: somebody may still be writing there."""
    _add_twice(session, DELETE_OBJECTS, prefix)


def _add_twice(session: AsyncSession, kind: str, target: str) -> None:
    add(session, kind, target)
    session.add(Chore(kind=kind, target=target, due_at=from_now(SECOND_LOOK_SECONDS)))


async def due(session: AsyncSession, limit: int = 20) -> list[DueChore]:
    """The oldest chores whose time has come."""
    rows = await session.execute(
        select(Chore.id, Chore.kind, Chore.target, Chore.attempts)
        .where(Chore.due_at <= from_now())
        .order_by(Chore.due_at, Chore.id)
        .limit(limit)
    )
    return [DueChore(*row) for row in rows]


async def done(session: AsyncSession, chore: DueChore) -> None:
    """Strike the chore off."""
    await session.execute(delete(Chore).where(Chore.id == chore.id))


async def later(session: AsyncSession, chore: DueChore, error: str) -> None:
    """Try again, after twice the time, however often it takes."""
    delay = min(_BACKOFF_LIMIT_SECONDS, 2.0**chore.attempts)
    await session.execute(
        update(Chore)
        .where(Chore.id == chore.id)
        .values(attempts=Chore.attempts + 1, last_error=error[-2000:], due_at=from_now(delay))
    )
