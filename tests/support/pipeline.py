"""A migrated database on a temporary folder, and the rows that jobs and events stand on."""

from contextlib import asynccontextmanager
from uuid import uuid4

from sqlalchemy import select, update

from reelscribe.accounts.models import User
from reelscribe.database.clock import from_now
from reelscribe.database.migrate import upgrade
from reelscribe.database.session import Database, create_sqlite
from reelscribe.events.models import OutboxEvent, VideoEvent
from reelscribe.jobs.models import IS_RUNNING, Job, JobStatus
from reelscribe.videos.models import Status, Video


@asynccontextmanager
async def open_database(folder, on_commit=None):
    database = Database(create_sqlite(folder / "test.db"), on_commit)
    await upgrade(database.engine)
    try:
        yield database
    finally:
        await database.close()


async def add_video(database, public_id="video000001", **values):
    async with database.write() as session:
        user = await session.scalar(select(User).limit(1))
        if user is None:
            user = User(email="ada@example.org", name="Ada", password_hash="x", role="admin")
            session.add(user)
            await session.flush()
        video = Video(public_id=public_id, title="A talk", user_id=user.id, user_name=user.name, **values)
        session.add(video)
        await session.flush()
        return video


async def add_job(database, video, stage="transcode", *, run=1, available_in=0.0, **values):
    async with database.write() as session:
        job = Job(
            video_id=video.id,
            run=run,
            stage=stage,
            queue=values.pop("queue", f"video-{stage}"),
            available_at=from_now(available_in),
            event_id=uuid4(),
            **values,
        )
        session.add(job)
        await session.flush()
        return job.id


async def one(database, model, **where):
    async with database.read() as session:
        return await session.scalar(select(model).filter_by(**where))


async def history(database, video):
    async with database.read() as session:
        rows = await session.scalars(select(VideoEvent).filter_by(video_id=video.id).order_by(VideoEvent.id))
        return [(row.kind, row.stage, row.attempt) for row in rows]


async def outbox_topics(database):
    async with database.read() as session:
        return list(await session.scalars(select(OutboxEvent.topic).order_by(OutboxEvent.position)))


async def expire_leases(database):
    """Make every lease run out, as if its worker had been silent for long."""
    async with database.write() as session:
        await session.execute(update(Job).where(IS_RUNNING).values(lease_until=from_now(-1)))


async def status_of(database, video):
    found = await one(database, Video, id=video.id)
    return Status(found.status), found.status_message


async def job_status(database, job_id):
    return JobStatus((await one(database, Job, id=job_id)).status)
