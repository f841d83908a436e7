"""Run one FFmpeg tool, confined, on input that nobody trusts.

The input is handed over as an open descriptor, so that the tool never needs to open a file by name: with the allow-list
of protocols set to `fd` alone, a playlist that names other files reads none of them.
"""

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from reelscribe.media.errors import (
    CannotWrite,
    DamagedMedia,
    LimitExceeded,
    MediaStalled,
    MediaTimeout,
    ToolMissing,
    UnsupportedMedia,
)
from reelscribe.media.launcher import CANNOT_START

GIBIBYTE = 1024**3
STDERR_KEPT = 4096
READ_SIZE = 65536


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits of one run, set by the launcher.

    Attributes:
        address_space: Bytes; x264 needs 1.5 GB for a 1080p and a 720p encode side by side.
        cpu_seconds: User and system time of all threads together.
        file_size: Bytes of the largest file that may be written.
        open_files: Descriptors.
    """

    address_space: int = 4 * GIBIBYTE
    cpu_seconds: int = 120
    file_size: int = GIBIBYTE
    open_files: int = 128

    def as_json(self) -> str:
        """The limits by the names that the launcher understands."""
        return json.dumps(
            {
                "AS": self.address_space,
                "CPU": self.cpu_seconds,
                "FSIZE": self.file_size,
                "NOFILE": self.open_files,
                "CORE": 0,
            }
        )


@dataclass(frozen=True, slots=True)
class Completed:
    """How a run ended: exit code (negative: killed by that signal), output, and the last 4 KB of its complaints."""

    returncode: int
    stdout: bytes
    stderr: str


@contextlib.contextmanager
def open_source(path: Path) -> Iterator[int]:
    """Open an uploaded file for handing over; yields the descriptor.

    Symbolic links, pipes and devices are refused: a worker must neither follow them nor wait on them.

    Raises:
        UnsupportedMedia: it is not a regular file.
        DamagedMedia: it is empty.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UnsupportedMedia("The file cannot be opened.", detail=str(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedMedia("This is not a regular file.")
        if status.st_size == 0:
            raise DamagedMedia("The file is empty (0 bytes).")
        yield descriptor
    finally:
        os.close(descriptor)


async def run(
    argv: Sequence[str],
    *,
    timeout: float,  # noqa: ASYNC109 - a run that must end in time is what this function is for
    limits: Limits | None = None,
    source: int | None = None,
    cwd: Path | None = None,
    on_line: Callable[[str], bool] | None = None,
    patience: float | None = None,
    max_output: int = 16 * 1024 * 1024,
) -> Completed:
    """Run `argv` (an absolute program and its arguments) and wait for its end.

    The process gets its own session, the limits, no network where the machine allows that, an almost empty environment,
    and dies with this one. It is killed, with all its children, on timeout and on cancellation.

    Args:
        argv: The program's absolute path, and its arguments.
        limits: What it may use; the defaults suit a look at a file.
        timeout: Seconds of wall clock.
        source: An open descriptor that the process inherits under the same number.
        cwd: Its working folder.
        on_line: Called with each line of standard output, which is then not collected; says whether work goes on.
        patience: Seconds that may pass without such a sign of work.
        max_output: Bytes of standard output that are collected at most.

    Raises:
        MediaTimeout: it ran for longer than `timeout`.
        MediaStalled: it stood still for longer than `patience`.
        LimitExceeded: it wrote more than `max_output`.
        ToolMissing: the program cannot be started.
        CannotWrite: `cwd` cannot be entered.
    """
    process = await _start(argv, limits or Limits(), source, cwd)
    standing_still = asyncio.timeout(patience)
    try:
        async with asyncio.timeout(timeout), standing_still:
            output = _read_output(process, _alive(on_line, standing_still, patience), max_output)
            stdout, stderr, code = await asyncio.gather(output, _read_tail(process), process.wait())
    except TimeoutError as error:
        kind = MediaStalled if standing_still.expired() else MediaTimeout
        raise kind("Processing took far longer than it should, and was stopped.") from error
    finally:
        await _kill(process)
    if code == CANNOT_START:
        raise ToolMissing("FFmpeg cannot be started on this machine.", detail=stderr)
    return Completed(code, stdout, stderr)


def _alive(
    on_line: Callable[[str], bool] | None, standing_still: asyncio.Timeout, patience: float | None
) -> Callable[[str], bool] | None:
    """`on_line`, putting off the end of patience whenever a line shows that work goes on."""
    if on_line is None or patience is None:
        return on_line

    def line(text: str) -> bool:
        works = on_line(text)
        if works and not standing_still.expired():
            standing_still.reschedule(asyncio.get_running_loop().time() + patience)
        return works

    return line


async def _start(
    argv: Sequence[str], limits: Limits, source: int | None, cwd: Path | None
) -> asyncio.subprocess.Process:
    launcher = str(Path(__file__).with_name("launcher.py"))
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", launcher, str(os.getpid()), limits.as_json(), *argv),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            # Two malloc arenas keep the address space predictable; nothing of ours (secrets!) is inherited.
            env={"MALLOC_ARENA_MAX": "2", "LC_ALL": "C", "PATH": os.defpath},
            pass_fds=() if source is None else (source,),
            start_new_session=True,
        )
    except OSError as error:
        raise CannotWrite("The working folder for this video cannot be used.", detail=str(error)) from error


async def _read_output(
    process: asyncio.subprocess.Process, on_line: Callable[[str], bool] | None, max_output: int
) -> bytes:
    if process.stdout is None:
        return b""
    kept = bytearray()
    while chunk := await process.stdout.read(READ_SIZE):
        kept += chunk
        if on_line is not None:
            *lines, rest = kept.split(b"\n")
            for line in lines:
                on_line(line.decode("utf-8", "replace"))
            kept = bytearray(rest)
        if len(kept) > max_output:
            raise LimitExceeded("The file describes far more than a video holds, and was refused.")
    return bytes(kept)


async def _read_tail(process: asyncio.subprocess.Process) -> str:
    """Drain standard error to its end, so that the process never blocks on it, and keep the last 4 KB."""
    tail = b""
    if process.stderr is not None:
        while chunk := await process.stderr.read(READ_SIZE):
            tail = (tail + chunk)[-STDERR_KEPT:]
    return tail.decode("utf-8", "replace")


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the whole group and reap it; harmless when it has already ended."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with anyio.CancelScope(shield=True):
            await process.wait()
