"""Clients that stall, trickle, vanish or lie, and disks that are full."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.engines import missing
from tests.support.uploads import MIB, Account, Server, mp4, raw_request, serving, status_of, until

OPENING = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
GIB = 1 << 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"BODY_TIMEOUT": "1", "USER_QUOTA_BYTES": str(20 * GIB)}
    with serving(tmp_path_factory.mktemp("clients"), **limits) as running:
        yield running


@pytest.fixture
def account(server: Server) -> Account:
    return server.account()


def form(length: int) -> str:
    return (
        f"POST /api/v1/videos/upload HTTP/1.1\nContent-Type: multipart/form-data; boundary=b\nContent-Length: {length}"
    )


def nothing_remains(server: Server) -> bool:
    return not server.leftovers() and server.rows("SELECT count(*) FROM upload_metadata") == [(0,)]


@pytest.mark.parametrize("came", [b"", OPENING[:10], OPENING, OPENING + mp4(3 * MIB)])
def test_five_gigabytes_that_never_come(server: Server, account: Account, came: bytes):
    began = time.monotonic()
    connection = raw_request(server, account, form(5 * GIB), came)
    assert status_of(connection) == 408
    assert time.monotonic() - began < 10
    until(lambda: nothing_remains(server), "everything is cleaned up")
    assert server.stored() == {}


def test_a_byte_every_little_while_is_too_slow_in_the_end(server: Server, account: Account):
    """Never silent for BODY_TIMEOUT, and yet no upload: the average decides."""
    with raw_request(server, account, form(5 * GIB), OPENING + mp4(500)) as connection:
        connection.settimeout(0.2)
        deadline = time.monotonic() + 15
        answer = b""
        while not answer and time.monotonic() < deadline:
            connection.sendall(b"x")
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert answer.split()[1] == b"408"
    until(lambda: nothing_remains(server), "everything is cleaned up")


def test_a_client_that_vanishes_leaves_nothing(server: Server, account: Account):
    connection = raw_request(server, account, form(GIB), OPENING + mp4(3 * MIB))
    until(server.leftovers, "bytes are written")
    connection.close()
    until(lambda: nothing_remains(server), "everything is cleaned up")
    assert server.stored() == {}


def test_a_hanging_part_is_given_up(server: Server, account: Account):
    with server.client(account) as client:
        session = client.post("/videos/upload", json={"filename": "a.mp4", "size": 16 * MIB}).json()
        address = session["upload"]["parts"][0]["url"]
        connection = raw_request(server, None, f"PUT {address} HTTP/1.1\nContent-Length: {16 * MIB}", mp4(MIB))
        assert status_of(connection) == 408
        assert client.get(f"/videos/{session['video']['id']}/upload").json()["received"] == []
        client.delete(f"/videos/{session['video']['id']}/upload")


def test_a_hanging_tus_request_keeps_what_came(server: Server, account: Account):
    tus = {"Tus-Resumable": "1.0.0"}
    with server.client(account) as client:
        made = client.post("/videos/upload/tus", headers={**tus, "Upload-Length": str(16 * MIB)})
        location = made.headers["Location"]
        head = f"PATCH {location} HTTP/1.1\nTus-Resumable: 1.0.0\nUpload-Offset: 0\nContent-Length: {16 * MIB}"
        kind = "Content-Type: application/offset+octet-stream"
        connection = raw_request(server, account, f"{head}\n{kind}", mp4(3 * MIB + 77))
        assert status_of(connection) == 408
        told = client.head(server.origin + location, headers=tus)
        assert told.headers["Upload-Offset"] == str(3 * MIB + 77)
        client.delete(server.origin + location, headers=tus)


@pytest.mark.parametrize("length", [30 * GIB, 2**62])
def test_more_than_is_taken_is_refused_at_once(server: Server, account: Account, length: int):
    assert status_of(raw_request(server, account, form(length))) == 413


def test_the_server_still_serves_after_all_that(server: Server, account: Account):
    with server.client(account) as client:
        answer = client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000))})
    assert answer.status_code == 201


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB, where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        missing("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_stays(small_disk: Path):
    with serving(small_disk) as server:
        account = server.account()
        with server.client(account) as client:
            whole = client.post("/videos/upload", files={"file": ("a.mp4", mp4(30 * MIB))})
            assert whole.status_code == 507, whole.text
            announced = client.post("/videos/upload", json={"filename": "a.mp4", "size": GIB})
            assert announced.status_code == 507, announced.text
            tus = {"Tus-Resumable": "1.0.0", "Upload-Length": str(GIB)}
            assert client.post("/videos/upload/tus", headers=tus).status_code == 507
            assert server.leftovers() == []
            assert server.stored() == {}
            assert server.rows("SELECT count(*) FROM upload_metadata") == [(0,)]
            small = client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000))})
            assert small.status_code == 201, small.text


def test_a_disk_that_fills_up_keeps_what_fitted_of_a_resumable_upload(small_disk: Path):
    with serving(small_disk) as server:
        account = server.account()
        tus = {"Tus-Resumable": "1.0.0"}
        size = 10 * MIB
        data = mp4(size)
        with server.client(account) as client:
            made = client.post("/videos/upload/tus", headers={**tus, "Upload-Length": str(size)})
            ballast = small_disk / "ballast"
            with ballast.open("wb") as file:
                file.write(bytes(shutil.disk_usage(small_disk).free - 4 * MIB))
            chunk = {**tus, "Content-Type": "application/offset+octet-stream"}
            url = server.origin + made.headers["Location"]
            assert client.patch(url, headers={**chunk, "Upload-Offset": "0"}, content=data).status_code == 507
            offset = int(client.head(url, headers=tus).headers["Upload-Offset"])
            assert 0 < offset < size
            ballast.unlink()
            rest = client.patch(url, headers={**chunk, "Upload-Offset": str(offset)}, content=data[offset:])
            assert rest.status_code == 204, rest.text
        [path] = server.stored().values()
        assert path.read_bytes() == data


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A DATA_DIR whose objects and growing uploads lie on file systems that cannot be written to."""
    mounted = []
    for name in ("objects", "uploads"):
        folder = tmp_path / name
        folder.mkdir(mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            mounted.append(folder)
    if len(mounted) < 2:
        missing("a read-only file system cannot be mounted here")
    yield tmp_path
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_read_only_folder_is_told(read_only: Path):
    with serving(read_only) as server, server.client(server.account()) as client:
        form = client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000))})
        announced = client.post("/videos/upload", json={"filename": "a.mp4", "size": 5000})
        tus = client.post("/videos/upload/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "5000"})
        assert [answer.status_code for answer in (form, announced, tus)] == [503, 503, 503]
        assert server.rows("SELECT count(*) FROM videos") == [(0,)]
