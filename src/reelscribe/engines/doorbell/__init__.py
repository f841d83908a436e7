"""Doorbells: tell other processes that there may be something to do, in well under a millisecond.

A ring carries a name and nothing else, may be lost, and may come for nothing: whoever hears it looks into the
database, and looks there from time to time anyway. Embedded: datagrams between the processes of one machine.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Listener(Protocol):
    """Hears rings from the moment it was opened. Look for work between `wait` calls: a ring in between is kept."""

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so many seconds; True when one came since the last wait."""
        ...


class Doorbell(Protocol):
    """Rings for everyone who listens to a name, in every process of the platform."""

    def ring(self, names: Iterable[str]) -> None:
        """Ring, without waiting and without failing: nobody's work depends on being heard."""
        ...

    def listen(self, names: Iterable[str]) -> AbstractAsyncContextManager[Listener]:
        """Hear the rings of these names while the context is open."""
        ...
