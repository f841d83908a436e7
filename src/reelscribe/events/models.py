"""The tables of delivery: the outbox, the inbox, and a video's history."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, BigId, UtcDateTime, utc_now


class OutboxEvent(Base):
    """An event to publish, committed with the rows that it tells of. `position` orders a video's events."""

    __tablename__ = "outbox_events"

    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    topic: Mapped[str] = mapped_column(String(64))
    video_key: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    published: Mapped[bool] = mapped_column(default=False, server_default=false())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    service: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Only what waits is indexed, so that the relay's cost does not grow with what has been published.
IS_UNPUBLISHED = ~OutboxEvent.published
Index(
    "ix_outbox_events_unpublished", OutboxEvent.position, sqlite_where=IS_UNPUBLISHED, postgresql_where=IS_UNPUBLISHED
)


class ProcessedMessage(Base):
    """A message that a consumer group has handled; the handler's effects commit with this row."""

    __tablename__ = "processed_messages"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(String(80), unique=True)
    processed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class VideoEvent(Base):
    """One line of a video's history."""

    __tablename__ = "video_events"
    __table_args__ = (Index("ix_video_events_video_id_id", "video_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    video_id: Mapped[int] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    kind: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str | None] = mapped_column(String(16))
    attempt: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
