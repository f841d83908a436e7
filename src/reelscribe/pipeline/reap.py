"""The reaper: puts right what a dead worker, a lost wake-up or a lost lease left behind."""

from sqlalchemy import select

from reelscribe.database.clock import from_now
from reelscribe.database.session import Database
from reelscribe.engines.queue import JobQueue, QueuedJob
from reelscribe.events.history import Kind
from reelscribe.jobs import lease
from reelscribe.jobs.lease import Lease, LeaseLostError
from reelscribe.jobs.models import IS_QUEUED, Job
from reelscribe.pipeline import record
from reelscribe.pipeline.setback import WILL_RETRY

LOST_MESSAGE = f"The worker died in the middle of its work. {WILL_RETRY}"
GIVEN_UP_MESSAGE = (
    "Every worker that tried this stage died in the middle of it, {count} in all. Mend the cause, then retry the video."
)


async def reap(database: Database, max_attempts: int) -> int:
    """Release every job whose lease ran out; gives how many."""
    async with database.read() as session:
        lost = await lease.expired(session)
    for held in lost:
        await _release(database, held, max_attempts)
    return len(lost)


async def release_held_by(database: Database, worker: str, max_attempts: int) -> None:
    """Release at once what the dead predecessor of a worker of this name holds."""
    async with database.read() as session:
        lost = await lease.held_by(session, worker)
    for held in lost:
        await _release(database, held, max_attempts)


async def wake_waiting(database: Database, queue: JobQueue, limit: int = 500) -> None:
    """Wake workers for jobs that are due, in case they were never woken."""
    async with database.read() as session:
        rows = await session.execute(
            select(Job.id, Job.queue).where(IS_QUEUED, Job.available_at <= from_now()).order_by(Job.id).limit(limit)
        )
    waiting = [QueuedJob(*row) for row in rows]
    if waiting:
        await queue.wake(waiting)


async def _release(database: Database, held: Lease, max_attempts: int) -> None:
    detail = f"worker {held.worker} stopped renewing its lease"
    try:
        async with database.write() as session:
            if held.failures + 1 >= max_attempts:
                message = GIVEN_UP_MESSAGE.format(count=held.failures + 1)
                await record.given_up(session, held, message, detail)
            else:
                await record.to_be_retried(session, held, LOST_MESSAGE, detail, kind=Kind.LOST)
    except LeaseLostError:
        # It was renewed, recorded or deleted in between.
        return
