"""The end of an upload, cut short after each of its steps: the next request goes on from there, and once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.uploads import MIB, SECRET, Server, mp4, serving

from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
DATA = mp4(MIB + 3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ends")) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client(server.account()) as running:
        yield running


def assert_came_in_once(server: Server, video: str) -> None:
    [(status, key)] = server.rows("SELECT status, key FROM videos WHERE public_id = ?", video)
    assert status == "pending"
    assert server.stored()[str(key)].read_bytes() == DATA
    assert server.rows("SELECT count(*) FROM outbox_events WHERE video_key = ?", video) == [(1,)]
    assert not list((server.folder / "uploads").glob("*"))


def whole_tus_upload(server: Server, client: httpx.Client) -> tuple[str, str, Path]:
    """Every byte is written, and then the server died."""
    made = client.post("/videos/upload/tus", headers={**TUS, "Upload-Length": str(len(DATA))})
    location = made.headers["Location"]
    path = server.folder / "uploads" / f"{location.rsplit('/', 1)[1]}.data"
    path.write_bytes(DATA)
    return server.origin + location, made.headers["X-Video-Id"], path


def test_written_whole_the_video_is_made_when_the_client_asks(server: Server, client: httpx.Client):
    url, video, _ = whole_tus_upload(server, client)
    for _ in range(2):
        told = client.head(url, headers=TUS)
        assert (told.status_code, told.headers["Upload-Offset"]) == (200, str(len(DATA)))
        assert_came_in_once(server, video)


def test_written_whole_the_video_is_made_by_an_empty_request_too(server: Server, client: httpx.Client):
    url, video, _ = whole_tus_upload(server, client)
    answer = client.patch(url, headers={**CHUNK, "Upload-Offset": str(len(DATA))}, content=b"")
    assert answer.status_code == 204, answer.text
    assert_came_in_once(server, video)


def test_an_object_without_its_row_becomes_the_video(server: Server, client: httpx.Client):
    """The server died between publishing the object and committing."""
    url, video, path = whole_tus_upload(server, client)
    key = f"videos/{video}/original/{path.stem}/source"
    storage = LocalStorage(server.objects, secret=SECRET)
    asyncio.run(storage.put_file(key, path, content_type="video/mp4"))
    assert path.stat().st_nlink == 2
    assert client.head(url, headers=TUS).status_code == 200
    assert_came_in_once(server, video)


def test_parts_put_together_without_their_row_become_the_video(server: Server, client: httpx.Client):
    session = client.post("/videos/upload", json={"filename": "a.mp4", "size": len(DATA)}).json()
    video = session["video"]["id"]
    etag = httpx.put(server.origin + session["upload"]["parts"][0]["url"], content=DATA).headers["etag"]
    [(storage_id,)] = server.rows(
        "SELECT storage_upload_id FROM upload_metadata WHERE upload_id = ?", session["upload"]["id"]
    )
    parts = LocalPartUploads(server.objects, secret=SECRET)
    asyncio.run(parts.complete(str(storage_id), {1: etag}))
    for _ in range(2):
        answer = client.post(f"/videos/{video}/upload/complete", json={"parts": [{"number": 1, "etag": etag}]})
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        assert_came_in_once(server, video)


def test_a_finished_upload_takes_no_more_bytes(server: Server, client: httpx.Client):
    url, video, _ = whole_tus_upload(server, client)
    client.head(url, headers=TUS)
    answer = client.patch(url, headers={**CHUNK, "Upload-Offset": str(len(DATA))}, content=b"more")
    assert answer.status_code in (404, 409, 413)
    assert client.delete(url, headers=TUS).status_code == 409
    assert_came_in_once(server, video)
