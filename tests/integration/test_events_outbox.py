import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from tests.support.pipeline import add_video, one, open_database, outbox_topics

from reelscribe.database.base import utc_now
from reelscribe.database.clock import from_now
from reelscribe.engines.bus import DeliveryError, Message
from reelscribe.engines.bus.local import LocalBus
from reelscribe.engines.doorbell.local import LocalDoorbell
from reelscribe.engines.queue.local import LocalJobQueue
from reelscribe.events import inbox, outbox
from reelscribe.events.envelope import Event
from reelscribe.events.models import OutboxEvent, ProcessedMessage
from reelscribe.jobs.models import Job
from reelscribe.pipeline.dispatch import Dispatcher
from reelscribe.pipeline.relay import relay_once

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path) as opened:
        yield opened


class Recorder:
    """A consumer that notes what it gets, and refuses what it is told to."""

    def __init__(self, refuse=()):
        self.got = []
        self.refuse = set(refuse)

    async def __call__(self, message):
        if message.key in self.refuse:
            raise DeliveryError("not now")
        self.got.append((message.key, message.value["data"]["n"]))


async def put(database, *events):
    async with database.write() as session:
        for video, number in events:
            outbox.add(session, Event(type="video.uploaded", video_id=video, run=1, service="api", data={"n": number}))
            await session.flush()


async def make_due(database):
    async with database.write() as session:
        await session.execute(update(OutboxEvent).values(next_attempt_at=from_now(-1)))


async def test_publishes_in_order_and_marks_what_was_taken(database):
    recorder = Recorder()
    await put(database, ("a", 1), ("b", 1), ("a", 2))
    assert await relay_once(database, LocalBus({"video.uploaded": [recorder]})) == 3
    assert recorder.got == [("a", 1), ("b", 1), ("a", 2)]
    row = await one(database, OutboxEvent, position=1)
    assert row.published
    assert row.attempts == 1
    assert row.published_at is not None
    assert await relay_once(database, LocalBus({"video.uploaded": [recorder]})) == 0


async def test_an_event_that_rolls_back_was_never_there(database):
    async def add_and_fail():
        async with database.write() as session:
            outbox.add(session, Event(type="video.uploaded", video_id="a", run=1, service="api"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await add_and_fail()
    assert await outbox_topics(database) == []


async def test_a_video_whose_event_is_refused_holds_back_its_own_later_ones_only(database):
    recorder = Recorder(refuse=["a"])
    bus = LocalBus({"video.uploaded": [recorder]})
    await put(database, ("a", 1))
    assert await relay_once(database, bus) == 0
    await put(database, ("a", 2), ("b", 1))
    assert await relay_once(database, bus) == 1
    assert recorder.got == [("b", 1)]
    row = await one(database, OutboxEvent, position=1)
    assert (row.published, row.attempts, row.last_error) == (False, 1, "not now")
    recorder.refuse.clear()
    await make_due(database)
    assert await relay_once(database, bus) == 2
    assert recorder.got == [("b", 1), ("a", 1), ("a", 2)]


async def test_events_of_one_batch_stay_in_order_when_the_first_is_refused(database):
    recorder = Recorder(refuse=["a"])
    bus = LocalBus({"video.uploaded": [recorder]})
    await put(database, ("a", 1), ("a", 2))
    await relay_once(database, bus)
    recorder.refuse.clear()
    await make_due(database)
    await relay_once(database, bus)
    assert recorder.got == [("a", 1), ("a", 2)]


async def test_the_same_event_delivered_five_times_at_once_makes_one_job(database, tmp_path):
    video = await add_video(database)
    event = Event(type="video.uploaded", video_id=video.public_id, run=1, service="api")
    dispatcher = Dispatcher(database, LocalJobQueue(LocalDoorbell(tmp_path)))
    bus = LocalBus({"video.uploaded": [dispatcher.handle]})
    async with database.write() as session:
        outbox.add(session, event)
    waiting = []
    async with database.read() as session:
        waiting = await outbox.unpublished(session, 10)
    message = Message("video.uploaded", video.public_id, waiting[0].payload)
    await asyncio.gather(*(bus.publish([message]) for _ in range(5)))
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Job)) == 1
        assert await session.scalar(select(func.count()).select_from(ProcessedMessage)) == 1


async def test_two_events_for_the_same_stage_and_run_make_one_job(database, tmp_path):
    video = await add_video(database)
    dispatcher = Dispatcher(database, LocalJobQueue(LocalDoorbell(tmp_path)))
    bus = LocalBus({"video.uploaded": [dispatcher.handle]})
    for _ in range(2):
        async with database.write() as session:
            outbox.add(session, Event(type="video.uploaded", video_id=video.public_id, run=1, service="api"))
        await relay_once(database, bus)
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.parametrize(("video_id", "run"), [("nobody00000", 1), ("video000001", 7)])
async def test_an_event_of_a_deleted_video_or_of_an_older_run_makes_no_job(database, tmp_path, video_id, run):
    await add_video(database)
    dispatcher = Dispatcher(database, LocalJobQueue(LocalDoorbell(tmp_path)))
    async with database.write() as session:
        outbox.add(session, Event(type="video.uploaded", video_id=video_id, run=run, service="api"))
    assert await relay_once(database, LocalBus({"video.uploaded": [dispatcher.handle]})) == 1
    assert await one(database, Job) is None


async def test_dead_letters_stay_in_the_outbox_as_the_log(database):
    async with database.write() as session:
        event = Event(type="video.uploaded", video_id="a", run=1, service="api")
        outbox.add(session, event, topic="video.uploaded.dlq")
    assert await relay_once(database, LocalBus({})) == 1
    assert await outbox_topics(database) == ["video.uploaded.dlq"]


async def test_only_messages_that_no_bus_can_still_deliver_are_forgotten(database):
    async with database.write() as session:
        assert await inbox.is_new(session, "api", "old")
        await session.execute(update(ProcessedMessage).values(processed_at=utc_now() - timedelta(days=31)))
        assert await inbox.is_new(session, "api", "young")
    async with database.write() as session:
        assert await inbox.forget(session, timedelta(days=30)) == 1
    async with database.write() as session:
        assert not await inbox.is_new(session, "api", "young")
        assert await inbox.is_new(session, "api", "old")
