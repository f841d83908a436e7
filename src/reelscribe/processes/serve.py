"""Everything on one machine: a small supervisor that starts each process, starts again what dies, and ends them all."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from reelscribe.processes.lifetime import PARENT_VARIABLE, SIGNALS, StartError
from reelscribe.settings import Settings, ensure_private

log = structlog.get_logger(__name__)

END_SECONDS = 8.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """A process of the platform: its name, its command line, and its environment beyond ours."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None


def children(settings: Settings) -> list[Child]:
    """The processes of one machine.

    Transcoding and transcribing have workers of their own: a long video in one does not hold up another's next stage.
    """
    cores = os.cpu_count() or 2
    transcoders = settings.jobs.transcoders or max(1, cores // 8)
    transcribers = settings.jobs.transcribers or max(1, cores // 8)
    port, beside = settings.http.api_port, settings.http.summarizer_beside_api
    return [
        Child("api", ("api",), {"PORT": str(port)}),
        Child("coordinator", ("coordinator",)),
        Child("summarizer", ("summarizer",), {"PORT": str(beside)}),
        *(_worker("video-transcode", number) for number in range(1, transcoders + 1)),
        *(_worker("video-transcribe", number) for number in range(1, transcribers + 1)),
    ]


def _worker(queue: str, number: int) -> Child:
    name = f"{queue}-{number}"
    return Child(name, ("worker", "--queues", queue, "--name", f"{socket.gethostname()}/{name}"))


async def supervise(settings: Settings) -> None:
    """Run the platform until SIGTERM or SIGINT. Raises StartError when it can not start."""
    for port in (settings.http.api_port, settings.http.summarizer_beside_api):
        _require_free(settings.http.host, port)
    with _alone(settings.run_dir):
        stop = asyncio.Event()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        family = children(settings)
        keepers = [asyncio.create_task(_keep(child)) for child in family]
        await stop.wait()
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await asyncio.gather(*(_end(child) for child in family))


async def _keep(child: Child) -> None:
    """Start the child again whenever it ends: at once if it had run for a while, else ever later."""
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE
    while True:
        began = loop.time()
        child.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "reelscribe",
            *child.arguments,
            env={**os.environ, **child.environment, PARENT_VARIABLE: str(os.getpid())},
            start_new_session=True,
        )
        code = await child.process.wait()
        pause = FIRST_PAUSE if loop.time() - began > STEADY_SECONDS else min(LONGEST_PAUSE, pause * 2)
        log.warning("process ended, starting it again", name=child.name, code=code, seconds=pause)
        await asyncio.sleep(pause)


async def _end(child: Child) -> None:
    process = child.process
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        log.warning("process did not end when asked, killing it", name=child.name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it can not be opened"
            raise StartError(f"Port {port} on {host}: {reason}. Choose another one with PORT.") from error


@contextlib.contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    """Only one platform may run on a data folder: the lock ends with this process, however it ends."""
    path = ensure_private(run_dir) / "serve.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"Another `reelscribe serve` runs on {run_dir.parent}. Set DATA_DIR to another folder."
            ) from error
        yield
