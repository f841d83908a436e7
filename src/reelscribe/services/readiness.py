"""Whether a service can do its work: each thing that it needs, checked for real, by name and within a time."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, Field
from structlog.stdlib import get_logger

from reelscribe.database.session import Database
from reelscribe.engines.storage import ObjectStorage
from reelscribe.engines.storage.whole import put_bytes
from reelscribe.services.state import ApiState

CHECK_SECONDS: Final = 3.0
GOOD_FOR_SECONDS: Final = 1.0
"""Probes come from many sides and one of the checks writes: within this time all get the same answer."""

MIN_FREE_BYTES: Final = 512 * 1024 * 1024

_LOG = get_logger("reelscribe.health")

Check = Callable[[], Awaitable[object]]


class CheckReport(BaseModel):
    """One dependency."""

    status: Literal["ok", "failed"]
    latency_ms: float = Field(examples=[0.4])
    error: str | None = Field(None, description="Why it failed.", examples=["no answer within 3 s"])


class ReadinessReport(BaseModel):
    """All of them; `ok` when each is."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, CheckReport]


class LowDisk(OSError):  # noqa: N818 - the state that was found, as in "except LowDisk"
    """Less room is left than work needs."""


class DatabaseMoved(OSError):  # noqa: N818 - the state that was found, as in "except DatabaseMoved"
    """The embedded database's file is not, or no longer, the one that this process has open."""


class Readiness:
    """Checks what it is given, all at once; answers of the last second are given again. `limit` in seconds a check."""

    def __init__(self, checks: dict[str, Check], limit: float = CHECK_SECONDS) -> None:
        self._checks = checks
        self._limit = limit
        self._lock = asyncio.Lock()
        self._last: ReadinessReport | None = None
        self._until = 0.0

    async def report(self) -> ReadinessReport:
        """The state of everything now, or a moment ago."""
        async with self._lock:
            if self._last is None or time.monotonic() >= self._until:
                self._last = await self._look()
                self._until = time.monotonic() + GOOD_FOR_SECONDS
            return self._last

    async def _look(self) -> ReadinessReport:
        found = await asyncio.gather(*(self._try(name, check) for name, check in self._checks.items()))
        is_good = all(report.status == "ok" for report in found)
        return ReadinessReport(
            status="ok" if is_good else "unavailable", checks=dict(zip(self._checks, found, strict=True))
        )

    async def _try(self, name: str, check: Check) -> CheckReport:
        began = time.perf_counter()
        error = await self._error_of(name, check)
        latency = round((time.perf_counter() - began) * 1000, 2)
        return CheckReport(status="failed" if error else "ok", latency_ms=latency, error=error)

    async def _error_of(self, name: str, check: Check) -> str | None:
        try:
            async with asyncio.timeout(self._limit):
                await check()
        except TimeoutError:
            return f"no answer within {self._limit:g} s"
        except Exception as error:  # noqa: BLE001 - an edge: whatever a dependency raises is the finding itself
            _LOG.warning("not_ready", check=name, error=repr(error))
            return _told(error)
        return None


def readiness_of(state: ApiState) -> Readiness:
    """What both services need."""
    return Readiness(
        {
            "database": _database_check(state.database),
            "storage": lambda: _write_object(state.storage),
            "search": state.search.check,
            "memory": lambda: state.memory.is_revoked("health"),
            "disk": lambda: _free_disk(state.settings.data_dir),
        }
    )


def _database_check(database: Database) -> Check:
    """That the database answers, and, where it is a file, that this is still the file that is kept.

    A process that has a file open goes on with it wherever it is moved, while whatever it opens by name is made anew in
    the old place: after DATA_DIR was renamed, videos would lie in one folder and their rows in another.
    """
    path = database.engine.url.database
    if database.engine.dialect.name != "sqlite" or not path:
        return database.check
    opened = _identity(path)

    async def check() -> None:
        nonlocal opened
        found = await asyncio.to_thread(_identity, path)
        opened = opened or found  # it may be made after this service
        if found is None or found != opened:
            raise DatabaseMoved("the database's file was moved or removed: put DATA_DIR back, or restart the platform")
        await database.check()

    return check


def _identity(path: str) -> tuple[int, int] | None:
    """Which file this is, whatever its name. None: there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the database's address is text
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


async def _write_object(storage: ObjectStorage) -> None:
    """Write an object and remove it: the only proof that writing is possible."""
    key = f"health/{socket.gethostname().replace('.', '-')}-{os.getpid()}.txt"
    await put_bytes(storage, key, b"ok", content_type="text/plain")
    await storage.delete([key])


async def _free_disk(folder: Path) -> None:
    free = await asyncio.to_thread(lambda: shutil.disk_usage(folder).free)
    if free < MIN_FREE_BYTES:
        raise LowDisk(f"only {free // 2**20} MiB are free, {MIN_FREE_BYTES // 2**20} MiB are needed")


def _told(error: Exception) -> str:
    # Who asks is anyone: the kind of failure is enough to know where to look, and the log has the rest. Other words
    # than our own name folders, addresses and statements.
    if isinstance(error, LowDisk | DatabaseMoved):
        return str(error)
    origin = getattr(error, "orig", None) or error
    code = getattr(origin if isinstance(origin, OSError) else origin.__cause__, "errno", None)
    reason = f": {os.strerror(code)}" if isinstance(code, int) else ""
    return type(origin).__name__ + reason
