"""Every operation of the OpenAPI documents, called with data made from them: what is answered is what is documented."""

from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.hostile import Platform, captions, platform, talk

import requests

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SECONDS = 20
"""An answer that takes longer counts as never."""

TUS = {"Tus-Resumable": "1.0.0"}
SAME_EVERY_TIME = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Props:
    """What calls need to get somewhere: accounts, videos and uploads that are there."""

    def __init__(self, running: Platform, folder: Path) -> None:
        self.running = running
        self.admin = running.person("admin@example.org")
        self.person = running.person("ada@example.org")
        film, said = talk(folder / "talk.mp4"), captions("A lighthouse stands on the rock.")
        self.video = self.person.processed(film, captions=said)["id"]
        assert self.person.video(self.video)["status"] == "ready"
        self.begun = ""

    def session(self) -> str:
        """A video that is to be uploaded in parts; the one before has served, whatever became of it."""
        self.person.delete(f"/videos/{self.begun}")
        answer = self.person.post("/videos/upload", json={"filename": "a.mp4", "size": 1000})
        assert answer.status_code == 201, answer.text
        self.begun = answer.json()["video"]["id"]
        return self.begun

    def tus(self) -> str:
        self.person.delete(f"/videos/{self.begun}")
        answer = self.person.post("/videos/upload/tus", headers={**TUS, "Upload-Length": "1000"})
        assert answer.status_code == 201, answer.text
        self.begun = answer.headers["X-Video-Id"]
        return answer.headers["Location"].rpartition("/")[2]

    def fill(self, case) -> None:
        """Let a call mean what is there."""
        names = case.path_parameters or {}
        consumes = case.method in ("DELETE", "PATCH") or case.path.endswith(("/upload", "/upload/complete"))
        if "video_id" in names:
            case.path_parameters["video_id"] = self.session() if consumes else self.video
        if "upload_id" in names and "/tus/" in case.path:
            case.path_parameters["upload_id"] = self.tus()

    def caller(self, case) -> dict[str, str]:
        """The headers of who calls: nobody who is needed afterwards."""
        ends_it = case.path.endswith(("/auth/logout", "/users/me")) and case.method != "GET"
        who = self.running.person() if ends_it else self.person
        return {"Authorization": who.headers["Authorization"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with platform(tmp_path_factory.mktemp("schema"), MAX_UPLOAD_BYTES=str(64 << 20)) as running:
        yield running


@pytest.fixture(scope="module")
def props(running, tmp_path_factory):
    return Props(running, tmp_path_factory.mktemp("props"))


@pytest.fixture(scope="module")
def session():
    with requests.Session() as session:
        yield session


def called_with_data_of(document, subtests, check):
    """Each operation of a document with data of its own: what fails is told for all of them."""
    schema = schemathesis.openapi.from_url(document)
    for found in schema.get_all_operations():
        operation = found.ok()

        @SAME_EVERY_TIME
        @given(case=operation.as_strategy(), meant=st.booleans())
        def called(case, meant):
            check(case, meant)

        with subtests.test(operation.label):
            called()


def test_the_api_answers_as_documented(running, props, session, subtests):
    def check(case, meant):
        if meant:
            props.fill(case)
        answer = case.call(headers=props.caller(case), session=session, timeout=SECONDS)
        case.validate_response(answer, checks=CHECKS)

    called_with_data_of(f"{running.origin}/openapi.json", subtests, check)


def test_the_summarizer_answers_as_documented(running, session, subtests):
    def check(case, _meant):
        case.validate_response(case.call(session=session, timeout=SECONDS), checks=CHECKS)

    called_with_data_of(f"http://127.0.0.1:{running.port + 1}/openapi.json", subtests, check)


def test_the_platform_is_well_after_all_that(props):
    assert httpx.get(f"{props.running.origin}/api/v1/health/ready").status_code == 200
    assert props.person.video(props.video)["id"] == props.video
