"""A whole platform as separate processes of the real commands, each of which may be killed, and a stubborn client."""

import asyncio
import contextlib
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from reelscribe.media.tools import find_tools
from reelscribe.samples.recording import recording

ROOT = Path(__file__).parents[2]
API = "/api/v1"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
LEASE_SECONDS = 3.0
COMMANDS = {
    "api": ("api",),
    "relay": ("relay",),
    "scheduler": ("scheduler",),
    "transcode": ("worker", "--queues", "video-transcode", "--name", "transcoder"),
    # Without a name each is a new worker: nobody but the reaper can release what the one before held.
    "transcribe": ("worker", "--queues", "video-transcribe"),
    "summarize": ("worker", "--queues", "video-summarize", "--name", "summarizer"),
    "index": ("worker", "--queues", "video-search-index", "--name", "indexer"),
}


async def until(condition, what, *, seconds=60.0, every=0.02):
    """Wait until `condition()` gives something true, and give it back; fails loudly, with `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what() if callable(what) else what}")
        await asyncio.sleep(every)


def free_port():
    """A port that nobody has, with a free one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", port + 1))
                return port


def make_clip(path, *, start=0.0, seconds=3.0, sound=True, size="320x180", rate=12):
    """A moving picture under a real voice, cut from a recording of 44 s; without `sound` it has no audio track."""
    video = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")
    audio = ("-ss", str(start), "-t", str(seconds), "-i", str(recording())) if sound else ()
    codecs = ("-c:v", "mpeg4", "-q:v", "5", *(("-c:a", "aac", "-shortest") if sound else ()))
    command = [str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y", *video, *audio, *codecs, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def environment(folder, port, **more):
    """What a platform in a folder of its own needs; nothing of the caller's settings reaches it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return {
        **kept,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "SUMMARIZER_PORT": str(port + 1),
        "WHISPER_MODEL": "tiny.en",
        "WHISPER_THREADS": "1",
        "FFMPEG_THREADS": "1",
        "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "JOB_MAX_ATTEMPTS": "1000",
        "LOGIN_ATTEMPTS_PER_MINUTE": "10000",
        **more,
    }


def start(arguments, *, environment, log, module="reelscribe"):
    """Start `python -m MODULE ARGUMENTS` with its output in a file."""
    with log.open("ab") as output:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )


@dataclass
class Client:
    """Signs up, uploads and asks, over HTTP, again and again while the API is away."""

    base: str
    patience: float = 60.0
    token: str = ""

    async def request(self, method, path, **options):
        """One request that comes to its end."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return await self.once(method, path, **options)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def once(self, method, path, **options):
        """One try."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with httpx.AsyncClient(base_url=self.base, timeout=30, headers=headers) as http:
            return await http.request(method, API + path, **options)

    async def json(self, method, path, **options):
        answer = await self.request(method, path, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def sign_in(self):
        """Sign up, or sign in where that has been done."""
        body = {"name": "Ada", "email": EMAIL, "password": PASSWORD}
        await self.request("POST", "/auth/signup", json=body)
        answer = await self.json("POST", "/auth/login", json={"email": EMAIL, "password": PASSWORD})
        self.token = answer["access_token"]

    async def upload(self, path, title):
        """Upload as one multipart form. Where the answer got lost, look for the video before trying again."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                files = {"file": (path.name, path.read_bytes(), "video/mp4")}
                answer = await self.once("POST", "/videos/upload", files=files, data={"title": title})
                assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
                return answer.json()
            if (found := await self.titled(title)) is not None:
                return found
            await asyncio.sleep(0.1)

    async def titled(self, title):
        """The newest video of that title."""
        page = await self.json("GET", "/videos/list", params={"limit": 100})
        return next((video for video in page["items"] if video["title"] == title), None)

    async def ready(self):
        """Is the API ready?"""
        with contextlib.suppress(httpx.TransportError):
            return (await self.once("GET", "/health/ready")).status_code == 200
        return False


@dataclass
class Fleet:
    """The platform's processes by name. `deaths` tells who died, and how it had been told to."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: dict = field(default_factory=dict)
    deaths: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)

    @property
    def data(self):
        return self.folder / "data"

    @property
    def environment(self):
        return environment(self.data, self.port, **self.settings)

    @property
    def client(self):
        return Client(f"http://127.0.0.1:{self.port}")

    def migrate(self):
        subprocess.run(
            [sys.executable, "-m", "reelscribe", "migrate"], env=self.environment, check=True, stdout=subprocess.DEVNULL
        )

    def start(self, name, point=None):
        """Start a process, or one that will die at a point."""
        log = self.folder / f"{name}.log"
        if point is None:
            self.running[name] = start(COMMANDS[name], environment=self.environment, log=log)
        else:
            arguments = (point, *COMMANDS[name])
            self.running[name] = start(
                arguments, environment=self.environment, log=log, module="tests.support.crash_points"
            )

    def is_up(self, name):
        """Has the process opened its platform? Its log says so."""
        return f'"pid": {self.running[name].pid},'.encode() in (self.folder / f"{name}.log").read_bytes()

    def stop(self):
        """End every process as an operator would, and give their exit codes."""
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(timeout=20) for name, process in self.running.items()}

    def kill(self):
        """Leave nothing behind, whatever the test came to."""
        for process in self.running.values():
            process.kill()
            process.wait()

    def logs(self, lines=12):
        """The ends of all logs, for a failure's message."""
        tails = [
            f"--- {path.name}\n" + "\n".join(path.read_text().splitlines()[-lines:])
            for path in self.folder.glob("*.log")
        ]
        return "\n".join(tails)

    def rows(self, query, *parameters):
        """What the database holds, without going through the product."""
        with contextlib.closing(sqlite3.connect(self.data / "reelscribe.db", timeout=30)) as database:
            return database.execute(query, parameters).fetchall()

    def value(self, query, *parameters):
        return self.rows(query, *parameters)[0][0]

    def working_there(self):
        """Processes that work in the scratch folder: FFmpeg, whoever started it."""
        scratch, found = str(self.data / "scratch"), []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and str((entry / "cwd").readlink()).startswith(scratch):
                    found.append((entry.name, (entry / "cmdline").read_bytes()[:200]))
        return found


@dataclass
class Fate:
    """How a process is to die: at a point of its work, or `after` some seconds of life; or not at all."""

    point: str | None = None
    after: float | None = None


@dataclass
class Reaper:
    """Hands out fates and deals them: whoever dies comes back, with a next fate until it is over."""

    fleet: Fleet
    decks: dict
    is_over: Callable[[], bool]
    patience: float
    fates: dict = field(default_factory=dict)
    births: dict = field(default_factory=dict)

    def bear(self, name):
        """Start a process under its next fate."""
        fate = Fate() if self.is_over() else next(self.decks[name])
        self.fates[name], self.births[name] = fate, None
        self.fleet.start(name, fate.point)

    async def rule(self):
        """Kill and revive until cancelled."""
        while True:
            for name, process in list(self.fleet.running.items()):
                self._kill_when_due(name, process)
                if process.poll() is not None:
                    self._bury(name, process)
                    self.bear(name)
            await asyncio.sleep(0.01)

    def _kill_when_due(self, name, process):
        if self.births[name] is None and self.fleet.is_up(name):
            self.births[name] = time.monotonic()
        fate, age = self.fates[name], self.age(name)
        # A point that its work does not come by would keep the process from any other fate.
        limit = fate.after if fate.after is not None else self.patience if fate.point else None
        if limit is not None and age > limit and process.poll() is None:
            process.kill()
            process.wait()
            self.fates[name] = Fate(after=age)

    def age(self, name):
        """Seconds since the process was up: how long it takes to start is the machine's affair."""
        return 0.0 if self.births[name] is None else time.monotonic() - self.births[name]

    def _bury(self, name, process):
        fate = self.fates[name]
        assert process.returncode == -9, f"{name} ended by itself with {process.returncode}\n{self.fleet.logs()}"
        self.fleet.deaths.append((name, fate.point or f"after {self.age(name):.2f} s"))


def word(rng):
    """A word that no other is like."""
    return "".join(rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiou") for _ in range(6))


def make_clips(folder, rng, count=4):
    """Clips of different parts of the recording; the last one has no sound."""
    clips = [
        make_clip(folder / f"clip-{n}.mp4", start=rng.uniform(1, 38), seconds=rng.uniform(2, 4))
        for n in range(count - 1)
    ]
    return [*clips, make_clip(folder / "silent.mp4", seconds=2, sound=False)]


def random_fates(rng, points):
    """For ever: a point or a moment, as the dice fall."""
    while True:
        if rng.random() < 0.6:
            yield Fate(point=rng.choice(points))
        else:
            yield Fate(after=rng.uniform(0.2, 8.0))


def seeded(seed):
    """Dice that fall the same way each time."""
    return random.Random(seed)  # noqa: S311 - for choices that nobody need fear to be guessed
