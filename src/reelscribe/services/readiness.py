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

from reelscribe.engines.storage import ObjectStorage
from reelscribe.engines.storage.whole import put_bytes
from reelscribe.logs import masked
from reelscribe.services.state import ApiState

CHECK_SECONDS: Final = 3.0
GOOD_FOR_SECONDS: Final = 1.0
"""Probes come from many sides and one of the checks writes: within this time all get the same answer."""

MIN_FREE_BYTES: Final = 512 * 1024 * 1024
_LONGEST_ERROR: Final = 200

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
        found = await asyncio.gather(*(self._try(check) for check in self._checks.values()))
        is_good = all(report.status == "ok" for report in found)
        return ReadinessReport(
            status="ok" if is_good else "unavailable", checks=dict(zip(self._checks, found, strict=True))
        )

    async def _try(self, check: Check) -> CheckReport:
        began = time.perf_counter()
        error = await self._error_of(check)
        latency = round((time.perf_counter() - began) * 1000, 2)
        return CheckReport(status="failed" if error else "ok", latency_ms=latency, error=error)

    async def _error_of(self, check: Check) -> str | None:
        try:
            async with asyncio.timeout(self._limit):
                await check()
        except TimeoutError:
            return f"no answer within {self._limit:g} s"
        except Exception as error:  # noqa: BLE001 - an edge: whatever a dependency raises is the finding itself
            return _told(error)
        return None


def readiness_of(state: ApiState) -> Readiness:
    """What both services need."""
    return Readiness(
        {
            "database": state.database.check,
            "storage": lambda: _write_object(state.storage),
            "search": state.search.check,
            "memory": lambda: state.memory.is_revoked("health"),
            "disk": lambda: _free_disk(state.settings.data_dir),
        }
    )


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
    # Who asks is anyone: enough to know what to mend, and nothing of a statement or an address's secrets.
    origin = getattr(error, "orig", None) or error
    text = masked(str(origin)).splitlines()
    return (text[0] if text else type(error).__name__)[:_LONGEST_ERROR]
