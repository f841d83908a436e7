"""Logs: one line a request, in JSON, with ids, and nothing secret in any of them."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars
from tests.support.app import API, PASSWORD, App, open_app

from reelscribe import logs
from reelscribe.logs import masked

pytestmark = pytest.mark.anyio

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
TOKEN = "67a1b2c3.0.c2lnbmF0dXJlLW9mLWEtdmlkZW8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Log(StringIO):
    """Standard error, read as events."""

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def configure(self, level: str, *, as_json: bool | None = None) -> None:
        with redirect_stderr(self):
            logs.configure(level, as_json)


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = Log()
    stream.configure("info")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def app(tmp_path: Path, log: Log) -> AsyncIterator[App]:  # noqa: ARG001 - logs are set up before the app speaks
    async with open_app(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        (f"token={JWT}!", "token=***!"),
        (f"GET /media/{TOKEN}/videos/x/720p.mp4 200", "GET /media/*** 200"),
        (f"https://v.example/media/{TOKEN}/videos/x.mp4?download=a", "https://v.example/media/***?***"),
        (f"PUT /uploads/parts/{TOKEN}/u1/3", "PUT /uploads/parts/***"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X=1 failed", "https://b.s3.amazonaws.com/k?*** failed"),
        ("/api/v1/videos/search?q=private%20words", "/api/v1/videos/search?***"),
        ("postgresql://reel:hunter2@db:5432/x", "postgresql://reel:***@db:5432/x"),
        ("redis://:hunter2@cache/0", "redis://:***@cache/0"),
        ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "***"),
        (
            "[SQL: INSERT]\n[parameters: ('ada@example.com', 'x')]\n(Background)",
            "[SQL: INSERT]\n[parameters: ***]\n(Background)",
        ),
        ("Is it ready? Yes.", "Is it ready? Yes."),
        ("videos/x/720p.mp4 took 3 s", "videos/x/720p.mp4 took 3 s"),
        ('File "/usr/lib/python3/x.py", line 3', 'File "/usr/lib/python3/x.py", line 3'),
    ],
)
def test_what_is_secret_is_masked_and_the_rest_stays(text: str, expected: str) -> None:
    assert masked(text) == expected


@given(st.text(max_size=300))
def test_masking_takes_any_text_and_is_done_in_one_go(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.timeout(20)
def test_masking_is_quick_on_lines_made_to_be_slow() -> None:
    for piece in ("/", "a", "eyJ", "eyJ-", "http://", "http://a:", "[parameters: ", "a.", "?a", "bearer ", "/media/"):
        assert len(masked(piece * 100_000)) <= 120_000


def test_a_line_is_json_with_the_ids_of_its_context(log: Log) -> None:
    with bound_contextvars(request_id="r1", video_id="abc", job_id=7):
        structlog.get_logger("reelscribe.test").info("stage_done", seconds=1.5)
    (event,) = log.events()
    assert event["event"] == "stage_done"
    assert (event["request_id"], event["video_id"], event["job_id"]) == ("r1", "abc", 7)
    assert (event["level"], event["logger"], event["seconds"]) == ("info", "reelscribe.test", 1.5)
    assert str(event["timestamp"]).endswith("Z")


def test_other_libraries_lines_come_out_the_same(log: Log) -> None:
    with bound_contextvars(request_id="r1"):
        logging.getLogger("another.library").warning("Bearer %s of %s", JWT, "ada")
    (event,) = log.events()
    assert event["event"] == "Bearer *** of ada"
    assert (event["level"], event["request_id"]) == ("warning", "r1")


def test_secrets_are_masked_by_name_and_at_any_depth(log: Log) -> None:
    structlog.get_logger("t").info(
        "x", password="p1", api_key="p2", JWT_SECRET="p3", data={"token": "p4", "list": [f"Bearer {JWT}"]}, tokens_in=5
    )
    assert not any(secret in log.getvalue() for secret in ("p1", "p2", "p3", "p4", JWT))
    assert log.events()[0]["tokens_in"] == 5


def test_an_error_is_logged_with_its_stack_and_without_values_of_variables(log: Log) -> None:
    def fail(secret_variable: str) -> None:
        raise RuntimeError(f"failed at /media/{TOKEN}/videos/x.mp4 with {len(secret_variable)} characters")

    try:
        fail("hunter" + "2")
    except RuntimeError:
        structlog.get_logger("t").exception("it_failed")
        logging.getLogger("other").exception("it failed there")
    for event in log.events():
        assert "Traceback" in str(event["exception"])
        assert "test_services_logs.py" in str(event["exception"])
        assert "hunter2" not in str(event["exception"])
        assert TOKEN not in str(event["exception"])


def test_a_person_at_a_terminal_gets_lines_for_reading(log: Log) -> None:
    log.configure("info", as_json=False)
    structlog.get_logger("t").info("hello", video_id="abc")
    assert "hello" in log.getvalue()
    assert "video_id" in log.getvalue()
    assert not log.getvalue().lstrip().startswith("{")


def test_below_the_level_nothing_is_written(log: Log) -> None:
    log.configure("warning")
    structlog.get_logger("t").info("quiet")
    logging.getLogger("uvicorn.access").critical("127.0.0.1 GET /media/token")
    assert log.getvalue() == ""


async def test_a_request_is_one_line_by_its_template(app: App, log: Log) -> None:
    ada = await app.signup("ada@example.com")
    log.truncate(0)
    log.seek(0)
    headers = {**ada.headers, "X-Request-ID": "my-request"}
    answer = await app.http.get(f"{API}/users/me", headers=headers)
    (event,) = log.events()
    assert event["event"] == "request"
    assert (event["method"], event["path"], event["status"]) == ("GET", f"{API}/users/me", 200)
    assert (event["request_id"], event["user_id"]) == ("my-request", ada.id)
    assert event["bytes"] == len(answer.content)
    assert float(str(event["ms"])) >= 0


async def test_a_path_with_parameters_is_logged_as_its_template_with_its_prefix(app: App, log: Log) -> None:
    await app.http.put(f"/uploads/parts/{TOKEN}/u1/3", content=b"x")
    await app.http.get(f"{API}/videos/abcdefghijk")
    lines = [event for event in log.events() if event["event"] == "request"]
    paths = [event["path"] for event in lines]
    assert paths == ["/uploads/parts/{token}/{upload_id}/{number}", f"{API}/videos/{{video_id}}"]
    assert [event.get("video_id") for event in lines] == [None, "abcdefghijk"]


async def test_an_unknown_path_can_neither_forge_lines_nor_carry_tokens(app: App, log: Log) -> None:
    await app.http.get("/x%0a%7b%22event%22:%22forged%22%7d")
    await app.http.get(f"/nothing/media/{TOKEN}/videos/x.mp4")
    await app.http.get("/" + "a" * 5000)
    await app.http.get(f"/nothing/play/{TOKEN}/1-1/720p.mp4")
    events = log.events()
    assert [event["event"] for event in events] == ["request"] * 4
    assert TOKEN not in log.getvalue()
    assert len(str(events[2]["path"])) <= 200


async def test_an_unexpected_error_is_logged_with_its_stack_under_the_answers_id(app: App, log: Log) -> None:
    @app.app.get("/breaks")
    async def breaks() -> None:
        raise ZeroDivisionError("the reason")

    answer = await app.http.get("/breaks")
    failed, request = log.events()
    assert failed["event"] == "request_failed"
    assert "the reason" in str(failed["exception"])
    assert failed["request_id"] == request["request_id"] == answer.json()["request_id"]
    assert (request["status"], request["level"]) == (500, "warning")


async def test_no_secret_of_a_whole_life_of_an_account_is_in_the_logs(app: App, log: Log) -> None:
    log.configure("debug")
    ada = await app.signup("ada@example.com")
    await app.http.post(f"{API}/auth/login", json={"email": ada.email, "password": "a wrong secret"})
    await app.http.get(f"{API}/users/me?access_token={ada.token}", headers=ada.headers)
    change = {"password": "another secret", "current_password": PASSWORD}
    await app.http.patch(f"{API}/users/me", headers=ada.headers, json=change)
    again = await app.login(ada.email, "another secret")
    await app.http.delete(f"{API}/users/me", headers={"Authorization": f"Bearer {again}"})
    await app.http.get(f"/media/{TOKEN}/videos/x/720p.mp4?download=x")
    text = log.getvalue()
    assert text.count('"event": "request"') == 8
    secrets = [PASSWORD, "a wrong secret", "another secret", ada.token, again, TOKEN, app.platform.secret, "argon2id"]
    assert [secret for secret in secrets if secret in text] == []
