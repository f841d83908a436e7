"""From an event to a job: the consumer's whole work, one short transaction, done once however often the event comes."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.clock import from_now
from reelscribe.database.session import Database
from reelscribe.engines.bus import DeliveryError, Message
from reelscribe.engines.queue import JobQueue, QueuedJob
from reelscribe.events.envelope import Event
from reelscribe.events.inbox import insert_once, is_new
from reelscribe.jobs.models import Job, JobStatus
from reelscribe.pipeline.stages import AnyStage, stage_on
from reelscribe.videos.models import Video


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The handler of every topic."""

    database: Database
    queue: JobQueue

    async def handle(self, message: Message) -> None:
        """Write the job that the event calls for, then wake a worker. Raises DeliveryError: it must come again."""
        try:
            event = Event.from_dict(message.value)  # type: ignore[arg-type] # the envelope is checked while it is read
            async with self.database.write() as session:
                job = await create_job(session, stage_on(message.topic), event)
        except (KeyError, TypeError, ValueError) as error:
            raise DeliveryError(f"not an event of this platform: {error!r}") from error
        except DBAPIError as error:
            raise DeliveryError(f"the database did not take the job: {error.orig}") from error
        if job is not None:
            await self.queue.wake([job])


async def create_job(session: AsyncSession, stage: AnyStage, event: Event) -> QueuedJob | None:
    """The job of `stage` for the event's video and run; None where there is nothing to do any more."""
    if not await is_new(session, stage.service, str(event.id)):
        return None
    video = (await session.execute(select(Video.id, Video.run).where(Video.public_id == event.video_id))).one_or_none()
    if video is None or video.run != event.run:
        return None
    values: dict[str, object] = {
        "video_id": video.id,
        "run": event.run,
        "stage": stage.name,
        "queue": stage.queue,
        "status": JobStatus.QUEUED,
        "attempt": 0,
        "failures": 0,
        "progress": 0.0,
        "available_at": from_now(),
        "created_at": event.time,
        "event_id": event.id,
    }
    job_id = await insert_once(session, Job, values)
    return None if job_id is None else QueuedJob(id=job_id, queue=stage.queue)
