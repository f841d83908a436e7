"""The tus 1.0 protocol, header by header."""

import base64
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support.uploads import MIB, Account, Server, mp4, raw_request, serving, status_of, until

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
SIZE = 3 * MIB + 5
DATA = mp4(SIZE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("tus"), MAX_UPLOAD_BYTES=str(20 * MIB)) as running:
        yield running


@pytest.fixture
def account(server: Server) -> Account:
    return server.account()


@pytest.fixture
def client(server: Server, account: Account) -> Iterator[httpx.Client]:
    with server.client(account) as running:
        yield running


def metadata(**fields: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items())


def create(client: httpx.Client, size: int = SIZE, **fields: str) -> tuple[str, str]:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**(fields or {"filename": "talk.mp4"}))}
    answer = client.post("/videos/upload/tus", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Upload-Expires"].endswith("GMT")
    return answer.headers["Location"], answer.headers["X-Video-Id"]


def url(server: Server, location: str) -> str:
    return server.origin + location


def patch(client: httpx.Client, server: Server, location: str, offset: int, data: bytes) -> httpx.Response:
    return client.patch(url(server, location), headers={**CHUNK, "Upload-Offset": str(offset)}, content=data)


def offset(client: httpx.Client, server: Server, location: str) -> int:
    answer = client.head(url(server, location), headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def test_says_what_it_can(server: Server):
    with server.client() as nobody:
        answer = nobody.options("/videos/upload/tus")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == str(20 * MIB)


def test_an_upload_in_three_requests_becomes_a_video(server: Server, client: httpx.Client):
    fields = {
        "filename": "../talk.mp4",
        "filetype": "video/mp4",
        "title": "Tús",
        "visibility": "unlisted",
        "language": "en",
    }
    location, video = create(client, **fields)
    assert server.rows("SELECT status, title FROM videos WHERE public_id = ?", video) == [("uploading", "Tús")]
    told = client.head(url(server, location), headers=TUS)
    assert told.headers["Upload-Metadata"] == metadata(**fields)
    assert told.headers["Cache-Control"] == "no-store"
    assert (told.headers["Upload-Length"], told.headers["X-Video-Id"]) == (str(SIZE), video)
    at = 0
    for end in (10, MIB + 1, SIZE):
        answer = patch(client, server, location, at, DATA[at:end])
        assert answer.status_code == 204, answer.text
        assert answer.headers["Upload-Offset"] == str(end)
        at = end
    [(status, key, file_name)] = server.rows("SELECT status, key, file_name FROM videos WHERE public_id = ?", video)
    assert (status, file_name) == ("pending", "talk.mp4")
    assert server.stored()[str(key)].read_bytes() == DATA
    assert server.rows("SELECT count(*) FROM outbox_events WHERE video_key = ?", video) == [(1,)]
    assert not list((server.folder / "uploads").iterdir())
    assert offset(client, server, location) == SIZE


def test_the_first_bytes_may_come_with_the_creation(server: Server, client: httpx.Client):
    headers = {**CHUNK, "Upload-Length": str(SIZE), "Upload-Metadata": metadata(filename="a.mp4")}
    answer = client.post("/videos/upload/tus", headers=headers, content=DATA[:MIB])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(MIB))
    assert patch(client, server, answer.headers["Location"], MIB, DATA[MIB:]).status_code == 204


def test_methods_may_hide_behind_post(server: Server, client: httpx.Client):
    location, _ = create(client)
    headers = {**CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert client.post(url(server, location), headers=headers, content=DATA).status_code == 204


def test_another_offset_or_more_bytes_than_announced_are_refused(server: Server, client: httpx.Client):
    location, _ = create(client)
    assert patch(client, server, location, 5, DATA[5:]).status_code == 409
    assert patch(client, server, location, 0, DATA + b"x").status_code == 413
    assert offset(client, server, location) == 0

    def endless() -> Iterator[bytes]:
        yield DATA
        yield b"x"

    answer = client.patch(url(server, location), headers={**CHUNK, "Upload-Offset": "0"}, content=endless())
    assert answer.status_code == 413
    assert offset(client, server, location) <= SIZE


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "5"}, 412),
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412),
        ({**TUS}, 400),
        ({**TUS, "Upload-Length": "-5"}, 400),
        ({**TUS, "Upload-Length": "9" * 30}, 400),
        ({**TUS, "Upload-Defer-Length": "1"}, 400),
        ({**TUS, "Upload-Length": "0"}, 422),
        ({**TUS, "Upload-Length": str(20 * MIB + 1)}, 413),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": "filename !!!"}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": "filename /////w=="}, 400),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(language="klingon")}, 422),
        ({**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(captions="nonsense")}, 422),
    ],
)
def test_bad_creations(server: Server, client: httpx.Client, headers: dict[str, str], status: int):
    before = server.rows("SELECT count(*) FROM upload_metadata")
    answer = client.post("/videos/upload/tus", headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert server.rows("SELECT count(*) FROM upload_metadata") == before


def test_bytes_must_come_as_tus_says(server: Server, client: httpx.Client):
    location, _ = create(client)
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "video/mp4"}
    assert client.patch(url(server, location), headers=headers, content=b"x").status_code == 415
    assert client.patch(url(server, location), headers=CHUNK, content=b"x").status_code == 400
    assert client.head(url(server, location)).status_code == 412


