"""Everything on one machine: a small supervisor that starts each process, starts again what dies, and ends them all."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from reelscribe.processes.parent import PARENT_VARIABLE, SIGNALS, StartError, require_data_folder
from reelscribe.settings import Settings

log = structlog.get_logger(__name__)

END_SECONDS = 8.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0
CRASH_SECONDS = 10.0
LOOK_SECONDS = 0.05


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
    """Bring the schema up to date and run the platform until SIGTERM or SIGINT. Raises StartError when it cannot."""
    stop = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _alone(settings) as follows_a_crash:
        await _require_free(settings, CRASH_SECONDS if follows_a_crash else 0.0)
        family = children(settings)
        keepers: list[asyncio.Task[None]] = []
        try:
            # The API loads its code while the schema is brought up to date; it waits for that by itself.
            keepers.append(asyncio.create_task(_keep(family[0])))
            if await _migrated(stop):
                keepers += [asyncio.create_task(_keep(child)) for child in family[1:]]
                await stop.wait()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(_end(child) for child in family))


async def _migrated(stop: asyncio.Event) -> bool:
    """Run the migrations in a process of their own; False when asked to stop meanwhile. Raises StartError."""
    child = Child("migrate", ("migrate",))
    running = asyncio.ensure_future((await _start(child, stdout=asyncio.subprocess.DEVNULL)).wait())
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        await _end(child)
        return False
    if running.result() != 0:
        raise StartError("The database could not be brought up to date; the reason stands above.")
    return True


async def _keep(child: Child) -> None:
    """Start the child again whenever it ends: at once if it had run for a while, else ever later."""
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE
    while True:
        began = loop.time()
        code = await (await _start(child)).wait()
        pause = FIRST_PAUSE if loop.time() - began > STEADY_SECONDS else min(LONGEST_PAUSE, pause * 2)
        log.warning("process ended, starting it again", name=child.name, code=code, seconds=pause)
        await asyncio.sleep(pause)


async def _start(child: Child, *, stdout: int | None = None) -> asyncio.subprocess.Process:
    child.process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reelscribe",
        *child.arguments,
        env={**os.environ, **child.environment, PARENT_VARIABLE: str(os.getpid())},
        stdout=stdout,
        start_new_session=True,
    )
    return child.process


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


async def _require_free(settings: Settings, patience: float) -> None:
    """Raises StartError when a port is still taken after `patience` seconds."""
    deadline = time.monotonic() + patience
    for port in (settings.http.api_port, settings.http.summarizer_beside_api):
        while (reason := _why_taken(settings.http.host, port)) is not None:
            if time.monotonic() >= deadline:
                raise StartError(f"Port {port} on {settings.http.host}: {reason}. Choose another one with PORT.")
            await asyncio.sleep(LOOK_SECONDS)


def _why_taken(host: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or "it cannot be opened"
    return None


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Only one platform may run on a data folder: the lock ends with this process, however it ends.

    Gives whether the one before was killed: what is written into the file stays then, and its children may be ending
    just now. Raises StartError.
    """
    require_data_folder(settings)
    with (settings.run_dir / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"Another `reelscribe serve` runs on {settings.data_dir}. Set DATA_DIR to another folder."
            ) from error
        was_killed = file.tell() > 0
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield was_killed
        file.truncate(0)
