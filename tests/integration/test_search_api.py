"""GET /videos/search, on the real index."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import event, select
from tests.support.app import API, open_app
from tests.support.videos import START, add_ready_video, add_video, said

from reelscribe.search.document import all_documents
from reelscribe.search.query_vectors import REMEMBERED, QueryVectors
from reelscribe.videos.models import Video, VideoTranscript

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


async def search(app, person, q, **params):
    answer = await app.http.get(f"{API}/videos/search", headers=person.headers, params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page):
    return [item["video"]["id"] for item in page["items"]]


async def test_a_hit_has_the_contracts_shape_and_lands_on_the_words(app, ada):
    video = await add_ready_video(
        app.platform, ada.id, title="Lighthouses", transcript=said("Welcome to this talk.", "The keeper climbs up.")
    )
    page = await search(app, ada, "keeper")
    assert set(page) == {"items", "next_cursor", "total"}
    assert (page["total"], page["next_cursor"]) == (1, None)
    [hit] = page["items"]
    assert set(hit) == {"video", "score", "matches", "moments"}
    assert hit["video"] == (await app.http.get(f"{API}/videos/{video.public_id}", headers=ada.headers)).json()
    [moment] = hit["moments"]
    assert set(moment) == {"start", "end", "text", "spans", "score"}
    assert [moment["text"][a:b] for a, b in moment["spans"]] == ["keeper"]
    said_at = 3.0
    assert said_at - 3 <= moment["start"] <= said_at
    [match] = hit["matches"]
    assert (match["field"], [match["text"][a:b] for a, b in match["spans"]]) == ("summary", ["keeper"])


async def test_hits_are_looked_up_by_their_ids_however_many_videos_may_be_found(app, ada):
    for _ in range(3):
        await add_ready_video(app.platform, ada.id, transcript=said("The keeper climbs up."))
    engine = app.platform.database.engine
    asked = []

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def keep(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    eve = await app.signup()  # the administrator may find everything, which needs no condition
    assert len(ids(await search(app, eve, "keeper"))) == 3
    [(statement, parameters)] = [(s, p) for s, p in asked if "public_id IN" in s]
    async with engine.connect() as connection:
        plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
    assert len(plan) == 1
    assert "(public_id=?)" in plan[0].detail


async def test_filters_sorts_and_pages(app, ada):
    eve = await app.signup()
    videos = [
        await add_ready_video(app.platform, person.id, created_at=START + timedelta(days=n), title=f"Talk {n}")
        for n, person in enumerate([ada, eve, ada, ada])
    ]
    expected = [video.public_id for video in videos]
    assert ids(await search(app, ada, "lighthouse", sort="oldest")) == expected
    assert ids(await search(app, ada, "lighthouse", sort="newest")) == expected[::-1]
    assert set(ids(await search(app, ada, "lighthouse"))) == set(expected)
    assert ids(await search(app, ada, "lighthouse", user_id=eve.id)) == [expected[1]]
    assert ids(await search(app, ada, "lighthouse", sort="oldest", to="2026-01-02")) == expected[:2]
    assert ids(await search(app, ada, "lighthouse", sort="oldest", **{"from": "2026-01-03"})) == expected[2:]
    assert ids(await search(app, ada, "lighthouse", status="failed")) == []
    for sort in ("relevance", "newest", "oldest"):
        seen, cursor = [], {}
        while True:
            page = await search(app, ada, "lighthouse", sort=sort, limit=1, **cursor)
            seen += ids(page)
            assert page["total"] == 4
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert sorted(seen) == sorted(expected), sort


async def test_a_cursor_of_another_search_is_refused(app, ada):
    for _ in range(3):
        await add_ready_video(app.platform, ada.id)
    cursor = (await search(app, ada, "lighthouse", limit=1))["next_cursor"]
    answer = await app.http.get(
        f"{API}/videos/search", headers=ada.headers, params={"q": "welcome", "limit": 1, "cursor": cursor}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.cursor"


async def test_dropped_hits_are_made_up_for_from_the_next_pages(app, ada):
    videos = [await add_ready_video(app.platform, ada.id, created_at=START + timedelta(days=n)) for n in range(8)]
    async with app.platform.database.write() as session:
        for video in videos[1:4]:
            await session.delete(await session.get(Video, video.id))
    page = await search(app, ada, "lighthouse", sort="oldest", limit=3)
    assert ids(page) == [videos[n].public_id for n in (0, 4, 5)]
    assert page["total"] == 5
    rest = await search(app, ada, "lighthouse", sort="oldest", limit=3, cursor=page["next_cursor"])
    assert ids(rest) == [videos[n].public_id for n in (6, 7)]


async def test_a_video_that_is_replayed_is_not_ready_in_a_search_for_ready_ones(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    await app.http.post(f"{API}/videos/{video.public_id}/retry", headers=ada.headers)
    assert ids(await search(app, ada, "lighthouse", status="ready")) == []
    assert ids(await search(app, ada, "lighthouse")) == [video.public_id]


ODD = [
    "",
    " ",
    '"',
    "AND OR NOT",
    "title:x",
    "(((",
    "*",
    "🎥",
    "lighthouse\x00",
    "x" * 10_000,
    "-",
    "日本語",
    "a\u202eb",
]


async def test_any_text_at_all_is_a_query(app, ada):
    await add_ready_video(app.platform, ada.id)
    for q in ODD:
        page = await search(app, ada, q)
        assert page["total"] >= len(page["items"])
    bare = await app.http.get(f"{API}/videos/search", headers=ada.headers)
    assert (bare.status_code, bare.json()["items"]) == (200, [])


async def test_all_documents_are_those_that_were_ever_ready_also_with_a_lost_transcript(app, ada):
    platform = app.platform
    kept = await add_ready_video(platform, ada.id)
    lost = await add_ready_video(platform, ada.id)
    await add_video(platform.database, ada.id, status="transcribing")
    async with platform.database.read() as session:
        wanted = select(VideoTranscript.transcript_path).where(VideoTranscript.video_id == lost.id)
        await platform.storage.delete([await session.scalar(wanted)])
    found = [document async for document in all_documents(platform.database, platform.storage, None)]
    assert [(document.id, len(document.moments)) for document in found] == [(kept.public_id, 1), (lost.public_id, 0)]
    assert await platform.search.rebuild(all_documents(platform.database, platform.storage, None)) == 2
    assert set(ids(await search(app, ada, "sleeps in"))) == {kept.public_id, lost.public_id}
    assert ids(await search(app, ada, "welcome")) == [kept.public_id]


class Counting:
    """An embedder that counts, of vectors that tell texts apart."""

    name = "counting"
    dimensions = 2

    def __init__(self):
        self.asked = []

    def embed(self, texts):
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


async def test_a_query_is_embedded_once_and_the_latest_are_remembered():
    embedder = Counting()
    vectors = QueryVectors(embedder)
    for _ in range(3):
        assert (await vectors.of(" two  words ")).tolist() == [9, 1]
    assert embedder.asked == ["two words"]
    assert await vectors.of(" \n") is None
    for n in range(REMEMBERED):
        await vectors.of(f"query {n}")
    await vectors.of("two words")
    assert embedder.asked.count("two words") == 2
