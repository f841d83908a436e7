"""How a process lives: its logs, its signals, its parent, and a quick clean end."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import DBAPIError

from reelscribe import logs
from reelscribe.database import migrate
from reelscribe.engines.storage import StorageError
from reelscribe.media.errors import ToolMissing
from reelscribe.models import ModelError
from reelscribe.processes.parent import SIGNALS, StartError, end_with_parent, is_supervised, require_data_folder
from reelscribe.settings import Settings
from reelscribe.wiring import Platform, open_platform

log = structlog.get_logger(__name__)

SCHEMA_SECONDS = 60.0
LOOK_SECONDS = 0.02

Main = Callable[[Platform], Awaitable[None]]


def run_process(settings: Settings, name: str, main: Main, *, durable: bool = False) -> None:
    """Run `main` on an open platform until it ends or a signal asks it to; ends the whole process with an exit code.

    `durable`: see `open_platform`.
    """
    logs.configure(settings.log_level)
    end_with_parent()
    structlog.contextvars.bind_contextvars(process=name)
    code = _run(settings, main, durable=durable)
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread that is deep in a model would hold up the interpreter's own end; what it does is nobody's any more.
    os._exit(code)


def _run(settings: Settings, main: Main, *, durable: bool) -> int:
    try:
        with _runner() as runner:
            runner.run(_until_signal(_on_platform(settings, main, durable=durable)))
    except (StartError, StorageError, ModelError, ToolMissing, migrate.SchemaBehindError) as error:
        log.error("cannot go on", reason=str(error))  # noqa: TRY400 - told in words, not as a stack
        return 1
    except (OSError, DBAPIError) as error:
        log.error("cannot go on", reason=f"An engine failed: {error}")  # noqa: TRY400 - the same
        return 1
    return 0


def _runner() -> asyncio.Runner:
    if sys.platform == "win32":
        return asyncio.Runner()
    import uvloop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


async def _on_platform(settings: Settings, main: Main, *, durable: bool) -> None:
    require_data_folder(settings)
    async with open_platform(settings, durable=durable) as platform:
        await _require_schema(platform)
        log.info("process started", pid=os.getpid())
        try:
            await main(platform)
        finally:
            log.info("process ended")


async def _require_schema(platform: Platform) -> None:
    """Raises SchemaBehindError; but while a supervisor may be at the migration, waits for it first."""
    deadline = time.monotonic() + (SCHEMA_SECONDS if is_supervised() else 0.0)
    while True:
        try:
            return await migrate.check(platform.database.engine)
        except migrate.SchemaBehindError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(LOOK_SECONDS)


async def _until_signal(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
