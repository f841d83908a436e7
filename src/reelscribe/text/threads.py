"""CPU work off the event loop."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio.to_thread import run_sync

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


async def in_thread(work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    """The result of `work`. A cancelled caller goes on at once: the work changes nothing that outlives it."""
    return await run_sync(work, *arguments, abandon_on_cancel=True)
