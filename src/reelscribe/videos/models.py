"""The tables of videos and of what the pipeline finds in them."""

import enum
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, BigId, UtcDateTime, utc_now


class Status(enum.StrEnum):
    """Where a video stands, exactly as the contract names it."""

    UPLOADING = "uploading"
    PENDING = "pending"
    TRANSCODING = "transcoding"
    TRANSCRIBING = "transcribing"
    SUMMARIZING = "summarizing"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


class Visibility(enum.StrEnum):
    """Who may see a video; its owner and the administrator always may."""

    PRIVATE = "private"
    INTERNAL = "internal"
    UNLISTED = "unlisted"
    PUBLIC = "public"


class Video(Base):
    """A video. The integer key never leaves the database; `public_id` is its name in the world.

    `run` counts its trips through the pipeline: a retry or a replay begins a new one. `revision` grows with each
    edit of what is searched, so that the index can tell that it is behind.
    """

    __tablename__ = "videos"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str | None] = mapped_column(String(512))
    file_name: Mapped[str] = mapped_column(String(255), default="")
    size: Mapped[int] = mapped_column(BigId, default=0)
    captions_key: Mapped[str | None] = mapped_column(String(512))
    visibility: Mapped[str] = mapped_column(String(16), default=Visibility.INTERNAL)
    language: Mapped[str | None] = mapped_column(String(16))
    language_given: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(16), default=Status.PENDING)
    status_message: Mapped[str | None] = mapped_column(Text)
    failed_stage: Mapped[str | None] = mapped_column(String(16))
    run: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    duration: Mapped[float | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    audio_key: Mapped[str | None] = mapped_column(String(512))
    poster_key: Mapped[str | None] = mapped_column(String(512))
    storyboard: Mapped[dict[str, object] | None] = mapped_column(JSON)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


# A list is always newest first, and made of slices that each fix a visibility: every slice that a filter can ask for
# has an index that already stands in its order.
_NEWEST_FIRST = (Video.visibility, Video.created_at.desc(), Video.id.desc())
Index("ix_videos_by_visibility", *_NEWEST_FIRST)
Index("ix_videos_by_status", Video.status, *_NEWEST_FIRST)
Index("ix_videos_by_user", Video.user_id, *_NEWEST_FIRST)
Index("ix_videos_by_user_status", Video.user_id, Video.status, *_NEWEST_FIRST)


class VideoVariant(Base):
    """A rendition: one fragmented MP4 for download and HLS; `index_key` names its byte ranges for the playlist.

    Sound alone has neither width nor height.
    """

    __tablename__ = "video_variants"
    __table_args__ = (UniqueConstraint("video_id", "quality"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    video_id: Mapped[int] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"))
    quality: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(512))
    index_key: Mapped[str] = mapped_column(String(512))
    width: Mapped[int | None]
    height: Mapped[int | None]
    bitrate: Mapped[int]
    size: Mapped[int] = mapped_column(BigId)
    codecs: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class VideoTranscript(Base):
    """What was said: the text here, the times in object storage at `transcript_path`."""

    __tablename__ = "video_transcripts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    video_id: Mapped[int] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"), unique=True)
    transcript_text: Mapped[str] = mapped_column(Text)
    transcript_path: Mapped[str] = mapped_column(String(512))
    status: Mapped[str] = mapped_column(String(16))
    language: Mapped[str | None] = mapped_column(String(16))
    duration_seconds: Mapped[float]
    model_info: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


class VideoSummary(Base):
    """The summary: every sentence with the times that support it, and the chapters."""

    __tablename__ = "video_summaries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    video_id: Mapped[int] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"), unique=True)
    summary_text: Mapped[str] = mapped_column(Text)
    summary_path: Mapped[str] = mapped_column(String(512))
    sentences: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    chapters: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    model_info: Mapped[dict[str, object]] = mapped_column(JSON)
    quality_score: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


class UploadMetadata(Base):
    """One upload on its way in, by whichever protocol."""

    __tablename__ = "upload_metadata"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    upload_id: Mapped[str] = mapped_column(String(64), unique=True)
    video_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    protocol: Mapped[str] = mapped_column(String(16))
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int | None] = mapped_column(BigId)
    content_type: Mapped[str] = mapped_column(String(127), default="application/octet-stream")
    storage_upload_id: Mapped[str | None] = mapped_column(String(1500))
    part_size: Mapped[int | None]
    received_bytes: Mapped[int] = mapped_column(BigId, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
