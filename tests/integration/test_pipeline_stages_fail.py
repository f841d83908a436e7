"""How stages fail, are tried again, are taken away, and what is left then."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select
from tests.support.crash import make_clip, until
from tests.support.pipeline import history, one, outbox_topics, status_of
from tests.support.pipeline_run import MAX_ATTEMPTS, STAGES, Gate, Refusing, open_line

from reelscribe.events.models import OutboxEvent, VideoEvent
from reelscribe.jobs.models import Chore, Job
from reelscribe.videos.delete import delete_video
from reelscribe.videos.edit import edit
from reelscribe.videos.models import Status, Video
from reelscribe.videos.replay import replay
from reelscribe.videos.schemas import VideoEdit

pytestmark = pytest.mark.anyio

GATES = {
    "transcode": ("storage", "put_file"),
    "transcribe": ("storage", "put"),
    "summarize": ("storage", "put"),
    "index": ("search", "index"),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1, size="128x72").read_bytes()


@pytest.fixture
async def line(tmp_path):
    async with open_line(tmp_path) as opened:
        yield opened


def before(stage):
    return STAGES[: STAGES.index(stage)]


async def reach(line, clip, stage):
    """A video whose next stage is this one."""
    video = await line.receive(clip)
    if before(stage):
        await line.work_through(*before(stage))
    return video


async def start_over(line, video, stage=None):
    async with line.database.write() as session:
        await replay(session, await session.get(Video, video.id), stage)


async def messages(line, kind):
    async with line.database.read() as session:
        return [row.message for row in await session.scalars(select(VideoEvent).filter_by(kind=kind))]


def gated(line, stage):
    engine, method = GATES[stage]
    gate = Gate(getattr(line.engines, engine), method)
    return gate, line.runner("slow", **{engine: gate})


async def test_the_history_of_a_video_that_meets_no_trouble(line, clip):
    video = await line.receive(clip)
    await line.work_through()
    expected = [("uploaded", None, None)]
    for stage in STAGES:
        expected += [("started", stage, 1), ("completed", stage, 1)]
    assert await history(line.database, video) == [*expected, ("ready", None, None)]
    assert await status_of(line.database, video) == (Status.READY, None)
    assert await line.found('"lighthouse keeper"') == [video.public_id]


async def test_a_file_that_is_no_video_fails_in_words_and_leaves_a_dead_letter(line):
    video = await line.receive(b"To whom it may concern: this is a letter.\n" * 50)
    await line.work("transcode")
    status, message = await status_of(line.database, video)
    assert status is Status.FAILED
    assert message
    assert message.endswith(".")
    assert "Error" not in message
    assert await outbox_topics(line.database) == ["video.uploaded", "video.uploaded.dlq"]
    letter = await one(line.database, OutboxEvent, topic="video.uploaded.dlq")
    assert letter.payload["data"]["stage"] == "transcode"
    assert letter.payload["data"]["message"] == message
    assert await history(line.database, video) == [
        ("uploaded", None, None),
        ("started", "transcode", 1),
        ("failed", "transcode", 1),
    ]
    assert await line.objects("videos/video000001/transcode/") == []


@pytest.mark.parametrize(
    ("stage", "lost", "remedy"),
    [
        ("transcribe", "original/up/captions.vtt", None),
        ("summarize", "transcribe/", "transcribe"),
        ("index", "transcribe/", "transcribe"),
    ],
)
async def test_a_stage_whose_input_is_gone_says_what_to_do_and_doing_it_helps(line, clip, stage, lost, remedy):
    video = await reach(line, clip, stage)
    await line.platform.storage.delete(await line.objects(f"videos/{video.public_id}/{lost.rpartition('/')[0]}/"))
    await line.work(stage)
    status, message = await status_of(line.database, video)
    assert (status, (await one(line.database, Video)).failed_stage) == (Status.FAILED, stage)
    if remedy is None:
        assert "gone from storage" in message
        return
    assert f"Replay the video from {remedy}." in message
    await start_over(line, video, remedy)
    await line.work_through(*STAGES[STAGES.index(remedy) :])
    assert await status_of(line.database, video) == (Status.READY, None)


async def test_an_engine_that_is_away_is_asked_again_later_and_later(line, clip):
    video = await reach(line, clip, "summarize")
    runner = line.runner(language=Refusing(line.engines.language, times=2))
    pauses = []
    for _ in range(2):
        await line.work("summarize", runner)
        job = await one(line.database, Job, stage="summarize")
        assert job.status == "queued"
        event = (await line_events(line, "retrying"))[-1]
        pauses.append(event.data["retry_in"])
        assert await status_of(line.database, video) == (Status.SUMMARIZING, "The language model is away.")
    assert pauses == [1.0, 2.0]
    await line.work("summarize", runner)
    await line.work("index")
    assert await status_of(line.database, video) == (Status.READY, None)
    job = await one(line.database, Job, stage="summarize")
    assert (job.status, job.attempt, job.failures) == ("done", 3, 2)


async def line_events(line, kind):
    async with line.database.read() as session:
        return list(await session.scalars(select(VideoEvent).filter_by(kind=kind).order_by(VideoEvent.id)))


async def test_a_retry_waits_for_its_time(line, clip):
    await reach(line, clip, "summarize")
    runner = line.runner(language=Refusing(line.engines.language, times=1))
    await line.work("summarize", runner)
    assert not await runner.run_next(["video-summarize"])


async def test_gives_up_after_the_last_attempt_and_a_retry_goes_on_from_there(line, clip):
    video = await reach(line, clip, "summarize")
    runner = line.runner(language=Refusing(line.engines.language, times=MAX_ATTEMPTS))
    for _ in range(MAX_ATTEMPTS):
        await line.work("summarize", runner)
    assert await status_of(line.database, video) == (Status.FAILED, "The language model is away.")
    assert (await one(line.database, Job, stage="summarize")).failures == MAX_ATTEMPTS
    assert "video.transcribed.dlq" in await outbox_topics(line.database)
    await start_over(line, video)
    await line.work_through("summarize", "index")
    assert await status_of(line.database, video) == (Status.READY, None)
    assert (await one(line.database, Job, stage="transcode")).run == 1


async def test_an_edit_is_found_though_the_transcript_was_lost(line, clip):
    video = await line.receive(clip)
    await line.work_through()
    await line.platform.storage.delete([key for key in await line.objects() if key.endswith("transcript.json")])
    async with line.database.write() as session:
        edit(session, await session.get(Video, video.id), VideoEdit(title="About marmalade"))
    await line.do_chores()
    assert await line.found("marmalade") == [video.public_id]
    async with line.database.read() as session:
        assert [chore.last_error for chore in await session.scalars(select(Chore))] == []


async def test_a_job_whose_workers_always_die_is_given_up(line, clip):
    video = await reach(line, clip, "transcode")
    for attempt in range(MAX_ATTEMPTS):
        await line.deliver()
        runner = line.runner(f"doomed-{attempt}")
        held, _ = await runner._claim_and_begin(partial(claim, worker=runner.worker))
        assert held.attempt == attempt + 1
        await line.lose(runner.worker)
    status, message = await status_of(line.database, video)
    assert status is Status.FAILED
    assert f"{MAX_ATTEMPTS} in all" in message
    kinds = [kind for kind, _, _ in await history(line.database, video)]
    assert kinds == ["uploaded", "started", "lost", "started", "lost", "started", "failed"]
    assert (await outbox_topics(line.database))[-1] == "video.uploaded.dlq"


async def claim(session, worker):
    from reelscribe.jobs import lease

    return await lease.claim(session, ["video-transcode"], worker, 30.0)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_worker_whose_lease_is_taken_away_stops_and_leaves_nothing(line, clip, stage):
    video = await reach(line, clip, stage)
    gate, slow = gated(line, stage)
    working = asyncio.create_task(line.work(stage, slow))
    await gate.reached.wait()
    await line.lose("slow")
    await asyncio.wait_for(working, 10)
    assert not gate.opened.is_set()
    await line.do_chores()
    assert await line.objects(f"videos/{video.public_id}/{stage}/") == []
    await line.work_through(stage, *STAGES[STAGES.index(stage) + 1 :])
    await line.do_chores()
    assert await status_of(line.database, video) == (Status.READY, None)
    assert all("/2-1/" not in key for key in await line.objects())
    assert {key.split("/")[3] for key in await line.objects(f"videos/{video.public_id}/{stage}/")} <= {"1-2"}
    assert (await history(line.database, video)).count(("completed", stage, 2)) == 1


@pytest.mark.parametrize("stage", STAGES)
async def test_a_video_deleted_in_the_middle_of_a_stage_leaves_nothing(line, clip, stage):
    video = await reach(line, clip, stage)
    gate, slow = gated(line, stage)
    working = asyncio.create_task(line.work(stage, slow))
    await gate.reached.wait()
    async with line.database.write() as session:
        await delete_video(session, await session.get(Video, video.id))
    await line.do_chores()
    await asyncio.wait_for(working, 10)
    await line.do_chores()
    assert await line.objects() == []
    assert await line.found("lighthouse") == []
    for model in (Video, Job, VideoEvent):
        assert await one(line.database, model) is None
    assert {chore.kind for chore in await chores(line)} == {"delete_objects", "delete_document"}, "the second look"
    assert list(line.scratch.iterdir()) == []


@pytest.mark.parametrize("stage", STAGES)
async def test_a_late_write_after_a_deletion_goes_too(line, clip, stage):
    """The worker comes through its work before it hears that the video is gone."""
    video = await reach(line, clip, stage)
    gate, slow = gated(line, stage)
    slow = line.runner("slow", lease_seconds=3600, **{GATES[stage][0]: gate})
    working = asyncio.create_task(line.work(stage, slow))
    await gate.reached.wait()
    async with line.database.write() as session:
        await delete_video(session, await session.get(Video, video.id))
    await line.do_chores()
    gate.opened.set()
    await asyncio.wait_for(working, 60)
    await line.do_chores()
    assert await line.objects() == []
    assert await line.found("lighthouse") == []


async def chores(line):
    async with line.database.read() as session:
        return list(await session.scalars(select(Chore)))


@pytest.mark.parametrize("stage", STAGES)
async def test_a_worker_asked_to_stop_hands_its_job_back(line, clip, stage):
    video = await reach(line, clip, stage)
    gate, slow = gated(line, stage)
    working = asyncio.create_task(line.work(stage, slow))
    await gate.reached.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    job = await one(line.database, Job, stage=stage)
    assert (job.status, job.failures, job.worker) == ("queued", 0, None)
    assert (await history(line.database, video))[-1] == ("handed_back", stage, 1)
    await line.work_through(*STAGES[STAGES.index(stage) :])
    await line.do_chores()
    assert await status_of(line.database, video) == (Status.READY, None)
    assert all("/1-2/" in key for key in await line.objects(f"videos/{video.public_id}/{stage}/"))


@pytest.mark.parametrize("stage", STAGES)
async def test_a_replay_leaves_one_set_of_results(line, clip, stage):
    video = await line.receive(clip)
    await line.work_through()
    earlier = await line.objects()
    await start_over(line, video, stage)
    await line.work_through(*STAGES[STAGES.index(stage) :])
    await line.do_chores()
    later = await line.objects()
    assert len(later) == len(earlier)
    made_anew = {key.split("/")[2] for key in later if "/2-1/" in key}
    assert made_anew == set(STAGES[STAGES.index(stage) :]) - {"index"}
    assert await line.found("lighthouse") == [video.public_id]
    assert await status_of(line.database, video) == (Status.READY, None)
    assert (await history(line.database, video)).count(("ready", None, None)) == 2


async def test_an_edit_during_the_index_stage_ends_in_a_right_document(line, clip):
    video = await reach(line, clip, "index")
    gate, slow = gated(line, "index")
    working = asyncio.create_task(line.work("index", slow))
    await gate.reached.wait()
    async with line.database.write() as session:
        edit(session, await session.get(Video, video.id), VideoEdit(title="Bumblebees"))
    await line.do_chores()
    gate.opened.set()
    assert await working
    await line.do_chores()
    assert await line.found("bumblebees") == [video.public_id]
    assert await line.found('"a talk"') == []


async def test_a_full_disk_is_waited_for(line, clip):
    """The disk's own answer, given by the storage adapter."""
    from reelscribe.engines.storage import StorageFull

    video = await reach(line, clip, "transcribe")

    class Full(Gate):
        def __getattr__(self, name):
            async def put(*_args, **_options):
                raise StorageFull("There is no room for the object.")

            return put if name == "put" else getattr(self.engine, name)

    await line.work("transcribe", line.runner(storage=Full(line.engines.storage, "put")))
    status, message = await status_of(line.database, video)
    assert status is Status.TRANSCRIBING
    assert "no room" in message
    await until(lambda: line.work("transcribe"), "the next attempt")
    await line.work_through("summarize", "index")
    assert await status_of(line.database, video) == (Status.READY, None)
