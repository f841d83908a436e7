"""The list: order, filters, and cursors that stay right while rows come and go."""

import base64
from datetime import timedelta

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support.app import API, open_app
from tests.support.pipeline import add_job
from tests.support.videos import START, add_many, add_video

from reelscribe.jobs.models import JobStatus

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


async def listed(app, person, **params):
    answer = await app.http.get(f"{API}/videos/list", headers=person.headers if person else {}, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pages(app, person, **params):
    for _ in range(100):
        page = await listed(app, person, **params)
        yield page["items"]
        if page["next_cursor"] is None:
            return
        params["cursor"] = page["next_cursor"]
    raise AssertionError("the pages never end")


async def walk(app, person, **params):
    return [item["title"] async for page in pages(app, person, **params) for item in page]


async def test_newest_first_and_every_video_once_however_the_pages_are_cut(app, ada):
    await add_many(app.platform.database, ada.id, 7)
    expected = [f"Talk {n}" for n in reversed(range(7))]
    for limit in (1, 2, 3, 6, 7, 8, 100):
        assert await walk(app, ada, limit=limit) == expected
    assert (await listed(app, ada, limit=7))["next_cursor"] is None


async def test_videos_of_the_same_moment_are_each_told_once(app, ada):
    for n in range(5):
        await add_video(app.platform.database, ada.id, title=f"Same {n}", created_at=START)
    assert await walk(app, ada, limit=2) == [f"Same {n}" for n in reversed(range(5))]


async def test_pages_stay_right_while_videos_are_added_and_removed(app, ada):
    videos = await add_many(app.platform.database, ada.id, 30)
    seen = []
    async with anyio.create_task_group() as tasks:

        async def add():
            for n in range(10):
                later = START + timedelta(days=1, minutes=n)
                await add_video(app.platform.database, ada.id, title=f"New {n}", created_at=later)

        tasks.start_soon(add)
        removed = {videos[12].title, videos[20].title}
        async for page in pages(app, ada, limit=3):
            seen += [item["title"] for item in page]
            if len(seen) == 3:
                for video in (videos[12], videos[20]):
                    gone = await app.http.delete(f"{API}/videos/{video.public_id}", headers=ada.headers)
                    assert gone.status_code == 204
    old = [title for title in seen if title.startswith("Talk")]
    assert len(seen) == len(set(seen))
    assert old == [f"Talk {n}" for n in reversed(range(30)) if f"Talk {n}" not in removed or f"Talk {n}" in old[:3]]


async def test_a_cursor_whose_row_was_deleted_still_points(app, ada):
    videos = await add_many(app.platform.database, ada.id, 4)
    page = await listed(app, ada, limit=2)
    await app.http.delete(f"{API}/videos/{videos[2].public_id}", headers=ada.headers)
    assert [item["title"] for item in (await listed(app, ada, cursor=page["next_cursor"]))["items"]] == [
        "Talk 1",
        "Talk 0",
    ]


async def test_filters(app, ada):
    database = app.platform.database
    eve = await app.signup()
    await add_many(database, ada.id, 3)
    await add_video(database, eve.id, title="Failed", status="failed", created_at=START + timedelta(days=2))
    await add_video(database, eve.id, title="Secret", visibility="private", created_at=START + timedelta(days=3))
    await add_video(database, eve.id, title="Coming", status="uploading", created_at=START + timedelta(days=4))
    assert await walk(app, eve) == ["Coming", "Secret", "Failed", "Talk 2", "Talk 1", "Talk 0"]
    assert await walk(app, eve, mine=True) == ["Coming", "Secret", "Failed"]
    assert await walk(app, eve, mine=True, user_id=ada.id) == []
    assert await walk(app, eve, user_id=ada.id) == ["Talk 2", "Talk 1", "Talk 0"]
    assert await walk(app, eve, user_id=eve.id, limit=1) == ["Coming", "Secret", "Failed"]
    assert await walk(app, eve, status="failed") == ["Failed"]
    assert await walk(app, eve, status="uploading") == ["Coming"]
    assert await walk(app, eve, status="ready", user_id=eve.id) == ["Secret"]
    assert await walk(app, None) == []
    assert (await app.http.get(f"{API}/videos/list", params={"mine": True})).status_code == 401


async def test_a_range_of_days_holds_its_last_day_and_a_range_of_times_ends_before_its_end(app, ada):
    await add_many(app.platform.database, ada.id, 3)
    await add_video(app.platform.database, ada.id, title="Next day", created_at=START + timedelta(days=1))
    assert await walk(app, ada, **{"from": "2026-01-02"}) == ["Next day"]
    assert await walk(app, ada, to="2026-01-01") == ["Talk 2", "Talk 1", "Talk 0"]
    assert await walk(app, ada, to="2026-01-01T00:01:00Z") == ["Talk 0"]
    assert await walk(app, ada, **{"from": "2026-01-01T01:01:00+01:00", "to": "2026-01-02"}) == [
        "Next day",
        "Talk 2",
        "Talk 1",
    ]
    assert await walk(app, ada, limit=1, **{"from": "2026-01-01T00:01", "to": "2026-01-01"}) == ["Talk 2", "Talk 1"]


async def test_progress_is_the_job_at_work_in_the_present_run(app, ada):
    database = app.platform.database
    running = await add_video(database, ada.id, title="running", status="transcribing", run=2)
    await add_job(database, running, "transcode", run=1, status=JobStatus.RUNNING, progress=90.0)
    await add_job(database, running, "transcribe", run=2, status=JobStatus.RUNNING, progress=41.26)
    queued = await add_video(database, ada.id, title="queued", status="summarizing")
    await add_job(database, queued, "summarize", status=JobStatus.QUEUED, progress=70.0)
    await add_video(database, ada.id, title="waiting", status="pending")
    for status in ("ready", "failed", "uploading"):
        await add_video(database, ada.id, title=status, status=status)
    found = {item["title"]: item["progress"] for item in (await listed(app, ada))["items"]}
    assert found == {
        "running": {"stage": "transcribe", "percent": 41.3},
        "queued": {"stage": "summarize", "percent": 0.0},
        "waiting": {"stage": "transcode", "percent": 0.0},
        "ready": None,
        "failed": None,
        "uploading": None,
    }


async def test_a_cursor_tells_no_key_and_belongs_to_its_list(app, ada):
    await add_many(app.platform.database, ada.id, 4)
    first = (await listed(app, ada, limit=1))["next_cursor"]
    second = (await listed(app, ada, limit=1, cursor=first))["next_cursor"]
    raw = [base64.urlsafe_b64decode(cursor + "==") for cursor in (first, second)]
    assert sum(a != b for a, b in zip(*raw, strict=True)) > len(raw[0]) // 2
    for params in ({"status": "ready"}, {"user_id": ada.id}, {"from": "2026-01-01"}):
        answer = await app.http.get(f"{API}/videos/list", headers=ada.headers, params={"cursor": first, **params})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "query.cursor"


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """A client for hypothesis, which is not async: the application runs behind a portal."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_app(tmp_path_factory.mktemp("list"))) as app,
    ):
        person = portal.call(app.signup)
        portal.call(add_many, app.platform.database, person.id, 3)
        cursor = portal.call(_cursor_of, app, person)

        def get(path, **params):
            return portal.call(_get, app, person, path, params)

        get.cursor = cursor
        yield get


async def _cursor_of(app, person):
    return (await listed(app, person, limit=1))["next_cursor"]


async def _get(app, person, path, params):
    return await app.http.get(API + path, headers=person.headers, params=params)


RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@RELAXED
@given(cursor=st.text(min_size=1, max_size=120))
@example(cursor="\x00")
@example(cursor="IMGyQuP-a-zTut_Nl0b_lg4IGEq5kjK4BoSEEA")
def test_a_made_up_cursor_is_refused(ask, cursor):
    for path in ("/videos/list", "/videos/search"):
        answer = ask(path, cursor=cursor, q="lighthouse")
        assert answer.status_code == 422, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@RELAXED
@given(place=st.integers(0, 37), letter=st.sampled_from("ABCDEFghijk0189-_"))
def test_a_cursor_with_one_letter_changed_is_refused(ask, place, letter):
    changed = ask.cursor[:place] + letter + ask.cursor[place + 1 :]
    answer = ask("/videos/list", cursor=changed)
    assert answer.status_code == (200 if changed == ask.cursor else 422)


@RELAXED
@given(public_id=st.text(min_size=1, max_size=40).filter(lambda text: text not in (".", "..") and "/" not in text))
@example(public_id="list'--")
@example(public_id="7pQv9XkM2aB\n")
@example(public_id="0OIl0OIl0OI")
@example(public_id="%00")
def test_any_id_that_is_none_is_not_found(ask, public_id):
    from urllib.parse import quote

    if public_id in ("list", "search", "upload"):
        return
    for tail in ("", "/watch", "/events", "/transcript", "/summary"):
        answer = ask(f"/videos/{quote(public_id, safe='')}{tail}")
        assert answer.status_code == 404, (tail, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@RELAXED
@given(
    bound=st.text(max_size=40),
    name=st.sampled_from(["from", "to", "limit", "user_id", "status", "mine", "sort"]),
)
@example(bound="0001-01-01T00:00+14:00", name="from")
@example(bound="9999-12-31", name="to")
@example(bound="9999-12-31T23:59:59-12:00", name="to")
@example(bound="9" * 30, name="user_id")
@example(bound="9223372036854775807", name="user_id")
@example(bound="1" * 5000, name="limit")
def test_hostile_filters_are_answered_or_refused(ask, bound, name):
    for path in ("/videos/list", "/videos/search"):
        assert ask(path, **{name: bound}).status_code in (200, 422)
