"""What is around the platform fails: the language model, the disk, the folder, the port. It says so, and goes on."""

import json
import resource
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.engines import missing
from tests.support.hostile import Platform, captions, connection, platform, talk, until
from tests.support.text_endpoint import Reply, completion, endpoint, obliging

SAID = "A lighthouse stands on the rock. Its lamp turns all night. Ships see it from far away. Nobody lives there now."
JSON = (("content-type", "application/json"),)
MOODS = {
    "nonsense": completion("colorless green ideas sleep furiously"),
    "html": Reply("<html><body><h1>It works!</h1></body></html>", headers=(("content-type", "text/html"),)),
    "nothing": Reply(""),
    "empty-json": Reply("{}", headers=JSON),
    "a-list": Reply("[[[]]]", headers=JSON),
    "wrong-types": Reply(json.dumps({"choices": [{"message": {"content": 5}}]}), headers=JSON),
    "hang": Reply(hang=True),
    "endless": Reply(endless=True),
    "500": Reply("{}", status=500, headers=JSON),
    "401": Reply("{}", status=401, headers=JSON),
    "302-elsewhere": Reply("", status=302, headers=(("location", "file:///etc/passwd"),)),
    "lies-about-length": Reply("short", headers=(("content-length", "5"), ("content-encoding", "gzip"))),
}


@dataclass
class Model:
    """A language model with moods."""

    mood: Reply | None = None
    endpoint: object = field(default=None)

    def __call__(self, request, number):
        return obliging(request, number) if self.mood is None else self.mood


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return talk(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="module")
def model():
    model = Model()
    with endpoint(model) as served:
        model.endpoint = served
        yield model


@pytest.fixture(scope="module")
def running(tmp_path_factory, model):
    patience = {"OPENAI_TIMEOUT": "1", "OPENAI_MAX_RETRIES": "1", "JOB_MAX_ATTEMPTS": "1"}
    with platform(tmp_path_factory.mktemp("model"), OPENAI_BASE_URL=model.endpoint.url, **patience) as running:
        yield running


@pytest.fixture(scope="module")
def person(running):
    return running.person()


