"""Sending a video through the pipeline again, from the stage that failed or from any before it.

Allowed for a video that failed, up to the stage that failed, and for one that is ready. While it is being processed it
is not: it will be ready or failed by itself, because a lease runs out and attempts are counted.
"""

from typing import Final, NamedTuple

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.events import history, outbox, topics
from reelscribe.events.envelope import Event
from reelscribe.events.history import Kind
from reelscribe.jobs import lease
from reelscribe.problems import Conflict
from reelscribe.videos import status
from reelscribe.videos.models import Status, Video, VideoSummary, VideoTranscript
from reelscribe.videos.schemas import StageName


class Start(NamedTuple):
    """How a stage is started: by which event, and the status until a worker has it."""

    on: str
    status: Status


# `pipeline.stages` says the same, and a test holds the two together: features must not import the pipeline.
STARTS: Final[dict[StageName, Start]] = {
    "transcode": Start(topics.VIDEO_UPLOADED, Status.TRANSCODING),
    "transcribe": Start(topics.VIDEO_TRANSCODED, Status.TRANSCRIBING),
    "summarize": Start(topics.VIDEO_TRANSCRIBED, Status.SUMMARIZING),
    "index": Start(topics.VIDEO_SUMMARIZED, Status.INDEXING),
}
_ORDER: Final = tuple(STARTS)


async def replay(session: AsyncSession, video: Video, from_stage: StageName | None) -> StageName:
    """Begin a new run at a stage, in the caller's transaction, and say which. Raises `Conflict`, which says why not."""
    stage = _chosen(video, from_stage)
    await _check_inputs(session, video, stage)
    video.run += 1
    await lease.supersede(session, video.id, video.run)
    status.replaying(video, STARTS[stage].status)
    history.tell(session, video.id, Kind.REPLAYED, stage=stage, data={"run": video.run})
    data: dict[str, object] = {"replayed_from": stage}
    event = Event(STARTS[stage].on, video.public_id, video.run, topics.API_SERVICE, data)
    outbox.add(session, event)
    return stage


def _chosen(video: Video, wanted: StageName | None) -> StageName:
    if video.status == Status.READY:
        return wanted or "transcode"
    if video.status != Status.FAILED:
        raise Conflict(_still(video.status))
    failed: StageName = next((stage for stage in STARTS if stage == video.failed_stage), "transcode")
    if wanted is not None and _ORDER.index(wanted) > _ORDER.index(failed):
        raise Conflict(f"The video failed in {failed}: it can be retried from there or from before, not from {wanted}.")
    return wanted or failed


def _still(now: str) -> str:
    if now == Status.UPLOADING:
        return "The upload of this video is not complete."
    return f"The video is still being processed ({now}): wait until it is ready or failed."


async def _check_inputs(session: AsyncSession, video: Video, stage: StageName) -> None:
    """What an earlier stage should have left must be there."""
    missing = await _missing_input(session, video, _ORDER.index(stage))
    if missing is not None:
        made_in = f" Replay it from {missing}." if missing != "upload" else " Upload it again."
        raise Conflict(f"What {stage} works on is not there.{made_in}")


async def _missing_input(session: AsyncSession, video: Video, place: int) -> str | None:
    """The first stage whose results are missing, of those before `place`."""
    if video.key is None:
        return "upload"
    if place >= _ORDER.index("transcribe") and video.duration is None:
        return "transcode"
    if place >= _ORDER.index("summarize") and not await _is(session, _transcript_of(video)):
        return "transcribe"
    if place >= _ORDER.index("index") and not await _is(session, _summary_of(video)):
        return "summarize"
    return None


async def _is(session: AsyncSession, rows: Select[int]) -> bool:
    return bool(await session.scalar(select(exists(rows))))


def _transcript_of(video: Video) -> Select[int]:
    return select(VideoTranscript.id).where(VideoTranscript.video_id == video.id)


def _summary_of(video: Video) -> Select[int]:
    return select(VideoSummary.id).where(VideoSummary.video_id == video.id)
