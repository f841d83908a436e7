"""Videos on the wire, to the letter of the contract (section 8)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from reelscribe.videos.fields import Description, Language, Title
from reelscribe.videos.models import Status, Video, Visibility

StageName = Literal["transcode", "transcribe", "summarize", "index"]

MAX_KEY = 2**63 - 1
"""The largest key that the databases hold."""


class Progress(BaseModel):
    """How far the stage is that is at work, or next; 0 percent while it waits in the queue."""

    stage: StageName
    percent: float = Field(ge=0, le=100)


class Owner(BaseModel):
    """Whose video it is."""

    id: int
    name: str


class VideoOut(BaseModel):
    """A video, as everyone who may see it is told of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "7pQv9XkM2aB",
                "title": "How we built it",
                "description": "",
                "status": "transcribing",
                "status_message": None,
                "failed_stage": None,
                "progress": {"stage": "transcribe", "percent": 42.0},
                "visibility": "internal",
                "language": "en",
                "user": {"id": 1, "name": "Ada"},
                "duration": 61.5,
                "width": 1920,
                "height": 1080,
                "poster_url": "/api/v1/videos/7pQv9XkM2aB/play/1.6924…/1-1/poster.jpg",
                "created_at": "2026-01-31T09:30:00Z",
                "updated_at": "2026-01-31T09:31:12Z",
                "processed_at": None,
            }
        }
    )

    id: str = Field(description="11 random base58 characters.")
    title: str
    description: str
    status: Status
    status_message: str | None = Field(description="What went wrong, for a person.")
    failed_stage: StageName | None
    progress: Progress | None = Field(description="Null unless a stage is at work or waits.")
    visibility: Visibility
    language: str | None
    user: Owner
    duration: float | None = Field(description="Seconds.")
    width: int | None = Field(description="Of the source as it is shown, in pixels.")
    height: int | None
    poster_url: str | None = Field(description="Signed, short-lived.")
    created_at: datetime
    updated_at: datetime
    processed_at: datetime | None = Field(description="When it was last made ready.")


def video_out(video: Video, *, progress: Progress | None = None, poster_url: str | None = None) -> VideoOut:
    """The wire shape of a row, and what no row holds: `poster_url` is the poster's signed address."""
    return VideoOut.model_validate(
        {
            "id": video.public_id,
            "title": video.title,
            "description": video.description,
            "status": video.status,
            "status_message": video.status_message,
            "failed_stage": video.failed_stage,
            "progress": progress,
            "visibility": video.visibility,
            "language": video.language,
            "user": {"id": video.user_id, "name": video.user_name},
            "duration": video.duration,
            "width": video.width,
            "height": video.height,
            "poster_url": poster_url,
            "created_at": video.created_at,
            "updated_at": video.updated_at,
            "processed_at": video.processed_at,
        }
    )


class VideoPage(BaseModel):
    """One page of a list, newest first."""

    items: list[VideoOut]
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page; null on the last.")


def _without_default(schema: JsonDict) -> None:
    """What is not given stays as it is: the default is never looked at, and must not be told."""
    schema.pop("default")


class VideoEdit(BaseModel):
    """What may be changed; what is not given stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "A better title"}})

    title: Title = Field("", json_schema_extra=_without_default)
    description: Description = Field("", json_schema_extra=_without_default)
    visibility: Visibility = Field(Visibility.INTERNAL, json_schema_extra=_without_default)
    language: Language | None = Field(
        None, description="What is spoken. Null: to be detected again when the video is next transcribed."
    )


class RetryIn(BaseModel):
    """Where to begin again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"from_stage": "transcribe"}})

    from_stage: StageName | None = Field(
        None, description="By default the stage that failed; on a ready video the first one."
    )
