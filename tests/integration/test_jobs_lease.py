import pytest
from sqlalchemy import event, text
from tests.support.pipeline import add_job, add_video, expire_leases, job_status, one, open_database

from reelscribe.events import outbox
from reelscribe.jobs import lease
from reelscribe.jobs.lease import LeaseLostError
from reelscribe.jobs.models import Job, JobStatus

pytestmark = pytest.mark.anyio
QUEUES = ["video-transcode", "video-transcribe"]


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path) as opened:
        yield opened


async def claim(database, worker="w1", queues=QUEUES, seconds=30.0):
    async with database.write() as session:
        return await lease.claim(session, queues, worker, seconds)


async def test_claims_the_oldest_due_job_once(database):
    first = await add_job(database, await add_video(database, "video000001"))
    second = await add_job(database, await add_video(database, "video000002"))
    claimed = [await claim(database), await claim(database), await claim(database)]
    assert [held and held.job_id for held in claimed] == [first, second, None]
    assert claimed[0].attempt == 1


async def test_takes_queues_in_the_order_given(database):
    video = await add_video(database)
    await add_job(database, video, "transcode")
    later = await add_job(database, video, "transcribe")
    held = await claim(database, queues=["video-transcribe", "video-transcode"])
    assert held.job_id == later


async def test_leaves_a_job_that_is_not_due(database):
    await add_job(database, await add_video(database), available_in=60)
    assert await claim(database) is None


async def test_completes_only_once(database):
    job = await add_job(database, await add_video(database))
    held = await claim(database)
    async with database.write() as session:
        await lease.complete(session, held)
    with pytest.raises(LeaseLostError):
        async with database.write() as session:
            await lease.complete(session, held)
    assert await job_status(database, job) is JobStatus.DONE


async def test_an_older_attempt_can_neither_renew_nor_record(database):
    await add_job(database, await add_video(database))
    old = await claim(database)
    async with database.write() as session:
        await lease.retry_later(session, old, "its lease ran out")
    async with database.write() as session:
        await session.execute(text("UPDATE jobs SET available_at = '2000-01-01 00:00:00.000000'"))
    new = await claim(database, "w2")
    assert (new.job_id, new.attempt) == (old.job_id, old.attempt + 1)
    for act in (lease.complete, lease.hand_back, renew):
        with pytest.raises(LeaseLostError):
            async with database.write() as session:
                await act(session, old)


async def renew(session, held):
    await lease.renew(session, held, 30.0, 5.0)


async def test_handing_back_is_not_a_failure(database):
    job = await add_job(database, await add_video(database))
    held = await claim(database)
    async with database.write() as session:
        await lease.hand_back(session, held)
    row = await one(database, Job, id=job)
    assert (row.status, row.failures) == ("queued", 0)
    assert (await claim(database)).attempt == 2


async def test_finds_what_ran_out_and_what_a_dead_worker_holds(database):
    await add_job(database, await add_video(database))
    held = await claim(database, "dead")
    async with database.read() as session:
        assert await lease.expired(session) == []
        assert await lease.held_by(session, "dead") == [held]
        assert await lease.held_by(session, "alive") == []
    await expire_leases(database)
    async with database.read() as session:
        assert await lease.expired(session) == [held]


async def test_renewing_holds_the_job_and_keeps_the_progress(database):
    job = await add_job(database, await add_video(database))
    held = await claim(database)
    await expire_leases(database)
    async with database.write() as session:
        await lease.renew(session, held, 30.0, 42.0)
    async with database.read() as session:
        assert await lease.expired(session) == []
    assert (await one(database, Job, id=job)).progress == 42.0


async def test_a_newer_run_supersedes_what_is_unfinished(database):
    video = await add_video(database)
    done = await add_job(database, video, "transcode")
    held = await claim(database)
    async with database.write() as session:
        await lease.complete(session, held)
    open_job = await add_job(database, video, "transcribe")
    async with database.write() as session:
        await lease.supersede(session, video.id, before_run=2)
    assert await job_status(database, done) is JobStatus.DONE
    assert await job_status(database, open_job) is JobStatus.SUPERSEDED


def test_the_pause_between_tries_doubles_up_to_a_limit():
    assert [lease.retry_delay(n) for n in (0, 1, 2, 20)] == [1.0, 2.0, 4.0, lease.RETRY_LIMIT_SECONDS]


WATCHED = {
    "claim": (lambda session: lease.claim(session, ["q"], "w", 30.0), "ix_jobs_queued"),
    "reap": (lease.expired, "ix_jobs_running"),
    "relay": (lambda session: outbox.unpublished(session, 200), "ix_outbox_events_unpublished"),
}


@pytest.mark.parametrize(("call", "index"), WATCHED.values(), ids=WATCHED)
async def test_what_runs_all_day_reads_only_what_waits(database, call, index):
    plan = await plan_of(database, call)
    assert index in plan
    assert "SCAN jobs" not in plan.replace(f"SCAN jobs USING INDEX {index}", "")
    assert "TEMP B-TREE" not in plan


async def plan_of(database, call):
    """How SQLite carries out the very statements of a call."""
    seen = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        seen.append((statement, parameters))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    async with database.write() as session:
        await call(session)
    event.remove(engine, "before_cursor_execute", note)
    async with database.engine.connect() as connection:
        plans = [
            row
            for statement, parameters in seen
            if statement.startswith(("SELECT", "UPDATE"))
            for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return "\n".join(row.detail for row in plans)
