"""The real API service in a process of its own that can be killed; clients of it; and files to upload.

Run as a module it is that server: `python -m tests.support.uploads PORT`, all else in the environment.
"""

import asyncio
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import structlog
import uvicorn

from reelscribe.accounts.models import User
from reelscribe.accounts.tokens import Tokens
from reelscribe.database.session import Database, create_sqlite
from reelscribe.processes.web import api_state
from reelscribe.services.api import create_app
from reelscribe.settings import Settings
from reelscribe.tables import metadata
from reelscribe.wiring import open_platform

SECRET = "a secret of at least thirty-two characters"
MIB = 1 << 20
PATIENCE = 20.0
"""Seconds until a condition that must come true counts as never."""


def mp4(size: int, seed: int = 1) -> bytes:
    """Bytes that begin like an MP4 and then never repeat."""
    head = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
    block = os.urandom(4096) if seed == 0 else bytes((i * 7 + seed * 13) & 0xFF for i in range(4093))
    numbers = b"".join(i.to_bytes(4, "big") + block[: 1024 - 4] for i in range(max(0, size) // 1024 + 1))
    return (head + numbers)[:size]


# --- the server -------------------------------------------------------------------------------------------------------


async def _serve(port: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with open_platform(Settings()) as platform:
        async with platform.database.engine.begin() as connection:
            await connection.run_sync(metadata().create_all)
        app = create_app(api_state(platform))
        config = uvicorn.Config(app, port=port, log_level="warning", access_log=False, lifespan="off")
        await uvicorn.Server(config).serve()


@dataclass
class Account:
    """A signed-in user."""

    id: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Server:
    """A server over `folder`; environment variables as for the product. Killed, it can be started again."""

    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v1"

    @property
    def objects(self) -> Path:
        return self.folder / "objects"

    def start(self) -> None:
        environment = {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "JWT_SECRET": SECRET,
            "LOG_LEVEL": "error",
            **self.environment,
        }
        command = [sys.executable, "-m", "tests.support.uploads", str(self.port)]
        self.process = subprocess.Popen(command, env=environment)
        until(self._answers, "the server answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL: nothing is said, nothing is cleaned up."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()

    def account(self, name: str = "Ada") -> Account:
        """A new account with a token."""
        return asyncio.run(self._account(name))

    async def _account(self, name: str) -> Account:
        database = Database(create_sqlite(self.folder / "reelscribe.db"))
        try:
            async with database.write() as session:
                user = User(email=f"{name.lower()}-{time.time_ns()}@example.org", name=name, password_hash="-")
                session.add(user)
                await session.flush()
                return Account(user.id, Tokens(SECRET.encode(), 3600).issue(user.id, user.token_epoch))
        finally:
            await database.close()

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database, past the server."""
        connection = sqlite3.connect(self.folder / "reelscribe.db", timeout=PATIENCE)
        try:
            with connection:
                return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def stored(self) -> dict[str, Path]:
        """Every object there is, by key: what readers can see."""
        found = (path for path in self.objects.rglob("*") if path.is_file())
        relative = ((path.relative_to(self.objects), path) for path in found)
        return {str(key): path for key, path in relative if not key.parts[0].startswith(".")}

    def leftovers(self) -> list[Path]:
        """Bytes that are no objects: temporary files, parts and growing uploads."""
        hidden = (path for name in (".tmp", ".parts") for path in (self.objects / name).rglob("*"))
        return [path for path in (*hidden, *(self.folder / "uploads").rglob("*")) if path.is_file()]

    def client(self, account: Account | None = None, **options: object) -> httpx.Client:
        headers = account.headers if account is not None else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE * 3, **options)  # type: ignore[arg-type] # as httpx has them

    def memory(self) -> int:
        """The server's resident bytes."""
        return self._status("VmRSS")

    def memory_peak(self) -> int:
        """The most that were ever resident."""
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(f"{name}:")[1].split()[0]) * 1024


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """A running server over `folder`."""
    server = Server(folder, free_port(), environment)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(condition: object, what: str, patience: float = PATIENCE) -> None:
    """Wait until a condition (a function) is true."""
    assert callable(condition)
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.01)


def raw_request(server: Server, account: Account | None, head: str, body: bytes = b"") -> socket.socket:
    """Send a request by hand; `head` is the request line and headers without Host and Authorization."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    token = f"Authorization: Bearer {account.token}\r\n" if account is not None else ""
    lines = head.strip().replace("\n", "\r\n")
    connection.sendall(f"{lines}\r\nHost: test\r\n{token}\r\n".encode() + body)
    return connection


def status_of(connection: socket.socket) -> int:
    """The status of the answer; the connection is closed."""
    with connection, connection.makefile("rb") as stream:
        return int(stream.readline().split()[1])


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