@pytest.mark.parametrize("mood", MOODS)
def test_a_language_model_that_is_unwell(model, person, film, mood):
    """Failed in words, or ready: never stuck, and never any of its nonsense in a summary. Well again, a retry mends."""
    model.mood = MOODS[mood]
    video = person.settled(person.accepted(film, captions=captions(SAID)), 60)
    model.mood = None
    if video["status"] == "failed":
        assert video["failed_stage"] == "summarize"
        assert "language model" in video["status_message"].lower(), video["status_message"]
        assert not any(slip in video["status_message"] for slip in ("Traceback", "Error(", "127.0.0.1", "<html"))
        assert person.post(f"/videos/{video['id']}/retry").status_code == 202
        video = person.settled(video["id"])
    assert video["status"] == "ready", video
    summary = person.get(f"/videos/{video['id']}/summary").json()
    assert "lighthouse" in summary["text"]
    assert "colorless" not in summary["text"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system with somewhat more room than readiness asks for, where mounting is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        missing("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_full_in_the_middle(small_disk, film):
    """What is asked is answered in words, nothing that was there is lost, and with room again all goes on."""
    with platform(small_disk, LOG_LEVEL="warning") as running:
        person = running.person()
        before = person.processed(film, captions=captions(SAID))
        assert before["status"] == "ready", before
        late = person.accepted(film, captions=captions(SAID))
        filler = small_disk / "filler"
        with filler.open("wb") as file, pytest.raises(OSError, match="No space"):  # noqa: PT012 - until it is full
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        answers = [
            person.upload(film),
            person.post("/videos/upload", json={"filename": "a.mp4", "size": 1000}),
            person.post("/videos/upload/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}),
            person.patch(f"/videos/{before['id']}", json={"title": "New"}),
            person.get(f"/videos/{before['id']}"),
            person.get("/videos/search", params={"q": "lighthouse"}),
            person.get(f"/videos/{before['id']}/watch"),
        ]
        assert all(answer.status_code in (200, 201, 503, 507) for answer in answers), [
            (answer.status_code, answer.text) for answer in answers
        ]
        assert all(answer.json().get("detail") for answer in answers if answer.status_code >= 500)
        assert person.get(f"/videos/{before['id']}/transcript").status_code == 200
        filler.unlink()
        until(running.is_ready, running.tail)
        video = person.settled(late)
        if video["status"] == "failed":
            assert "full" in video["status_message"] or "room" in video["status_message"], video
            assert person.post(f"/videos/{late}/retry").status_code == 202
            video = person.settled(late)
        assert video["status"] == "ready", video
        assert person.processed(film, captions=captions(SAID))["status"] == "ready"


@pytest.fixture
def read_only(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        missing("a read-only file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def ended(running, seconds=20):
    """The exit code of a platform that does not start, and what it said."""
    try:
        code = running.process.wait(seconds)
        return code, running.logged()
    finally:
        running.stop()


class Elsewhere(Platform):
    """A platform whose data lie in a folder of the test's choice; its log does not."""

    target = None

    @property
    def data(self):
        return self.target


def test_a_folder_that_cannot_be_written_is_told_at_once(read_only, tmp_path):
    running = Elsewhere(tmp_path)
    running.target = read_only / "data"
    running.launch()
    code, said = ended(running)
    assert code == 1
    assert "DATA_DIR" in said
    assert "Traceback" not in said


def test_a_file_where_the_folder_should_be_is_told_at_once(tmp_path):
    running = Elsewhere(tmp_path)
    running.target = tmp_path / "a file"
    running.target.write_text("here already")
    running.launch()
    code, said = ended(running)
    assert code == 1
    assert "DATA_DIR" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("which", [0, 1], ids=["api", "summarizer"])
def test_a_taken_port_is_told_at_once_and_nothing_is_left_running(tmp_path, which):
    running = Platform(tmp_path)
    with socket.create_server(("127.0.0.1", running.port + which)):
        running.launch()
        code, said = ended(running)
    assert code == 1
    assert str(running.port + which) in said
    assert "PORT" in said
    assert "Traceback" not in said
    assert running.family() == []


def test_a_data_folder_that_vanishes_is_an_error_in_words_and_never_a_hang(tmp_path, film):
    """Everything is gone, as with a disk that was pulled: nothing can be right, but everything answers."""
    with platform(tmp_path) as running:
        person = running.person()
        video = person.accepted(film, captions=captions(SAID))
        running.data.rename(tmp_path / "pulled")
        for ask in (
            lambda: person.get(f"/videos/{video}"),
            lambda: person.get("/videos/search", params={"q": "lighthouse"}),
            lambda: person.upload(film),
            lambda: person.get("/health/live"),
        ):
            began = time.monotonic()
            answer = ask()
            assert answer.status_code in (200, 201, 401, 404, 503, 507), answer.text
            assert time.monotonic() - began < 30
        shutil.rmtree(running.data, ignore_errors=True)
        (tmp_path / "pulled").rename(running.data)
        until(running.is_ready, running.tail)
        assert person.settled(video)["status"] == "ready"


class Unheard(Platform):
    """A platform whose log goes where nothing can be written."""

    @property
    def log(self):
        return Path("/dev/full")

    def tail(self):
        return "it is ready, with a log that is full"


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path, film):
    running = Unheard(tmp_path)
    try:
        running.begin()
        person = running.person()
        assert person.processed(film, captions=captions(SAID))["status"] == "ready"
        assert person.get("/videos/nothing").status_code == 404
        running.process.terminate()
        assert running.process.wait(20) == 0
    finally:
        running.stop()


def test_many_clients_at_once_are_all_served(tmp_path, film):
    """Sixty people upload, watch their streams and search at the same time: nobody is refused for the others."""
    with platform(tmp_path, TRANSCODE_WORKERS="2") as running, ThreadPoolExecutor(60) as pool:
        people = [running.person() for _ in range(6)]

        def use(index):
            person = people[index % 6]
            made = person.upload(film, captions=captions(SAID))
            found = person.get("/videos/search", params={"q": "lighthouse"})
            return made.status_code, found.status_code

        answers = [future.result() for future in [pool.submit(use, index) for index in range(60)]]
        assert set(answers) <= {(201, 200), (429, 200)}, set(answers)
        assert answers.count((201, 200)) >= 30
        left = "SELECT count(*) FROM videos WHERE status != 'ready'"
        until(lambda: running.rows(left) == [(0,)], "all are ready", 100)
        assert running.rows("SELECT count(*) FROM videos") == [(answers.count((201, 200)),)]


@pytest.fixture
def few_descriptors():
    """Children of this process get few descriptors; it keeps its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    yield lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_idle_connections_take_no_descriptor_that_work_needs(few_descriptors, tmp_path, film):
    """More connections than descriptors made every search and upload an error once, for everybody."""
    with platform(tmp_path) as running, ExitStack() as idle:
        few_descriptors()
        person = running.person()
        video = person.accepted(film, captions=captions(SAID))
        for _ in range(600):
            idle.enter_context(connection(running.origin))
        assert person.get("/videos/search", params={"q": "lighthouse"}).status_code == 200
        assert person.upload(film, captions=captions(SAID)).status_code == 201
        assert person.settled(video)["status"] == "ready"
        assert person.get(f"/videos/{video}/transcript").status_code == 200
        idle.close()
        with running.anyone() as somebody:
            assert somebody.get("/health/live").status_code == 200
