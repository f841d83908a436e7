"""Videos on the wire, to the letter of the contract (section 8)."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from reelscribe.videos.models import Status, Video, Visibility
from reelscribe.videos.uploads.languages import language_code

StageName = Literal["transcode", "transcribe", "summarize", "index"]
ObjectUrl = Callable[[str], str]
"""From an object's key to a short-lived signed address."""

# What nobody sees, and what turns text around where it is shown (Unicode's bidirectional controls).
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
MAX_TITLE = 500
MAX_KEY = 2**63 - 1
"""The largest key that the databases hold."""
MAX_DESCRIPTION = 20_000


def _clean_line(value: object) -> object:
    return " ".join(_UNSEEN.sub("", value).split()) if isinstance(value, str) else value


def _clean_text(value: object) -> object:
    return _UNSEEN.sub("", value.replace("\r\n", "\n")).strip() if isinstance(value, str) else value


def _known_language(value: str) -> str:
    code = language_code(value)
    if code is None:
        raise ValueError("is not the code of a language, such as en, de or pt-BR (ISO 639-1)")
    return code


Title = Annotated[
    str, BeforeValidator(_clean_line), Field(min_length=1, max_length=MAX_TITLE, examples=["How we built it"])
]
"""One line of visible text."""

Description = Annotated[str, BeforeValidator(_clean_text), Field(max_length=MAX_DESCRIPTION)]
"""Text, line ends allowed."""

Language = Annotated[
    str,
    Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$", max_length=35, examples=["en"]),
    AfterValidator(_known_language),
]
"""An ISO 639-1 code; what follows a hyphen is dropped."""


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
                "poster_url": "/media/6924…/videos/7pQv9XkM2aB/transcode/1-1/poster.jpg",
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


def video_out(video: Video, *, progress: Progress | None = None, object_url: ObjectUrl | None = None) -> VideoOut:
    """The wire shape of a row; `object_url` signs the poster's address, without it there is none."""
    poster = object_url(video.poster_key) if video.poster_key is not None and object_url is not None else None
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
            "poster_url": poster,
            "created_at": video.created_at,
            "updated_at": video.updated_at,
            "processed_at": video.processed_at,
        }
    )


class VideoPage(BaseModel):
    """One page of a list, newest first."""

    items: list[VideoOut]
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page; null on the last.")


class VideoEdit(BaseModel):
    """What may be changed; what is not given stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "A better title"}})

    title: Title | SkipJsonSchema[None] = None
    description: Description | SkipJsonSchema[None] = None
    visibility: Visibility | SkipJsonSchema[None] = None
    language: Language | None = Field(
        None, description="What is spoken. Null: to be detected again when the video is next transcribed."
    )

    @field_validator("title", "description", "visibility")
    @classmethod
    def _not_null(cls, value: object) -> object:
        # Not called for a field that is not given.
        if value is None:
            raise ValueError("must not be null")
        return value


class RetryIn(BaseModel):
    """Where to begin again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"from_stage": "transcribe"}})

    from_stage: StageName | None = Field(
        None, description="By default the stage that failed; on a ready video the first one."
    )
