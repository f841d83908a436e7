"""What was begun and never finished goes away; what is under way stays."""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.support.uploads import MIB, SECRET, Account, Server, mp4, raw_request, serving, status_of, until

from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.videos.uploads import cleanup

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
LONG_AGO = "2001-01-01 00:00:00.000000"
OLD = time.time() - 30 * 24 * 3600


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def account(server: Server) -> Account:
    return server.account()


@pytest.fixture
def client(server: Server, account: Account) -> Iterator[httpx.Client]:
    with server.client(account) as running:
        yield running


def clean(server: Server) -> int:
    """As the scheduler does, in a process of its own."""

    async def run() -> int:
        database = Database(create_sqlite(server.folder / "reelscribe.db"))
        try:
            return await cleanup.abandoned(
                database,
                LocalStorage(server.objects, secret=SECRET),
                LocalPartUploads(server.objects, secret=SECRET),
                staging=server.folder / "uploads",
                older_than=timedelta(days=1),
            )
        finally:
            await database.close()

    return asyncio.run(run())


def expire(server: Server) -> None:
    server.rows("UPDATE upload_metadata SET expires_at = ? WHERE completed_at IS NULL", LONG_AGO)


def age(server: Server) -> None:
    """Make every byte that is under way look a month old."""
    for folder in (server.objects / ".parts", server.folder / "uploads"):
        for path in (*folder.rglob("*"), folder):
            if path.exists():
                os.utime(path, (OLD, OLD))


def begin_session(server: Server, client: httpx.Client) -> str:
    session = client.post("/videos/upload", json={"filename": "a.mp4", "size": MIB, "captions": VTT}).json()
    answer = httpx.put(server.origin + session["upload"]["parts"][0]["url"], content=mp4(MIB))
    assert answer.status_code == 200
    return session["video"]["id"]


def begin_tus(server: Server, client: httpx.Client) -> str:
    made = client.post("/videos/upload/tus", headers={**TUS, "Upload-Length": str(MIB)})
    location = server.origin + made.headers["Location"]
    assert client.patch(location, headers=CHUNK, content=mp4(MIB)[:5000]).status_code == 204
    return location


VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"


def test_what_ran_out_goes_with_rows_bytes_and_videos(server: Server, client: httpx.Client):
    video = begin_session(server, client)
    location = begin_tus(server, client)
    assert clean(server) == 0
    assert len(server.leftovers()) > 2
    expire(server)
    assert clean(server) == 2
    assert server.leftovers() == []
    assert server.stored() == {}
    assert server.rows("SELECT count(*) FROM videos") == [(0,)]
    assert server.rows("SELECT count(*) FROM upload_metadata") == [(0,)]
    assert client.head(location, headers=TUS).status_code == 404
    assert (
        client.post(f"/videos/{video}/upload/complete", json={"parts": [{"number": 1, "etag": "x"}]}).status_code == 404
    )
    assert clean(server) == 0


def test_what_has_run_out_is_gone_for_its_client_before_it_is_cleaned_up(server: Server, client: httpx.Client):
    video = begin_session(server, client)
    location = begin_tus(server, client)
    expire(server)
    assert client.head(location, headers=TUS).status_code == 404
    assert client.get(f"/videos/{video}/upload").status_code == 404


def test_a_form_whose_server_died_is_struck_off(server: Server, account: Account):
    kind = "Content-Type: multipart/form-data; boundary=b"
    body = b'--b\r\nContent-Disposition: form-data; name="captions"\r\n\r\n' + VTT.encode() + b"\r\n"
    head = f"POST /api/v1/videos/upload HTTP/1.1\n{kind}\nContent-Length: 99999999"
    connection = raw_request(server, account, head, body + b"--b\r\n")
    until(server.stored, "the captions are stored")
    server.kill()
    connection.close()
    assert server.rows("SELECT protocol FROM upload_metadata") == [("multipart",)]
    expire(server)
    assert clean(server) == 1
    assert server.stored() == {}
    assert server.rows("SELECT count(*) FROM upload_metadata") == [(0,)]


def test_videos_that_came_in_are_left_alone(server: Server, client: httpx.Client):
    assert client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000))}).status_code == 201
    before = server.stored().keys()
    server.rows("UPDATE upload_metadata SET expires_at = ?", LONG_AGO)
    assert clean(server) == 0
    assert server.stored().keys() == before
    assert server.rows("SELECT count(*) FROM videos") == [(1,)]


def test_an_upload_that_is_being_written_is_left_alone(server: Server, account: Account, client: httpx.Client):
    made = client.post("/videos/upload/tus", headers={**TUS, "Upload-Length": str(3 * MIB)})
    lines = "\n".join(f"{name}: {value}" for name, value in CHUNK.items())
    head = f"PATCH {made.headers['Location']} HTTP/1.1\n{lines}\nContent-Length: {3 * MIB}"
    data = mp4(3 * MIB)
    connection = raw_request(server, account, head, data[: 2 * MIB])
    until(lambda: any(path.stat().st_size for path in (server.folder / "uploads").glob("*.data")), "it is written to")
    expire(server)
    assert clean(server) == 0
    connection.sendall(data[2 * MIB :])
    assert status_of(connection) == 204
    assert server.rows("SELECT status FROM videos") == [("pending",)]


def test_bytes_whose_rows_are_gone_go_when_they_are_old(server: Server, client: httpx.Client):
    """The video was deleted, or its account, while it came in."""
    begin_session(server, client)
    begin_tus(server, client)
    server.rows("DELETE FROM upload_metadata")
    assert clean(server) == 0
    age(server)
    assert clean(server) == 2
    assert server.leftovers() == []


def test_old_bytes_of_a_living_upload_stay(server: Server, client: httpx.Client):
    begin_session(server, client)
    location = begin_tus(server, client)
    age(server)
    assert clean(server) == 0
    assert client.head(location, headers=TUS).headers["Upload-Offset"] == "5000"
