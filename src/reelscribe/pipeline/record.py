"""The transactions in which a stage changes the world: begun, completed, to be tried again, given up, handed back.

Each is fenced by the lease, so that of two workers which believe that they hold a job only one can record.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.events import history, outbox
from reelscribe.events.envelope import Event
from reelscribe.events.history import Kind
from reelscribe.events.topics import dead_letter_topic
from reelscribe.jobs import chores, lease
from reelscribe.jobs.lease import Lease, LeaseLostError
from reelscribe.jobs.models import Job, JobStatus
from reelscribe.pipeline.stages import AnyStage, next_status, stage_named
from reelscribe.videos import objects, status
from reelscribe.videos.models import Status, Video

ERROR_TAIL = 4000


async def current_video(session: AsyncSession, held: Lease) -> Video:
    """The video of a lease; raises LeaseLostError when it is gone or was sent on a newer run."""
    video = await session.get(Video, held.video_id, with_for_update=True)
    if video is None or video.run != held.run:
        raise LeaseLostError(f"the video of job {held.job_id} was deleted, or is on another run")
    return video


async def begun(session: AsyncSession, held: Lease) -> Video:
    """A worker has claimed the job."""
    video = await current_video(session, held)
    stage = stage_named(held.stage)
    status.working(video, stage.status)
    history.tell(session, video.id, Kind.STARTED, stage=held.stage, attempt=held.attempt, data={"worker": held.worker})
    return video


async def completed(session: AsyncSession, held: Lease, result: object) -> None:
    """The stage's results, the video's new status, the next event, and the end of the job: all or nothing."""
    await lease.complete(session, held)
    video = await current_video(session, held)
    stage = stage_named(held.stage)
    data = await stage.record(session, video, result)
    history.tell(session, video.id, Kind.COMPLETED, stage=held.stage, attempt=held.attempt, data=data)
    _move_on(session, video, stage)
    if held.run > 1 or held.attempt > 1:
        chores.add(session, chores.PRUNE_OBJECTS, objects.attempt_prefix(video.public_id, stage.name, held))


def _move_on(session: AsyncSession, video: Video, stage: AnyStage) -> None:
    upcoming = next_status(stage)
    if upcoming is Status.READY:
        status.ready(video)
        history.tell(session, video.id, Kind.READY)
    else:
        status.working(video, upcoming)
    if stage.emits is not None:
        outbox.add(session, Event(type=stage.emits, video_id=video.public_id, run=video.run, service=stage.service))


async def to_be_retried(session: AsyncSession, held: Lease, message: str, detail: str, *, kind: Kind) -> float:
    """The attempt failed and another will follow; gives the seconds until then. `kind`: RETRYING or LOST."""
    delay = await lease.retry_later(session, held, tail(detail or message))
    video = await current_video(session, held)
    status.retrying(video, message)
    data: dict[str, object] = {"retry_in": delay, "error": tail(detail)}
    history.tell(session, video.id, kind, stage=held.stage, attempt=held.attempt, message=message, data=data)
    return delay


async def given_up(session: AsyncSession, held: Lease, message: str, detail: str) -> None:
    """The stage failed for good: the video says why, and the event goes to its dead-letter topic."""
    await lease.fail(session, held, tail(detail or message))
    video = await current_video(session, held)
    stage = stage_named(held.stage)
    status.failed(video, held.stage, message)
    data: dict[str, object] = {"error": tail(detail)}
    history.tell(session, video.id, Kind.FAILED, stage=held.stage, attempt=held.attempt, message=message, data=data)
    letter: dict[str, object] = {
        "event_id": str(held.event_id),
        "stage": held.stage,
        "attempt": held.attempt,
        "message": message,
        "error": tail(detail),
    }
    event = Event(type=stage.on, video_id=video.public_id, run=held.run, service=stage.service, data=letter)
    outbox.add(session, event, topic=dead_letter_topic(stage.on))
    if video.processed_at is not None:
        # It can still be found by what an earlier run left, and must be found as failed.
        chores.add(session, chores.REFRESH_DOCUMENT, video.public_id)


async def handed_back(session: AsyncSession, held: Lease) -> None:
    """The worker was asked to stop; somebody else goes on."""
    await lease.hand_back(session, held)
    video = await current_video(session, held)
    history.tell(session, video.id, Kind.HANDED_BACK, stage=held.stage, attempt=held.attempt)


async def discarded(session: AsyncSession, held: Lease, public_id: str) -> None:
    """The lease was lost: what the attempt made goes, and of a video deleted meanwhile everything, once more."""
    job = await session.get(Job, held.job_id)
    if job is not None and (job.status, job.attempt) == (JobStatus.DONE, held.attempt):
        # It was recorded after all: only the answer to the commit got lost.
        return
    chores.add(session, chores.DELETE_OBJECTS, objects.attempt_prefix(public_id, held.stage, held))
    if await session.get(Video, held.video_id) is None:
        chores.add(session, chores.DELETE_OBJECTS, objects.video_prefix(public_id))
        chores.add(session, chores.DELETE_DOCUMENT, public_id)


def tail(text: str) -> str:
    """The end of an error's text: that is where the reason stands."""
    return text[-ERROR_TAIL:]
