"""Forms that nobody should send: each is told what is wrong, and leaves nothing behind."""

from collections.abc import Iterator

import pytest
from tests.support.uploads import MIB, Account, Server, mp4, serving

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
END = b"--b--\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("forms"), MAX_UPLOAD_BYTES=str(4 * MIB)) as running:
        yield running


@pytest.fixture(scope="module")
def account(server: Server) -> Account:
    return server.account()


def part(name: str, data: bytes, *, file_name: str | None = None, more: str = "") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    return b"--b\r\n" + f"{disposition}{more}\r\n\r\n".encode() + data + b"\r\n"


def video(data: bytes | None = None) -> bytes:
    return part("file", mp4(9000) if data is None else data, file_name="a.mp4")


FORMS = {
    "nothing at all": (b"", 400),
    "no part": (END, 422),
    "no file": (part("title", b"x") + END, 422),
    "an empty file": (video(b"") + END, 422),
    "two files": (video() + video() + END, 422),
    "two titles": (part("title", b"x") + part("title", b"y") + video() + END, 422),
    "an unknown field": (part("titel", b"x") + video() + END, 422),
    "a field that looks like a path": (part("../file", mp4(9000), file_name="a") + END, 422),
    "a huge field": (part("description", b"x" * MIB) + video() + END, 422),
    "a description that is too long": (part("description", b"x" * 20_001) + video() + END, 422),
    "a field that is no text": (part("title", b"\xff\xfe\xfd") + video() + END, 422),
    "ten thousand parts": (b"".join(part(f"f{i}", b"x") for i in range(10_000)) + END, 400),
    "ten thousand parts of one kind": (b"--b\r\n\r\n\r\n" * 10_000 + END, 400),
    "the file and then ten thousand parts": (video() + part("title", b"x") * 10_000 + END, 400),
    "a part without a name": (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, 400),
    "a part without headers": (b"--b\r\n\r\nx\r\n" + END, 400),
    "an attachment": (b'--b\r\nContent-Disposition: attachment; name="file"\r\n\r\nx\r\n' + END, 400),
    "a header without an end": (b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 100_000, 400),
    "a hundred headers": (b"--b\r\n" + b"A: b\r\n" * 100 + b"\r\nx\r\n" + END, 400),
    "a NUL in a header": (b'--b\r\nContent\x00-Disposition: form-data; name="file"\r\n\r\nx\r\n' + END, 400),
    "no last boundary": (video(), 400),
    "cut in the file": (video()[:5000], 400),
    "another boundary": ((video() + END).replace(b"--b", b"--c"), 400),
    "text before the first boundary": (b"hello" + video() + END, 400),
    "no line end after the boundary": (b"--bx" + video() + END, 400),
    "JSON": (b'{"filename": "a.mp4", "size": 5}', 400),
    "a file that is too large": (video(mp4(4 * MIB + 1)) + END, 413),
    "a text": (video(b"just words " * 1000) + END, 415),
    "one letter": (video(b"a") + END, 415),
    "NULs": (video(bytes(9000)) + END, 415),
    "a playlist": (video(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n") + END, 415),
    "an ffconcat script": (video(b"ffconcat version 1.0\nfile /etc/passwd\n") + END, 415),
    "a DASH manifest": (video(b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">') + END, 415),
    "a picture": (video(b"\x89PNG\r\n\x1a\n" + bytes(5000)) + END, 415),
    "an animated GIF": (video(b"GIF89a" + bytes(5000)) + END, 415),
    "an AVIF picture": (video(b"\x00\x00\x00\x20ftypavif" + bytes(5000)) + END, 415),
    "an archive": (video(b"PK\x03\x04" + bytes(5000)) + END, 415),
    "bad captions after a good file": (video() + part("captions", b"\x00\x01", file_name="a.vtt") + END, 422),
}


@pytest.mark.parametrize("name", FORMS)
def test_is_refused_and_leaves_nothing(server: Server, account: Account, name: str):
    body, status = FORMS[name]
    with server.client(account) as client:
        answer = client.post("/videos/upload", content=body, headers=FORM)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert server.stored() == {}
    assert server.leftovers() == []
    assert server.rows("SELECT count(*) FROM upload_metadata") == [(0,)]
    assert server.rows("SELECT count(*) FROM videos") == [(0,)]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 71, 400),
        ("multipart/mixed; boundary=b", 415),
        ("application/x-www-form-urlencoded", 415),
        ("video/mp4", 415),
        ("", 415),
    ],
)
def test_types_that_are_no_form(server: Server, account: Account, kind: str, status: int):
    with server.client(account) as client:
        answer = client.post("/videos/upload", content=video() + END, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("chunk", [1, 3, 17, 4096])
def test_the_same_form_in_any_pieces(server: Server, account: Account, chunk: int):
    data = mp4(6000) + b"\r\n--" + b"\r\n--a" + b"\r\n-" * 50 + b"\r"
    body = part("title", b"In pieces") + video(data) + END

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), chunk):
            yield body[start : start + chunk]

    with server.client(account) as client:
        answer = client.post("/videos/upload", content=pieces(), headers=FORM)
    assert answer.status_code == 201, answer.text
    [(key,)] = server.rows("SELECT key FROM videos WHERE public_id = ?", answer.json()["id"])
    path = server.stored()[str(key)]
    assert path.read_bytes() == data
    path.unlink()
    server.rows("DELETE FROM videos")
    server.rows("DELETE FROM upload_metadata")
