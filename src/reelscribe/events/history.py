"""The history of a video: what happened to it, event by event, attempt by attempt."""

import enum

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import ring_after_commit
from reelscribe.events.models import VideoEvent

HISTORY_BELL = "history"


class Kind(enum.StrEnum):
    """What a line of the history tells."""

    CREATED = "created"
    UPLOADED = "uploaded"
    STARTED = "started"
    COMPLETED = "completed"
    HANDED_BACK = "handed_back"
    LOST = "lost"
    RETRYING = "retrying"
    FAILED = "failed"
    REPLAYED = "replayed"
    EDITED = "edited"
    READY = "ready"


def tell(
    session: AsyncSession,
    video_id: int,
    kind: Kind,
    *,
    stage: str | None = None,
    attempt: int | None = None,
    message: str = "",
    data: dict[str, object] | None = None,
) -> None:
    """Add a line in the caller's transaction; whoever watches the video hears of it when that commits."""
    line = VideoEvent(
        video_id=video_id,
        kind=kind,
        stage=stage,
        attempt=attempt,
        message=message,
        data=data if data is not None else {},
    )
    session.add(line)
    ring_after_commit(session, HISTORY_BELL)
