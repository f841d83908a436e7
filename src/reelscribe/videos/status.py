"""The only place that changes a video's status. Uploads begin it, the record of a stage moves it on."""

from reelscribe.database.base import utc_now
from reelscribe.videos.models import Status, Video


def uploading(video: Video) -> None:
    """Bytes are coming in."""
    _set(video, Status.UPLOADING)


def received(video: Video) -> None:
    """Every byte is here; the pipeline has not begun."""
    _set(video, Status.PENDING)


def working(video: Video, status: Status) -> None:
    """A stage is at work, or about to be."""
    _set(video, status)


def ready(video: Video) -> None:
    """The last stage is through."""
    _set(video, Status.READY)
    video.processed_at = utc_now()


def failed(video: Video, stage: str, message: str) -> None:
    """A stage gave up; `message` is for people."""
    _set(video, Status.FAILED)
    video.failed_stage = stage
    video.status_message = message


def retrying(video: Video, message: str) -> None:
    """A stage will be tried again; the status stays, the reason shows."""
    video.status_message = message


def replaying(video: Video, status: Status) -> None:
    """A new run begins at the stage with this status. `processed_at` stays, as the earlier results do."""
    _set(video, status)


def _set(video: Video, status: Status) -> None:
    video.status = status
    video.status_message = None
    video.failed_stage = None
