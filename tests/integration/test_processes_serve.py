"""`serve` as an operator meets it: it starts fast, ends cleanly, heals itself, and says what is wrong."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.crash import Fleet, environment, free_port, make_clip, start, until

pytestmark = pytest.mark.anyio
READY_SECONDS = 5.0
END_SECONDS = 10.0


@dataclass
class Serve(Fleet):
    """One `reelscribe serve` on a folder of its own."""

    process: subprocess.Popen = None

    def begin(self):
        self.process = start(["serve"], environment=self.environment, log=self.folder / "serve.log")

    async def ready(self):
        """Seconds from the process' start until the API says that it is ready."""
        began = time.monotonic()
        self.begin()
        await until(self.client.ready, self.logs, seconds=30)
        return time.monotonic() - began

    async def end(self):
        """Seconds that it takes to end when asked."""
        began = time.monotonic()
        self.process.terminate()
        assert await asyncio.to_thread(self.process.wait, 30) == 0, self.logs()
        return time.monotonic() - began

    def family(self):
        """Ids and command lines of every process whose data folder is ours."""
        mark, found = f"DATA_DIR={self.data}".encode(), {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def pid_of(self, words):
        return next((pid for pid, command in self.family().items() if words in command), None)

    def kill(self):
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


@pytest.fixture
def serve(tmp_path):
    serve = Serve(tmp_path)
    yield serve
    serve.kill()


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """Seconds of work for one kind of worker, little for the others."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        "transcode": make_clip(folder / "large.mp4", seconds=8, size="1920x1080", rate=25),
        "transcribe": make_clip(folder / "long.mp4", seconds=40),
        "": make_clip(folder / "short.mp4", start=3, seconds=3),
    }


async def upload(serve, path):
    client = serve.client
    await client.sign_in()
    await client.upload(path, "a talk")
    return client


def progress(serve, stage):
    rows = serve.rows("SELECT status, progress FROM jobs WHERE stage = ?", stage)
    return bool(rows) and rows[0][0] == "running" and rows[0][1] > 0


def job(serve, stage):
    return serve.rows("SELECT status, failures FROM jobs WHERE stage = ?", stage)[0]


def history(serve, stage):
    return [kind for (kind,) in serve.rows("SELECT kind FROM video_events WHERE stage = ? ORDER BY id", stage)]


def all_ready(serve):
    return [status for (status,) in serve.rows("SELECT status FROM videos")] == ["ready"]


async def test_is_ready_in_under_five_seconds_and_ends_at_once(serve):
    fresh = await serve.ready()
    assert f"http://127.0.0.1:{serve.port}/" in serve.logs()
    ended = await serve.end()
    again = await serve.ready()
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(f"ready in {fresh:.2f} s, again in {again:.2f} s, ended in {ended:.2f} s; load {load:.1f} a core")  # noqa: T201 - kept by pytest
    assert ended < END_SECONDS
    # What the machine does beside is not ours: the limit holds for a free one.
    assert again < READY_SECONDS * max(1.0, load)
    await serve.end()
    assert serve.family() == {}


@pytest.mark.parametrize("stage", ["transcode", "transcribe"])
async def test_sigterm_in_the_middle_of_work_hands_the_job_back(serve, clips, stage):
    serve.settings = {"JOB_MAX_ATTEMPTS": "1"}
    await serve.ready()
    await upload(serve, clips[stage])
    await until(lambda: progress(serve, stage), serve.logs, seconds=120)
    assert await serve.end() < END_SECONDS
    assert serve.family() == {}
    assert job(serve, stage) == ("queued", 0)
    assert history(serve, stage) == ["started", "handed_back"]
    assert list((serve.data / "scratch").glob("worker-*")) == []


async def test_sigkill_of_the_supervisor_takes_all_down_and_the_next_one_goes_on(serve, clips):
    await serve.ready()
    client = await upload(serve, clips["transcode"])
    await until(lambda: progress(serve, "transcode"), serve.logs, seconds=60)
    serve.process.kill()
    serve.process.wait()
    await until(lambda: not serve.family(), serve.logs, seconds=10)
    assert serve.working_there() == []
    await serve.ready()
    await until(lambda: all_ready(serve), serve.logs, seconds=120)
    assert job(serve, "transcode") == ("done", 0)
    assert (await client.titled("a talk"))["status"] == "ready"


@pytest.mark.parametrize("words", ["reelscribe api", "reelscribe coordinator", "--queues video-transcode"])
async def test_a_killed_child_comes_back_and_work_goes_on(serve, clips, words):
    await serve.ready()
    old = await until(lambda: serve.pid_of(words), serve.logs)
    os.kill(old, signal.SIGKILL)
    await until(lambda: serve.pid_of(words) not in (None, old), serve.logs)
    await upload(serve, clips[""])
    await until(lambda: all_ready(serve), serve.logs)


def failed(arguments, environment):
    """A command that ends by itself: its exit code and what it says."""
    command = [sys.executable, "-m", "reelscribe", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


async def test_a_second_platform_on_the_same_folder_is_refused(serve):
    await serve.ready()
    code, said = failed(["serve"], {**serve.environment, "PORT": str(free_port())})
    assert code == 1
    assert "Another `reelscribe serve` runs on" in said
    assert "DATA_DIR" in said
    assert "Traceback" not in said


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for arguments in (["serve"], ["api"], ["summarizer"]):
            settings = environment(tmp_path / "data", port)
            subprocess.run(
                [sys.executable, "-m", "reelscribe", "migrate"], env=settings, check=True, capture_output=True
            )
            code, said = failed(arguments, settings)
            assert code == 1, arguments
            assert f"Port {port}" in said
            assert "PORT" in said
            assert "Traceback" not in said


def test_an_unknown_queue_is_named_beside_those_that_are(tmp_path):
    code, said = failed(["worker", "--queues", "nonsense"], environment(tmp_path / "data", free_port()))
    assert code == 1
    assert "nonsense" in said
    assert "video-transcode" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [["serve"], ["migrate"], ["worker"]])
def test_a_data_folder_that_can_not_be_written_is_named(arguments):
    # Not even an administrator, whom permissions do not stop, can make folders here.
    code, said = failed(arguments, environment("/proc/nowhere/data", free_port()))
    assert code == 1
    assert "/proc/nowhere/data" in said
    assert "DATA_DIR" in said
    assert "Traceback" not in said


def test_a_process_on_a_database_that_is_behind_says_what_to_run(tmp_path):
    code, said = failed(["relay"], environment(tmp_path / "data", free_port()))
    assert code == 1
    assert "reelscribe migrate" in said
    assert "Traceback" not in said