def test_somebody_elses_upload_is_not_there(server: Server, client: httpx.Client):
    location, video = create(client)
    assert patch(client, server, location, 0, DATA[:MIB]).status_code == 204
    with server.client(server.account("Eve")) as other:
        assert other.head(url(server, location), headers=TUS).status_code == 404
        assert patch(other, server, location, MIB, b"evil").status_code == 404
        assert other.delete(url(server, location), headers=TUS).status_code == 404
    with server.client() as nobody:
        answer = patch(nobody, server, location, MIB, b"evil")
        assert (answer.status_code, answer.headers["Tus-Resumable"]) == (401, "1.0.0")
    assert patch(client, server, location, MIB, DATA[MIB:]).status_code == 204
    [(key,)] = server.rows("SELECT key FROM videos WHERE public_id = ?", video)
    assert server.stored()[str(key)].read_bytes() == DATA


@pytest.mark.parametrize("name", ["../../reelscribe.db", "..%2f..%2freelscribe.db", "x" * 300, "%00"])
def test_ids_are_no_paths(client: httpx.Client, name: str):
    assert client.head(f"/videos/upload/tus/{name}", headers=TUS).status_code in (404, 405)


def test_terminated_it_is_gone(server: Server, client: httpx.Client):
    location, video = create(client)
    patch(client, server, location, 0, DATA[:MIB])
    assert client.delete(url(server, location), headers=TUS).status_code == 204
    assert client.head(url(server, location), headers=TUS).status_code == 404
    assert server.rows("SELECT 1 FROM videos WHERE public_id = ?", video) == []
    assert not [path for path in server.leftovers() if location.rsplit("/", 1)[1] in path.name]


def test_a_text_is_refused_at_its_first_bytes_and_leaves_nothing(server: Server, client: httpx.Client):
    location, video = create(client, 500_000)
    answer = patch(client, server, location, 0, b"just words, " * 40_000)
    assert answer.status_code == 415
    assert "not a video" in answer.json()["detail"]
    assert server.rows("SELECT 1 FROM videos WHERE public_id = ?", video) == []
    assert client.head(url(server, location), headers=TUS).status_code == 404


def test_a_text_in_small_pieces_is_refused_at_its_end(server: Server, client: httpx.Client):
    location, video = create(client, 1200)
    assert patch(client, server, location, 0, b"just words, " * 50).status_code == 204
    assert patch(client, server, location, 600, b"just words, " * 50).status_code == 415
    assert server.rows("SELECT 1 FROM videos WHERE public_id = ?", video) == []


def hanging_patch(server: Server, account: Account, location: str, data: bytes) -> socket.socket:
    """A PATCH that announces everything, sends `data` and then says no more."""
    head = "\n".join(
        [f"PATCH {location} HTTP/1.1", *(f"{name}: {value}" for name, value in CHUNK.items()), "Upload-Offset: 0"]
    )
    return raw_request(server, account, f"{head}\nContent-Length: {SIZE}", data)


def staged(server: Server, location: str) -> Path:
    return server.folder / "uploads" / f"{location.rsplit('/', 1)[1]}.data"


def test_only_one_request_writes_at_a_time(server: Server, account: Account, client: httpx.Client):
    location, _ = create(client)
    first = hanging_patch(server, account, location, DATA[: 2 * MIB])
    until(lambda: staged(server, location).stat().st_size >= MIB, "the first request writes")
    assert patch(client, server, location, 0, DATA).status_code == 423
    first.sendall(DATA[2 * MIB :])
    assert status_of(first) == 204


def test_who_asks_for_the_offset_ends_the_request_that_hangs(server: Server, account: Account, client: httpx.Client):
    """A connection that died without a word must not lock its client out until BODY_TIMEOUT."""
    location, video = create(client)
    dead = hanging_patch(server, account, location, DATA[: 2 * MIB])
    until(lambda: staged(server, location).stat().st_size >= MIB, "the first request writes")
    at = offset(client, server, location)
    assert at == 2 * MIB
    assert patch(client, server, location, at, DATA[at:]).status_code == 204
    assert status_of(dead) == 409
    [(key,)] = server.rows("SELECT key FROM videos WHERE public_id = ?", video)
    assert server.stored()[str(key)].read_bytes() == DATA


def test_what_came_before_a_break_counts(server: Server, account: Account, client: httpx.Client):
    location, _ = create(client)
    hanging_patch(server, account, location, DATA[:100_000]).close()
    until(lambda: staged(server, location).stat().st_size == 100_000, "every byte that came is kept")


def test_requests_at_once_never_mix_their_bytes(server: Server, client: httpx.Client):
    location, video = create(client)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: patch(client, server, location, 0, DATA).status_code, range(8)))
    assert answers.count(204) == 1
    assert set(answers) <= {204, 404, 409, 423}
    [(key,)] = server.rows("SELECT key FROM videos WHERE public_id = ?", video)
    assert server.stored()[str(key)].read_bytes() == DATA
    assert server.rows("SELECT count(*) FROM outbox_events WHERE video_key = ?", video) == [(1,)]
