"""A real platform to measure: `serve` on a temporary folder and free ports, with an account that uploads."""

import asyncio
import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from reelscribe.media.tools import find_tools
from reelscribe.samples.recording import SECONDS, recording

PASSWORD = "correct horse battery staple"  # noqa: S105 - of an account that lives as long as the measurement
PATIENCE = 900.0


@dataclass
class Served:
    """A platform that serves, and a client signed in."""

    folder: Path
    http: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def opened(cls, **settings: str) -> AsyncIterator["Served"]:
        """Start it, wait until it is ready, and end it again. `settings` are environment variables."""
        port = _free_port()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            variables = {"DATA_DIR": str(folder / "data"), "PORT": str(port), "LOG_LEVEL": "warning", **settings}
            with (folder / "serve.log").open("wb") as log:
                process = subprocess.Popen(  # noqa: ASYNC220 - there is nothing else to do meanwhile
                    [sys.executable, "-m", "reelscribe", "serve"],
                    env={**os.environ, **variables},
                    stdout=log,
                    stderr=log,
                )
            try:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as http:
                    served = cls(folder, http)
                    await served._sign_in()
                    yield served
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait)

    async def process(self, clip: Path, title: str) -> str:
        """Upload a clip and wait until it is ready; its public id."""
        files = {"file": (clip.name, await asyncio.to_thread(clip.read_bytes), "video/mp4")}
        answer = await self.http.post("/videos/upload", files=files, data={"title": title})
        answer.raise_for_status()
        public_id = str(answer.json()["id"])
        async with asyncio.timeout(PATIENCE):
            while (status := (await self.http.get(f"/videos/{public_id}")).json()["status"]) != "ready":
                assert status != "failed", self.rows("SELECT status_message FROM videos")
                await asyncio.sleep(0.25)
        return public_id

    def rows(self, query: str, *parameters: object) -> list[tuple[str, ...]]:
        """What the database holds."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "reelscribe.db", timeout=30)) as database:
            return database.execute(query, parameters).fetchall()

    def clip(self, *, seconds: float, size: str = "320x180", rate: int = 12) -> Path:
        """See `make_clip`; kept while the platform lives."""
        path = self.folder / f"clip-{size}-{seconds}.mp4"
        return path if path.exists() else make_clip(path, seconds=seconds, size=size, rate=rate)

    async def _sign_in(self) -> None:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await self.http.get("/health/ready")).status_code == httpx.codes.OK:
                        break
                await asyncio.sleep(0.05)
        account = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
        (await self.http.post("/auth/signup", json=account)).raise_for_status()
        token = (await self.http.post("/auth/login", json=account)).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"


def make_clip(path: Path, *, seconds: float, size: str, rate: int) -> Path:
    """A moving picture that no rendition can be copied from, under a real voice, said again where it ends."""
    loops = ("-stream_loop", str(int(seconds // SECONDS)))
    video = ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}")
    coding = ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "aac", "-t", str(seconds))
    command = [str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y", *video, *loops, "-i", str(recording())]
    subprocess.run([*command, *coding, str(path)], check=True)
    return path


def _free_port() -> int:
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", port + 1))
                return port
