"""The embedded job queue: a ring of the queue's doorbell; the woken worker claims from the jobs table."""

from collections.abc import Sequence

from reelscribe.engines.doorbell import Doorbell
from reelscribe.engines.queue import QueuedJob


class LocalJobQueue:
    """See the Protocol."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell

    async def wake(self, jobs: Sequence[QueuedJob]) -> None:
        """See the Protocol."""
        self._doorbell.ring({job.queue for job in jobs})
