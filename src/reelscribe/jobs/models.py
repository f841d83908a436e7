"""The truth about work: jobs, and the chores that follow a deletion or an edit."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, Uuid, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, BigId, UtcDateTime, utc_now


class JobStatus(enum.StrEnum):
    """What a job is doing. `superseded`: a newer run of its video made it pointless."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Job(Base):
    """One stage of one run of one video.

    `attempt` counts claims and is the fence: only the holder of the newest attempt may record. `failures` counts the
    attempts that ended badly (an error, or a lease that ran out) and decides when to give up.
    """

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("video_id", "run", "stage"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    video_id: Mapped[int] = mapped_column(BigId, ForeignKey("videos.id", ondelete="CASCADE"))
    run: Mapped[int]
    stage: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16), default=JobStatus.QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(String(128))
    progress: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str | None] = mapped_column(Text)
    event_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Written out, not bound: a database proves that a partial index serves a query only from what it can read there.
IS_QUEUED = Job.status == literal_column("'queued'", String)
IS_RUNNING = Job.status == literal_column("'running'", String)

# Each index holds only the rows that its query can want: a claim and a reaping cost the same at a million jobs done.
Index("ix_jobs_queued", Job.queue, Job.available_at, Job.id, sqlite_where=IS_QUEUED, postgresql_where=IS_QUEUED)
Index("ix_jobs_running", Job.lease_until, sqlite_where=IS_RUNNING, postgresql_where=IS_RUNNING)


class Chore(Base):
    """Small work outside the pipeline that must happen even if this process dies, such as deleting objects."""

    __tablename__ = "chores"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
