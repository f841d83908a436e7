"""Upload sessions on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from reelscribe.engines.storage import MAX_PARTS
from reelscribe.videos.schemas import VideoOut
from reelscribe.videos.uploads.details import Details


class SessionIn(Details):
    """A file that will come in parts, and what its video is to be called."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"filename": "talk.mp4", "size": 734003200, "content_type": "video/mp4"}},
    )

    filename: Annotated[str, Field(min_length=1, max_length=1024)]
    size: int = Field(ge=1, lt=2**63, description="Bytes.")
    content_type: str = Field("application/octet-stream", max_length=127)
    captions: str | None = Field(None, description="WebVTT or SubRip as text: used instead of recognition.")


class PartTarget(BaseModel):
    """Where one part is to be PUT."""

    number: int = Field(ge=1)
    url: str = Field(description="Signed and short-lived; needs no Authorization.")


class UploadedPart(BaseModel):
    """A part that is there."""

    number: int = Field(ge=1)
    size: int
    etag: str


class SessionOut(BaseModel):
    """An upload session: PUT each part of `part_size` bytes (the last one: the rest), keep the `ETag` it answers."""

    id: str
    size: int
    part_size: int
    parts: list[PartTarget]
    received: list[UploadedPart] = Field(default_factory=list, description="What need not be sent again.")
    expires_at: datetime


class SessionBegun(BaseModel):
    """The answer to an upload announced in JSON."""

    video: VideoOut
    upload: SessionOut


class CompletedPart(BaseModel):
    """What the PUT of a part was answered with."""

    model_config = ConfigDict(extra="ignore")

    number: int = Field(ge=1, le=MAX_PARTS)
    etag: str = Field(min_length=1, max_length=128)


class CompleteIn(BaseModel):
    """All parts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"parts": [{"number": 1, "etag": '"0f343b0931126a20f133d67c2b018a3b"'}]}},
    )

    parts: list[CompletedPart] = Field(min_length=1, max_length=MAX_PARTS)

    def etags(self) -> dict[int, str]:
        """By number; the last one counts where a number is there twice."""
        return {part.number: part.etag for part in self.parts}
