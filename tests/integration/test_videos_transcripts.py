"""Captions are rendered once, however many ask for them."""

import asyncio

import pytest
from tests.support.app import API, open_app
from tests.support.videos import add_ready_video

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


async def test_a_transcript_is_rendered_once_for_all_who_ask(app, ada, monkeypatch):
    video = await add_ready_video(app.platform, ada.id, title="Once")
    read = []
    storage_read = app.platform.storage.read
    monkeypatch.setattr(app.platform.storage, "read", lambda key, *at: read.append(key) or storage_read(key, *at))
    url = f"{API}/videos/{video.public_id}/transcript?format=vtt"
    answers = await asyncio.gather(*(app.http.get(url, headers=ada.headers) for _ in range(12)))
    assert len({answer.text for answer in answers}) == 1
    again = await app.http.get(url, headers={**ada.headers, "If-None-Match": answers[0].headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    saved = await app.http.get(f"{url}&download=true", headers=ada.headers)
    assert "Once.vtt" in saved.headers["content-disposition"]
    assert "content-disposition" not in (await app.http.get(url, headers=ada.headers)).headers
    assert len(read) == 1
