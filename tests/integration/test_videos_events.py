"""A video's history: as a page, and live, resumed without loss or doubling."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import select, update
from tests.support.app import API, open_app, serve
from tests.support.pipeline import add_job
from tests.support.videos import add_video

from reelscribe.events import history
from reelscribe.events.history import Kind
from reelscribe.jobs.models import Job, JobStatus
from reelscribe.videos import event_stream, feed
from reelscribe.videos.models import Video

pytestmark = pytest.mark.anyio
PATIENCE = 20.0


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


@pytest.fixture
async def server(app):
    async with serve(app.app) as address:
        yield address
        feed.stop_streams(app.app)


async def tell(app, video, *names, kind=Kind.STARTED, **values):
    for name in names:
        async with app.platform.database.write() as session:
            history.tell(session, video.id, kind, message=name, **values)


class Reader:
    """A client of server-sent events, as the standard has it."""

    def __init__(self, response):
        self._lines = response.aiter_lines()
        self.last_id = None

    async def event(self):
        """The next event's name and data; comments and `retry` are passed over. None at the stream's end."""
        name, data = "message", None
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line == "" and data is not None:
                    return name, json.loads(data)
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data = value
                elif field == "id":
                    self.last_id = value
        return None

    async def lines(self, count):
        found = []
        while len(found) < count:
            name, data = await self.event()
            if name == "history":
                found.append(data)
        return found


@asynccontextmanager
async def stream(server, video, person=None, **headers):
    headers = {"Accept": "text/event-stream", **(person.headers if person else {}), **headers}
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", f"{server}{API}/videos/{video.public_id}/events", headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Reader(response)


async def page(app, person, video, **params):
    url = f"{API}/videos/{video.public_id}/events"
    return (await app.http.get(url, headers=person.headers if person else {}, params=params)).json()


async def test_the_history_is_told_oldest_first_and_in_pages(app, ada):
    other, video = [await add_video(app.platform.database, ada.id) for _ in range(2)]
    for n in range(5):
        await tell(app, other, "of another video")
        await tell(app, video, f"line {n}", stage="transcode", attempt=n)
    whole = await page(app, ada, video)
    assert [(item["id"], item["message"]) for item in whole["items"]] == [(n + 1, f"line {n}") for n in range(5)]
    assert set(whole["items"][0]) == {"id", "at", "kind", "stage", "attempt", "message", "data"}
    assert whole["next_after"] is None
    first = await page(app, ada, video, limit=2)
    assert first["next_after"] == 2
    rest = await page(app, ada, video, after=2)
    assert first["items"] + rest["items"] == whole["items"]
    assert (await page(app, ada, video, after=2**31 - 1))["items"] == []
    for bad in ({"after": -1}, {"after": 2**31}, {"limit": 0}, {"limit": 501}):
        assert (await page(app, ada, video, **bad))["status"] == 422


async def test_what_tells_of_the_machines_is_the_owners_alone(app, ada):
    eve = await app.signup()
    video = await add_video(app.platform.database, ada.id, visibility="public")
    await tell(app, video, "", data={"worker": "host-7", "error": "/srv/secret", "retry_in": 1.0})
    assert (await page(app, ada, video))["items"][0]["data"] == {
        "worker": "host-7",
        "error": "/srv/secret",
        "retry_in": 1.0,
    }
    for viewer in (eve, None):
        assert (await page(app, viewer, video))["items"][0]["data"] == {"retry_in": 1.0}


async def test_a_line_is_heard_well_before_the_next_look(app, ada, server, monkeypatch):
    """The doorbell wakes the stream: with everything else an hour away, only it can."""
    monkeypatch.setattr(feed, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 3600.0)
    video = await add_video(app.platform.database, ada.id)
    await tell(app, video, "before")
    async with stream(server, video, ada) as reader:
        assert [line["message"] for line in await reader.lines(1)] == ["before"]
        for n in range(5):
            await tell(app, video, f"live {n}")
            assert [line["message"] for line in await reader.lines(1)] == [f"live {n}"]
        assert reader.last_id == "6"


async def test_without_a_doorbell_the_feed_looks_by_itself(app, ada, server, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 3600.0)
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(app.platform.database, "_on_commit", None)
    video = await add_video(app.platform.database, ada.id)
    async with stream(server, video, ada) as reader:
        await tell(app, video, "unheard")
        assert (await reader.lines(1))[0]["message"] == "unheard"


async def test_a_client_that_comes_again_and_again_gets_every_line_once(app, ada, server):
    video = await add_video(app.platform.database, ada.id)
    expected = [f"line {n}" for n in range(60)]
    writing = asyncio.create_task(tell(app, video, *expected))
    got, last = [], "0"
    while len(got) < len(expected):
        async with stream(server, video, ada, **{"Last-Event-ID": last}) as reader:
            got += [line["message"] for line in await reader.lines(min(7, len(expected) - len(got)))]
            last = reader.last_id
    await writing
    assert got == expected


async def test_progress_is_told_and_never_disturbs_resuming(app, ada, server, monkeypatch):
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.05)
    video = await add_video(app.platform.database, ada.id, status="transcoding")
    job_id = await add_job(app.platform.database, video, status=JobStatus.RUNNING, progress=10.0)
    await tell(app, video, "begun")
    async with stream(server, video, ada) as reader:
        assert (await reader.event())[0] == "history"
        assert await reader.event() == ("progress", {"stage": "transcode", "percent": 10.0})
        async with app.platform.database.write() as session:
            await session.execute(update(Job).where(Job.id == job_id).values(progress=55.5))
        assert await reader.event() == ("progress", {"stage": "transcode", "percent": 55.5})
        assert reader.last_id == "1"


async def test_a_stream_ends_when_the_video_is_deleted(app, ada, server):
    video = await add_video(app.platform.database, ada.id)
    async with stream(server, video, ada) as reader:
        gone = await app.http.delete(f"{API}/videos/{video.public_id}", headers=ada.headers)
        assert gone.status_code == 204
        assert await reader.event() == ("end", {"reason": "gone"})
        assert await reader.event() is None


async def test_a_stream_ends_when_the_viewer_may_no_longer_see(app, ada, server):
    video = await add_video(app.platform.database, ada.id, visibility="public")
    async with stream(server, video) as theirs, stream(server, video, ada) as own:
        body = {"visibility": "private"}
        edit = await app.http.patch(f"{API}/videos/{video.public_id}", headers=ada.headers, json=body)
        assert edit.status_code == 200
        assert await theirs.event() == ("end", {"reason": "gone"})
        assert (await own.lines(1))[0]["kind"] == "edited"


async def test_a_stream_ends_when_its_token_is_signed_out(app, ada, server, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    video = await add_video(app.platform.database, ada.id)
    async with stream(server, video, ada) as reader:
        assert (await app.http.post(f"{API}/auth/logout", headers=ada.headers)).status_code == 204
        assert await reader.event() == ("end", {"reason": "signed_out"})
        assert await reader.event() is None


async def test_a_stream_is_not_for_ever_and_goes_on_where_it_closed(app, ada, server, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(event_stream, "LONGEST_SECONDS", 0.1)
    video = await add_video(app.platform.database, ada.id)
    await tell(app, video, "first")
    async with stream(server, video, ada) as reader:
        assert (await reader.lines(1))[0]["message"] == "first"
        assert await reader.event() is None
    await tell(app, video, "second")
    async with stream(server, video, ada, **{"Last-Event-ID": reader.last_id}) as again:
        assert (await again.lines(1))[0]["message"] == "second"


async def test_what_may_not_be_seen_has_no_stream(app, ada, server):
    video = await add_video(app.platform.database, ada.id, visibility="private")
    async with httpx.AsyncClient() as client:
        url = f"{server}{API}/videos/{video.public_id}/events"
        answer = await client.get(url, headers={"Accept": "text/event-stream"})
        assert answer.status_code == 404
        headers = {"Accept": "text/event-stream", "Last-Event-ID": "seven", **ada.headers}
        assert (await client.get(url, headers=headers)).status_code == 422


async def test_a_silent_stream_has_a_heartbeat(app, ada, server, monkeypatch):
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)
    video = await add_video(app.platform.database, ada.id)
    headers = {"Accept": "text/event-stream", **ada.headers}
    beats = 0
    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", f"{server}{API}/videos/{video.public_id}/events", headers=headers) as response,
    ):
        async for line in response.aiter_lines():
            beats += line.startswith(":")
            if beats == 5:
                break
    assert beats == 5


async def test_an_account_has_a_bounded_number_of_streams_and_gets_them_back(app, ada, server):
    video = await add_video(app.platform.database, ada.id)
    opened = [stream(server, video, ada) for _ in range(feed.MAX_STREAMS)]
    for one in opened:
        await one.__aenter__()
    url, headers = f"{server}{API}/videos/{video.public_id}/events", {"Accept": "text/event-stream", **ada.headers}
    async with httpx.AsyncClient() as client:
        refused = await client.get(url, headers=headers)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
    await tell(app, video, "still heard")
    for one in opened:
        await one.__aexit__(None, None, None)
    async with asyncio.timeout(PATIENCE):
        while app.app.state.feed._open:  # noqa: ASYNC110 - until the server has learnt that the clients are gone
            await asyncio.sleep(0.01)
    async with stream(server, video, ada) as reader:
        assert (await reader.lines(1))[0]["message"] == "still heard"


async def test_one_look_serves_every_stream(app, ada, server, monkeypatch):
    looks = []
    sights = feed.Feed._sights

    async def counted(self, video_ids):
        looks.append(len(video_ids))
        return await sights(self, video_ids)

    monkeypatch.setattr(feed.Feed, "_sights", counted)
    monkeypatch.setattr(feed, "POLL_SECONDS", 60.0)
    videos = [await add_video(app.platform.database, ada.id) for _ in range(feed.MAX_STREAMS)]
    opened = [stream(server, video, ada) for video in videos]
    readers = [await one.__aenter__() for one in opened]
    looks.clear()
    await tell(app, videos[3], "one line")
    assert (await readers[3].lines(1))[0]["message"] == "one line"
    assert looks
    assert max(looks) == len(videos)
    assert len(looks) <= 2
    for one in opened:
        await one.__aexit__(None, None, None)


async def test_streams_end_when_the_server_is_told_to_stop(app, ada):
    video = await add_video(app.platform.database, ada.id)
    async with serve(app.app) as address, stream(address, video, ada) as reader:
        feed.stop_streams(app.app)
        assert await reader.event() is None
    async with app.platform.database.read() as session:
        assert await session.scalar(select(Video.id))
