"""The job queue: wakes workers. The jobs table holds the truth; nothing is lost when a wake-up is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that a worker should look at."""

    id: int
    queue: str


class JobQueue(Protocol):
    """Wakes workers for jobs that were committed to the jobs table."""

    async def wake(self, jobs: Sequence[QueuedJob]) -> None:
        """Tell the workers of the jobs' queues. Waking twice is harmless."""
        ...
