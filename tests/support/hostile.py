"""One whole platform (`reelscribe serve`, as an operator starts it) that is attacked over HTTP and outlives it."""

import contextlib
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tests.support.crash import environment, free_port, start

from reelscribe.media.tools import find_tools

PATIENCE = 90.0
"""Seconds until what must come counts as never: generous, since other tests may have the cores."""
API = "/api/v1"
PASSWORD = "correct horse battery staple"
SETTLED = ("ready", "failed")


def until(condition, what, seconds=PATIENCE, every=0.05):
    """Wait until `condition()` gives something true, and give it back."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain until {what() if callable(what) else what}"
        time.sleep(every)
    return found


class Person(httpx.Client):
    """An account, signed in. Addresses are below /api/v1; what is absolute on our origin goes through `media`."""

    def __init__(self, origin, email, **options):
        super().__init__(base_url=origin + API, timeout=60, **options)
        self.origin, self.email, self.id = origin, email, 0

    def sign_up(self, name="Ada"):
        body = {"name": name, "email": self.email, "password": PASSWORD}
        made = self.post("/auth/signup", json=body)
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        return self.sign_in()

    def sign_in(self):
        answer = self.post("/auth/login", json={"email": self.email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    @property
    def token(self):
        return self.headers["Authorization"].removeprefix("Bearer ")

    def upload(self, content, name="a.mp4", **fields):
        """Send a file as a form: whatever comes of it."""
        captions = fields.pop("captions", None)
        files = {"file": (name, content, "video/mp4")}
        if captions is not None:
            files["captions"] = ("a.vtt", captions, "text/vtt")
        return self.post("/videos/upload", files=files, data=fields)

    def accepted(self, content, name="a.mp4", **fields):
        """The id of a video whose upload is taken."""
        answer = self.upload(content, name, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def video(self, video_id):
        answer = self.get(f"/videos/{video_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settled(self, video_id, seconds=PATIENCE):
        """The video at the end of its way: ready or failed."""
        until(lambda: self.video(video_id)["status"] in SETTLED, lambda: f"this ends: {self.video(video_id)}", seconds)
        return self.video(video_id)

    def processed(self, content, name="a.mp4", **fields):
        """The video that comes of a file, at the end of its way."""
        return self.settled(self.accepted(content, name, **fields))

    def media(self, address, method="GET", **options):
        """Ask for a signed address as a `<video>` element does: without a token."""
        return httpx.request(method, httpx.URL(self.origin).join(address), timeout=30, **options)


@dataclass
class Platform:
    """`reelscribe serve` in a folder of its own."""

    folder: Path
    settings: dict = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None
    clients: list = field(default_factory=list)

    @property
    def data(self):
        return self.folder / "data"

    @property
    def log(self):
        return self.folder / "serve.log"

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self):
        return environment(self.data, self.port, **{"JOB_MAX_ATTEMPTS": "2", **self.settings})

    def launch(self):
        """Start it, and wait for nothing."""
        self.process = start(["serve"], environment=self.environment, log=self.log)

    def begin(self):
        self.launch()
        until(self.is_ready, self.tail)
        return self

    def is_ready(self):
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.origin}{API}/health/ready", timeout=10).status_code == 200
        return False

    def person(self, email="", name="Ada"):
        """A new account, signed in."""
        return self._client(email or f"{secrets.token_hex(6)}@example.org").sign_up(name)

    def anyone(self):
        """Somebody who is not signed in."""
        return self._client("")

    def _client(self, email):
        self.clients.append(Person(self.origin, email))
        return self.clients[-1]

    def tail(self):
        return self.log.read_text(errors="replace")[-4000:]

    def logged(self):
        return self.log.read_text(errors="replace")

    def rows(self, query, *parameters):
        with contextlib.closing(sqlite3.connect(self.data / "reelscribe.db", timeout=30)) as database:
            return database.execute(query, parameters).fetchall()

    def family(self):
        """Ids of every process whose data folder is ours."""
        mark, found = f"DATA_DIR={self.data}".encode(), []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def pid_of(self, words):
        for pid in self.family():
            with contextlib.suppress(OSError):
                if words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                    return pid
        return None

    def stop(self):
        """End as an operator would; kill what is left, so that no test leaves anything behind."""
        for client in self.clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


@contextmanager
def platform(folder, **settings) -> Iterator[Platform]:
    """A running platform in a folder."""
    running = Platform(folder, settings)
    try:
        yield running.begin()
    finally:
        running.stop()


def ffmpeg(*arguments):
    """Make a file with FFmpeg; gives its bytes."""
    command = [str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120)
    return Path(arguments[-1]).read_bytes()


def talk(path, seconds=3.0, size="320x180", rate=12, *, sound=True):
    """A small film with a tone, as bytes."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=440:d={seconds}") if sound else ()
    codecs = ("-c:v", "mpeg4", "-q:v", "5", *(("-c:a", "aac", "-shortest") if sound else ()))
    return ffmpeg(*picture, *tone, *codecs, "-movflags", "+faststart", path)


def captions(text, seconds=3.0):
    """WebVTT of one cue."""
    return f"WEBVTT\n\n00:00:00.000 --> 00:00:{seconds:06.3f}\n{text}\n"


def connection(origin, *, timeout=30.0):
    """A bare TCP connection, for requests no client library would send."""
    url = httpx.URL(origin)
    return socket.create_connection((url.host, url.port), timeout=timeout)


def status_line(raw):
    """The status of the answer that comes on a bare connection; None when it is closed without one."""
    with raw, raw.makefile("rb") as stream:
        line = stream.readline()
        return int(line.split()[1]) if line else None
