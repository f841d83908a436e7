"""POST /videos/upload with a form: what comes in, and what a user is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.uploads import MIB, Server, mp4, raw_request, serving, until

from reelscribe.videos.public_id import ALPHABET

VTT = b"WEBVTT\n\n00:00.000 --> 00:01.500\nLight keeps ships off the rocks.\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("multipart"), MAX_CAPTION_BYTES="4096") as running:
        yield running


def test_a_form_becomes_a_pending_video_with_one_event(server: Server):
    data = mp4(3 * MIB + 17)
    with server.client(server.account("Grace")) as client:
        answer = client.post(
            "/videos/upload",
            data={
                "title": "  Lighthouses ",
                "description": "How\r\nthey work",
                "visibility": "private",
                "language": "de-AT",
            },
            files={"file": ("talk.mp4", data, "text/plain")},
        )
    assert answer.status_code == 201, answer.text
    video = answer.json()
    assert video["status"] == "pending"
    assert (video["title"], video["description"]) == ("Lighthouses", "How\nthey work")
    assert (video["visibility"], video["language"]) == ("private", "de")
    assert video["user"]["name"] == "Grace"
    assert len(video["id"]) == 11
    assert set(video["id"]) <= set(ALPHABET)

    [(key, size, file_name, given)] = server.rows(
        "SELECT key, size, file_name, language_given FROM videos WHERE public_id = ?", video["id"]
    )
    assert (size, file_name, given) == (len(data), "talk.mp4", 1)
    assert server.stored()[str(key)].read_bytes() == data
    [(topic, payload)] = server.rows("SELECT topic, payload FROM outbox_events WHERE video_key = ?", video["id"])
    assert topic == "video.uploaded"
    assert json.loads(str(payload))["run"] == 1
    kinds = server.rows(
        "SELECT kind FROM video_events WHERE video_id = (SELECT id FROM videos WHERE public_id = ?)", video["id"]
    )
    assert kinds == [("uploaded",)]


def test_fields_may_follow_the_file_and_captions_are_kept(server: Server):
    boundary = "a-boundary"
    parts = [
        b'Content-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + mp4(5000),
        b'Content-Disposition: form-data; name="captions"; filename="a.vtt"\r\nContent-Type: text/vtt\r\n\r\n' + VTT,
        b'Content-Disposition: form-data; name="title"\r\n\r\nSaid last',
    ]
    body = b"".join(b"--a-boundary\r\n" + part + b"\r\n" for part in parts) + b"--a-boundary--\r\n"
    with server.client(server.account()) as client:
        answer = client.post(
            "/videos/upload", content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
        )
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == "Said last"
    [(captions_key,)] = server.rows("SELECT captions_key FROM videos WHERE public_id = ?", answer.json()["id"])
    assert str(captions_key).endswith("/captions.vtt")
    assert server.stored()[str(captions_key)].read_bytes() == VTT


@pytest.mark.parametrize(
    ("given", "title", "kept"),
    [
        ("../../x", "x", "x"),
        ("..\\..\\windows\\x.mp4", "x.mp4", "x.mp4"),
        ("/etc/passwd", "passwd", "passwd"),
        ("..", "Untitled", ""),
        ("a\x00b\x07c\u202e4pm.mp4", "abc4pm.mp4", "abc4pm.mp4"),
        ("ü日本.mp4", "ü日本.mp4", "ü日本.mp4"),
        ("n" * 2000 + ".mp4", "n" * 255, "n" * 255),
    ],
)
def test_a_files_name_is_only_a_name(server: Server, given: str, title: str, kept: str):
    header = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % given.encode()
    with server.client(server.account()) as client:
        answer = client.post(
            "/videos/upload",
            content=header + mp4(5000) + b"\r\n--b--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
    assert answer.status_code == 201, answer.text
    [(shown, file_name, key)] = server.rows(
        "SELECT title, file_name, key FROM videos WHERE public_id = ?", answer.json()["id"]
    )
    assert (shown, file_name) == (title, kept)
    assert str(key).startswith(f"videos/{answer.json()['id']}/original/")
    assert str(key).endswith("/source")


def test_every_bad_field_is_named_and_nothing_stays(server: Server):
    before = server.stored().keys()
    with server.client(server.account()) as client:
        answer = client.post(
            "/videos/upload",
            data={"title": "t" * 501, "visibility": "everyone", "language": "klingon"},
            files={"file": ("a.mp4", mp4(5000))},
        )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {"body.title", "body.visibility", "body.language"}
    assert server.stored().keys() == before


@pytest.mark.parametrize("captions", [b"not captions at all", b"WEBVTT\n\n", b"WEBVTT\n\n" + b"x" * 5000])
def test_bad_captions_are_told_before_there_is_a_video(server: Server, captions: bytes):
    before = server.stored().keys()
    with server.client(server.account()) as client:
        answer = client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000)), "captions": ("a.vtt", captions)})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "body.captions"
    assert server.stored().keys() == before


def test_an_empty_captions_part_counts_as_none(server: Server):
    """Browsers send one for a file field that was left alone."""
    with server.client(server.account()) as client:
        answer = client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000)), "captions": ("", b"")})
    assert answer.status_code == 201, answer.text


def test_needs_a_signed_in_user(server: Server):
    with server.client() as client:
        assert client.post("/videos/upload", files={"file": ("a.mp4", mp4(5000))}).status_code == 401


def test_a_killed_server_leaves_nothing_that_can_be_seen(tmp_path: Path):
    with serving(tmp_path) as server:
        account = server.account()
        kind = "Content-Type: multipart/form-data; boundary=b"
        head = f"POST /api/v1/videos/upload HTTP/1.1\n{kind}\nContent-Length: 99999999"
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + mp4(3 * MIB)
        connection = raw_request(server, account, head, body)
        until(server.leftovers, "the first bytes are written")
        server.kill()
        connection.close()
        server.start()
        assert server.stored() == {}
        assert server.rows("SELECT count(*) FROM videos") == [(0,)]
        assert server.rows("SELECT count(*) FROM outbox_events") == [(0,)]
