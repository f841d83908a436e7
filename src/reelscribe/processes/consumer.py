"""The event consumer as a process: it turns events of a broker into jobs.

On the embedded bus there is no broker: the relay hands every event to the same handler. A consumer then has nothing
to do, and waits, so that the same set of processes starts on every kind of platform.
"""

import asyncio

import structlog

from reelscribe.wiring import Platform

log = structlog.get_logger(__name__)


async def run_consumer(platform: Platform) -> None:
    """Consume until cancelled."""
    log.info("the embedded bus has no broker: the relay consumes", bus=type(platform.bus).__name__)
    await asyncio.Event().wait()
