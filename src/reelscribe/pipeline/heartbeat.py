"""The heartbeat of a job: it holds the lease while the work goes on, and carries the work's progress."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from reelscribe.database.session import Database
from reelscribe.engines.doorbell import Doorbell
from reelscribe.events.history import HISTORY_BELL
from reelscribe.jobs import lease
from reelscribe.jobs.lease import Lease, LeaseLostError

log = structlog.get_logger(__name__)

T = TypeVar("T")

BEATS_A_LEASE = 4
PROGRESS_SECONDS = 1.0


@dataclass(slots=True)
class Heartbeat:
    """Renews a lease while its work goes on, and carries the work's progress. A lost lease stops the work."""

    database: Database
    doorbell: Doorbell
    held: Lease
    lease_seconds: float
    stopped: threading.Event = field(default_factory=threading.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _progress: float = 0.0
    _written: float = 0.0

    @classmethod
    @asynccontextmanager
    async def during(
        cls, database: Database, doorbell: Doorbell, held: Lease, lease_seconds: float
    ) -> AsyncIterator[Self]:
        """A heart that beats while the block runs."""
        beat = cls(database, doorbell, held, lease_seconds)
        task = asyncio.create_task(beat.run())
        try:
            yield beat
        finally:
            beat.stopped.set()
            beat.ended.set()
            # Not cancelled: a transaction that is cut off costs its connection.
            await task

    def report(self, percent: float) -> None:
        """Note the progress in percent; from any thread."""
        self._progress = max(self._progress, min(99.0, percent))

    async def guard(self, work: Awaitable[T]) -> T:
        """Run the work; raises LeaseLostError as soon as the lease is lost."""
        task = asyncio.ensure_future(work)
        loss = asyncio.ensure_future(self.lost.wait())
        try:
            await asyncio.wait({task, loss}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise LeaseLostError(f"job {self.held.job_id} was taken away during its work")
            return task.result()
        finally:
            self.stopped.set()
            loss.cancel()
            await _end(task)

    async def run(self) -> None:
        """Beat until told to end, or until the lease is lost."""
        since_renewal = 0.0
        pause = min(PROGRESS_SECONDS, self.lease_seconds / BEATS_A_LEASE)
        while not self.lost.is_set() and not await self._ends_within(pause):
            since_renewal += pause
            if self._progress != self._written or since_renewal >= self.lease_seconds / BEATS_A_LEASE:
                since_renewal = 0.0 if await self._renew() else since_renewal

    async def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()
        return self.ended.is_set()

    async def _renew(self) -> bool:
        progress = self._progress
        try:
            async with self.database.write() as session:
                await lease.renew(session, self.held, self.lease_seconds, progress)
        except LeaseLostError:
            self.lost.set()
            return False
        except DBAPIError as error:
            # The database is away for a moment: beat again soon. If it stays away, the record's fence decides.
            log.warning("heartbeat missed", error=str(error.orig))
            return False
        if progress != self._written:
            self._written = progress
            self.doorbell.ring([HISTORY_BELL])
        return True


async def _end(task: "asyncio.Future[T]") -> None:
    """Cancel the work and wait for its end; what it raises then is nobody's business any more."""
    if task.done():
        return
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and (error := task.exception()) is not None:
        log.info("stopped work ended with an error", error=repr(error))
