"""Room: for one upload, and for all of a user's, also when many come at once."""

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.support.uploads import MIB, Server, mp4, serving

QUOTA = 10 * MIB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"USER_QUOTA_BYTES": str(QUOTA), "MAX_UPLOAD_BYTES": str(8 * MIB)}
    with serving(tmp_path_factory.mktemp("quota"), **limits) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client(server.account()) as running:
        yield running


def send(client: httpx.Client, size: int) -> httpx.Response:
    return client.post("/videos/upload", files={"file": ("a.mp4", mp4(size))})


def send_without_length(client: httpx.Client, size: int) -> httpx.Response:
    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        yield mp4(size)
        yield b"\r\n--b--\r\n"

    return client.post("/videos/upload", content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})


def session(client: httpx.Client, size: int) -> httpx.Response:
    return client.post("/videos/upload", json={"filename": "a.mp4", "size": size})


def tus(client: httpx.Client, size: int) -> httpx.Response:
    return client.post("/videos/upload/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": str(size)})


WAYS = [send, send_without_length, session, tus]


@pytest.mark.parametrize("way", WAYS)
def test_one_upload_may_have_its_limit_and_no_byte_more(client: httpx.Client, way):
    assert way(client, 8 * MIB + 1).status_code == 413
    assert way(client, 8 * MIB).status_code == 201


@pytest.mark.parametrize("way", WAYS)
def test_videos_and_uploads_under_way_share_the_room(server: Server, client: httpx.Client, way):
    assert send(client, 4 * MIB).status_code == 201
    assert session(client, 3 * MIB).status_code == 201
    assert tus(client, 2 * MIB).status_code == 201
    answer = way(client, MIB + 1)
    assert answer.status_code == 413, answer.text
    assert answer.json()["title"] == "Quota exceeded"
    assert "9 MiB of your 10 MiB are used" in answer.json()["detail"]
    assert way(client, MIB - 8192).status_code == 201
    assert not [key for key in server.stored() if "source" not in key]


def test_the_room_of_an_upload_given_up_is_free_again(client: httpx.Client):
    video = session(client, 8 * MIB).json()["video"]["id"]
    assert tus(client, 8 * MIB).status_code == 413
    assert client.delete(f"/videos/{video}/upload").status_code == 204
    assert tus(client, 8 * MIB).status_code == 201


def test_other_users_have_their_own_room(server: Server, client: httpx.Client):
    assert session(client, 8 * MIB).status_code == 201
    with server.client(server.account("Grace")) as other:
        assert session(other, 8 * MIB).status_code == 201


@pytest.mark.parametrize("way", WAYS)
def test_uploads_at_once_never_take_more_than_there_is(server: Server, client: httpx.Client, way):
    account_id = int(str(server.rows("SELECT max(id) FROM users")[0][0]))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: way(client, 3 * MIB).status_code, range(8)))
    assert statuses.count(201) == 3
    assert set(statuses) == {201, 413}
    [(kept,)] = server.rows("SELECT coalesce(sum(size), 0) FROM videos WHERE user_id = ?", account_id)
    [(coming,)] = server.rows(
        "SELECT coalesce(sum(size), 0) FROM upload_metadata WHERE user_id = ? AND completed_at IS NULL", account_id
    )
    assert int(str(kept)) + int(str(coming)) == 9 * MIB


def test_nobody_begins_uploads_without_end(server: Server, client: httpx.Client):
    for _ in range(3):
        assert tus(client, 1).status_code == 201
    [(user, row_id)] = server.rows("SELECT user_id, max(id) FROM upload_metadata")
    columns = "video_id, user_id, protocol, file_name, size, content_type, received_bytes, expires_at, created_at"
    server.rows(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 497) INSERT INTO upload_metadata"  # noqa: S608 - our own columns
        f" (upload_id, {columns}) SELECT 'copy' || i, {columns} FROM upload_metadata, n WHERE id = ?",
        row_id,
    )
    assert user is not None
    assert tus(client, 1).status_code == 429
    assert session(client, 1).status_code == 429
    assert send(client, 5000).status_code == 429


def captions(size: int) -> bytes:
    line = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n\nNOTE "
    return line + b"x" * (size - len(line))


def send_with(client: httpx.Client, size: int, text: bytes) -> httpx.Response:
    return client.post("/videos/upload", files={"file": ("a.mp4", mp4(size)), "captions": ("a.vtt", text)})


def session_with(client: httpx.Client, size: int, text: bytes) -> httpx.Response:
    begun = client.post("/videos/upload", json={"filename": "a.mp4", "size": size, "captions": text.decode()})
    if begun.status_code != 201:
        return begun
    [part] = begun.json()["upload"]["parts"]
    etag = httpx.put(httpx.URL(str(client.base_url)).join(part["url"]), content=mp4(size)).headers["etag"]
    address = f"/videos/{begun.json()['video']['id']}/upload/complete"
    return client.post(address, json={"parts": [{"number": 1, "etag": etag}]})


def tus_with(client: httpx.Client, size: int, text: bytes) -> httpx.Response:
    metadata = f"filename {b64encode(b'a.mp4').decode()},captions {b64encode(text).decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}
    begun = client.post("/videos/upload/tus", headers=headers)
    if begun.status_code != 201:
        return begun
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    return client.patch(
        httpx.URL(str(client.base_url)).join(begun.headers["location"]), content=mp4(size), headers=headers
    )


@pytest.mark.parametrize("way", [send_with, session_with, tus_with])
def test_captions_take_room_as_well(server: Server, client: httpx.Client, way):
    size, text = 4 * MIB, captions(24 * 1024)
    for _ in range(2):
        answer = way(client, size, text)
        assert answer.status_code in (201, 202, 204), answer.text
    user = server.rows("SELECT max(id) FROM users")[0][0]
    assert server.rows("SELECT size FROM videos WHERE user_id = ?", user) == [(size + len(text),)] * 2
    rest = QUOTA - 2 * (size + len(text))
    answer = way(client, rest - len(text) + 1, text)
    assert (answer.status_code, answer.json()["title"]) == (413, "Quota exceeded")
    assert way(client, rest - len(text), text).status_code in (201, 202, 204)
