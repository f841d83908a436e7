"""A video's history for a reader: lines with their numbers, and who may know which detail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.search import Viewer
from reelscribe.events.models import VideoEvent
from reelscribe.videos.models import Video

MAX_LINES: Final = 500
_FOR_OWNERS: Final = ("worker", "error")
"""Details that tell of the machines, not of the video."""


class EventOut(BaseModel):
    """One line of a video's history."""

    id: int = Field(description="The line's number in this video's history, from 1.")
    at: datetime
    kind: str = Field(examples=["completed"])
    stage: str | None = Field(examples=["transcode"])
    attempt: int | None
    message: str
    data: dict[str, object]


class EventPage(BaseModel):
    """Lines, oldest first."""

    items: list[EventOut]
    next_after: int | None = Field(description="Give it back as `after` for the lines that follow; null at the end.")


async def lines_after(
    session: AsyncSession, video: Video, viewer: Viewer, after: int, limit: int = MAX_LINES
) -> list[EventOut]:
    """At most `limit` lines from number `after` + 1 on. Lines are only ever added, so that their numbers stay."""
    wanted = (
        select(VideoEvent).where(VideoEvent.video_id == video.id).order_by(VideoEvent.id).offset(after).limit(limit)
    )
    found: Sequence[VideoEvent] = (await session.scalars(wanted)).all()
    is_owner = viewer.is_admin or viewer.user_id == video.user_id
    return [_line(number, line, is_owner=is_owner) for number, line in enumerate(found, start=after + 1)]


def _line(number: int, line: VideoEvent, *, is_owner: bool) -> EventOut:
    data = line.data if is_owner else {name: value for name, value in line.data.items() if name not in _FOR_OWNERS}
    return EventOut(
        id=number, at=line.at, kind=line.kind, stage=line.stage, attempt=line.attempt, message=line.message, data=data
    )
