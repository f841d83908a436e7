"""How far videos are: one query for a whole page of them."""

from collections.abc import Sequence
from typing import Final, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.jobs.models import Job, JobStatus
from reelscribe.videos.models import Status, Video
from reelscribe.videos.schemas import Progress, StageName

_STAGE_OF: Final[dict[str, StageName]] = {
    Status.PENDING: "transcode",
    Status.TRANSCODING: "transcode",
    Status.TRANSCRIBING: "transcribe",
    Status.SUMMARIZING: "summarize",
    Status.INDEXING: "index",
}


async def progress_of(session: AsyncSession, videos: Sequence[Video]) -> dict[int, Progress]:
    """The progress of those of `videos` that are being processed, by their keys."""
    working = {video.id: video for video in videos if video.status in _STAGE_OF}
    if not working:
        return {}
    # Until the event has become a job, the status alone tells the stage.
    found = {key: Progress(stage=_STAGE_OF[video.status], percent=0) for key, video in working.items()}
    unfinished = [JobStatus.QUEUED, JobStatus.RUNNING]
    jobs = await session.execute(
        select(Job.video_id, Job.run, Job.stage, Job.status, Job.progress).where(
            Job.video_id.in_(working), Job.status.in_(unfinished)
        )
    )
    for video_id, run, stage, status, percent in jobs:
        if run == working[video_id].run:
            found[video_id] = Progress(stage=cast("StageName", stage), percent=_shown(status, percent))
    return found


def _shown(status: str, percent: float) -> float:
    """A job that waits for another try has nothing done."""
    return round(min(max(percent, 0.0), 100.0), 1) if status == JobStatus.RUNNING else 0.0
