"""The shape of every background process: work until there is none, then wait for a ring or the next look."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable

import structlog
from sqlalchemy.exc import DBAPIError

from reelscribe.engines.doorbell import Doorbell

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 30.0


async def work_when_rung(
    doorbell: Doorbell, names: Iterable[str], work: Callable[[], Awaitable[object]], poll_seconds: float
) -> None:
    """Call `work` until it gives something falsy, then wait for a ring of `names`, at most `poll_seconds`; for ever.

    A database or a disk that is away is waited for, ever longer up to half a minute.
    """
    async with doorbell.listen(names) as listener:
        failures = 0
        while True:
            try:
                while await work():
                    failures = 0
            except (DBAPIError, OSError) as error:
                failures += 1
                pause = min(LONGEST_PAUSE, poll_seconds * 2**failures)
                log.warning("waiting for an engine", error=str(error), seconds=pause)
                await asyncio.sleep(pause)
            else:
                failures = 0
                await listener.wait(poll_seconds)


async def side_by_side(*works: Coroutine[None, None, None]) -> None:
    """Run all until cancelled; when one raises, the others are cancelled and its error is raised, alone."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for work in works:
                tasks.create_task(work)
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


async def every(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Call `work` now and after each `seconds`, for ever; what it raises is logged and does not end the schedule."""
    while True:
        try:
            await work()
        except Exception:
            # The edge of a scheduled task: one bad run must not end all later ones.
            log.exception("scheduled task failed", task=name)
        await asyncio.sleep(seconds)
