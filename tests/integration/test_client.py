"""What the commands say: each answer of the platform in words that help."""

import io

import httpx
import pytest
from rich.console import Console
from rich.progress import Progress
from tests.support.app import open_app
from tests.support.uploads import mp4

from reelscribe.client.api import Client, ClientError, token_file
from reelscribe.client.ingest import Follower, Screen, ingest
from reelscribe.client.show import marked, row
from reelscribe.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as running:
        yield running


async def test_a_wrong_password_is_called_that(app):
    await app.signup("ada@example.com")
    with pytest.raises(ClientError, match="password is wrong"):
        await Client(app.http).login("ada@example.com", "not this one")


async def test_who_is_not_signed_in_is_told_how_to(app):
    with pytest.raises(ClientError, match="reelscribe login"):
        await Client(app.http).get("/users/me")


async def test_signed_in_once_is_signed_in_from_then_on(app):
    ada = await app.signup("ada@example.com")
    client = Client(app.http)
    await client.login(ada.email, "a password for tests alone")
    assert (await client.get("/users/me"))["email"] == ada.email


async def test_a_platform_that_does_not_run_is_told_with_its_remedy():
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9") as http:
        with pytest.raises(ClientError, match=r"127\.0\.0\.1:9 does not answer.*reelscribe serve"):
            await Client(http).get("/health")


async def test_a_refusal_is_told_in_the_platform_s_words(app):
    with pytest.raises(ClientError, match="404: There is no such video"):
        await Client(app.http).get("/videos/7pQv9XkM2aB")


async def test_a_stream_that_is_refused_is_not_over(app):
    with Progress(disable=True) as bars:
        follower = Follower(Screen(Console(file=io.StringIO()), bars), {})
        assert await follower.watch(Client(app.http), "7pQv9XkM2aB") is False


async def test_a_refused_file_does_not_keep_the_others_out(app, tmp_path):
    await app.signup("ada@example.com")
    client, said = Client(app.http), io.StringIO()
    await client.login("ada@example.com", "a password for tests alone")
    talk = tmp_path / "[bold] talk.mp4"
    talk.write_bytes(mp4(10_000))
    words, empty, missing = tmp_path / "words.mp4", tmp_path / "empty.mp4", tmp_path / "missing.mp4"
    words.write_text("no video")
    empty.touch()
    console = Console(file=said, width=300)
    videos = await ingest(client, dict.fromkeys([words, empty, missing, talk]), wait=False, console=console)
    assert [video["title"] for video in videos] == [talk.name]
    assert f"{talk.name}: uploaded as {videos[0]['id']}" in said.getvalue()
    for refused in (
        "words.mp4: The platform answered 415",
        "empty.mp4: It is empty",
        "missing.mp4: It can not be read",
    ):
        assert refused in said.getvalue()


async def test_a_bad_field_is_named_with_what_is_wrong(app):
    with pytest.raises(ClientError, match=r"answered 422: .*limit: .*100"):
        await Client(app.http).get("/videos/list", limit=1000)


@pytest.mark.parametrize(
    ("text", "spans", "shown"),
    [
        ("It was the age of wisdom", [[11, 14]], "It was the age of wisdom"),
        ("one " * 20 + "wisdom" + " two" * 40, [[80, 86]], "… " + "one " * 8 + "wisdom" + " two" * 15 + " …"),
        ("智" * 300, [[200, 202]], "… " + "智" * 100 + " …"),
        ("", [], ""),
    ],
)
def test_a_moment_is_cut_between_words(text, spans, shown):
    assert marked({"text": text, "spans": spans}).plain == shown


def test_a_history_tells_how_long_attempts_took_and_the_tail_of_an_error():
    def event(at, kind, attempt, message="", **data):
        return {
            "id": 1,
            "at": f"2026-01-31T12:00:{at:09.6f}Z",
            "kind": kind,
            "stage": "transcode",
            "attempt": attempt,
            "message": message,
            "data": data,
        }

    events = [
        event(1, "started", 1),
        event(3.5, "retrying", 1, "FFmpeg [x] was killed.", retry_in=2.0, error="signal 9"),
        event(6, "started", 2),
        event(16.25, "completed", 2, duration=754.2, variants=["720p", "1080p"], warnings=[], quality=0.5),
    ]
    said, began = io.StringIO(), {}
    console = Console(file=said, width=200)
    for each in events:
        console.print(row(each, began))
    lines = [" ".join(line.split()) for line in said.getvalue().splitlines()]
    assert lines == [
        "2026-01-31 12:00:01Z started transcode 1",
        "2026-01-31 12:00:03Z retrying transcode 1 FFmpeg [x] was killed.",
        "took 2.5 s, next try in 2 s",
        "signal 9",
        "2026-01-31 12:00:06Z started transcode 2",
        "2026-01-31 12:00:16Z completed transcode 2 took 10.2 s, duration 12:34, variants 720p 1080p, quality 0.50",
    ]


def test_a_token_is_kept_for_one_address_and_sent_to_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("REELSCRIBE_URL", "https://videos.example:8443")
    there = token_file(Settings())
    monkeypatch.setenv("REELSCRIBE_URL", "https://elsewhere.example")
    assert token_file(Settings()) != there
    assert there.parent == tmp_path / "reelscribe" / "tokens"
