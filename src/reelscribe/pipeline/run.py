"""One attempt of one job: claimed, loaded, worked, recorded, with a heartbeat from the claim to the record's commit."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import Database
from reelscribe.engines.doorbell import Doorbell
from reelscribe.engines.storage import StorageError
from reelscribe.events.history import Kind
from reelscribe.jobs import lease
from reelscribe.jobs.lease import Lease, LeaseLostError
from reelscribe.pipeline import record
from reelscribe.pipeline.heartbeat import Heartbeat
from reelscribe.pipeline.setback import Setback
from reelscribe.pipeline.stage import Context, StageEngines, StageError, TryAgainError
from reelscribe.pipeline.stages import stage_named
from reelscribe.videos import objects
from reelscribe.videos.models import Video

log = structlog.get_logger(__name__)

Claim = Callable[[AsyncSession], Awaitable[Lease | None]]


@dataclass(frozen=True, slots=True)
class Runner:
    """Everything that running a job takes. `worker` names this process in leases and in the history."""

    database: Database
    doorbell: Doorbell
    engines: StageEngines
    scratch: Path
    worker: str
    lease_seconds: float
    max_attempts: int

    async def run_next(self, queues: Sequence[str], *, look_first: bool = False) -> bool:
        """Claim the oldest due job of these queues and run it; False when there was none.

        `look_first` where there is probably none: a claim takes the lock on writing whether it finds a job or not.
        """
        if look_first and not await self._is_any_due(queues):
            return False
        held, video = await self._claim(lambda session: lease.claim(session, queues, self.worker, self.lease_seconds))
        if held is not None and video is not None:
            await self._attempt(held, video)
        return held is not None

    async def run_job(self, job_id: int) -> bool:
        """Run one particular job, for a broker that hands out ids; False when it is taken, done or gone."""
        held, video = await self._claim(
            lambda session: lease.claim_job(session, job_id, self.worker, self.lease_seconds)
        )
        if held is None or video is None:
            return False
        await self._attempt(held, video)
        return True

    async def _is_any_due(self, queues: Sequence[str]) -> bool:
        async with self.database.read() as session:
            return await lease.is_any_due(session, queues)

    async def _claim(self, take: Claim) -> tuple[Lease | None, Video | None]:
        claiming = asyncio.ensure_future(self._claim_and_begin(take))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # Asked to stop during the claim: see it through, so that nobody waits for its lease to run out.
            held, _ = await claiming
            if held is not None:
                await self._hand_back(held)
            raise

    async def _claim_and_begin(self, take: Claim) -> tuple[Lease | None, Video | None]:
        async with self.database.write() as session:
            held = await take(session)
            return held, await _begin(session, held)

    async def _attempt(self, held: Lease, video: Video) -> None:
        structlog.contextvars.bind_contextvars(video_id=video.public_id, job_id=held.job_id, stage=held.stage)
        try:
            await self._work_and_record(held, video)
        except LeaseLostError as lost:
            log.warning("lease lost", reason=str(lost))
            await self._discard(held, video)
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_back(held))
            raise
        finally:
            structlog.contextvars.unbind_contextvars("video_id", "job_id", "stage")

    async def _work_and_record(self, held: Lease, video: Video) -> None:
        try:
            async with self._beating(held) as beat, self._scratch_folder() as folder:
                result = await self._work(held, video, folder, beat)
                async with self.database.write() as session:
                    await record.completed(session, held, result)
            log.info("stage completed", attempt=held.attempt)
        except (TryAgainError, StorageError, OSError, DBAPIError, MemoryError) as error:
            await self._try_again_or_give_up(held, error)
        except StageError as error:
            await self._give_up(held, str(error), error.detail)
        except LeaseLostError:
            raise
        except Exception as error:
            # The edge of a stage: whatever went wrong must end in the video's history, never in a job that hangs.
            log.exception("stage broke", attempt=held.attempt)
            await self._try_again_or_give_up(held, error)

    async def _work(self, held: Lease, video: Video, folder: Path, beat: Heartbeat) -> object:
        stage = stage_named(held.stage)
        context = Context(
            engines=self.engines,
            folder=folder,
            prefix=objects.attempt_prefix(video.public_id, stage.name, held),
            report=beat.report,
            should_stop=beat.stopped.is_set,
        )
        async with self.database.read() as session:
            loaded = await stage.load(session, video)
        log.info("stage started", attempt=held.attempt)
        return await beat.guard(stage.work(loaded, context))

    async def _try_again_or_give_up(self, held: Lease, error: Exception) -> None:
        setback, failures = Setback.of(error), held.failures + 1
        if failures >= self.max_attempts:
            await self._give_up(held, setback.after(failures), setback.detail)
            return
        message = setback.while_retrying
        async with self.database.write() as session:
            delay = await record.to_be_retried(session, held, message, setback.detail, kind=Kind.RETRYING)
        log.warning("stage will be tried again", attempt=held.attempt, retry_in=delay, error=message)

    async def _give_up(self, held: Lease, message: str, detail: str) -> None:
        async with self.database.write() as session:
            await record.given_up(session, held, message, detail)
        log.error("stage failed", attempt=held.attempt, error=message)

    async def _hand_back(self, held: Lease) -> None:
        with contextlib.suppress(LeaseLostError):
            async with self.database.write() as session:
                await record.handed_back(session, held)
            log.info("job handed back", attempt=held.attempt)

    async def _discard(self, held: Lease, video: Video) -> None:
        """Have what an attempt made removed, for it will never be recorded."""
        async with self.database.write() as session:
            await record.discarded(session, held, video.public_id)

    def _beating(self, held: Lease) -> AbstractAsyncContextManager[Heartbeat]:
        return Heartbeat.during(self.database, self.doorbell, held, self.lease_seconds)

    @asynccontextmanager
    async def _scratch_folder(self) -> AsyncIterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=self.scratch))
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _begin(session: AsyncSession, held: Lease | None) -> Video | None:
    if held is None:
        return None
    try:
        return await record.begun(session, held)
    except LeaseLostError:
        await lease.complete(session, held)
        return None
