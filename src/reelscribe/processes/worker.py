"""The job worker: claims jobs of its queues and runs them, one at a time."""

from collections.abc import Sequence

from reelscribe.pipeline.reap import release_held_by
from reelscribe.pipeline.run import Runner
from reelscribe.processes.loops import work_when_rung
from reelscribe.wiring import Platform


async def run_worker(platform: Platform, queues: Sequence[str], name: str) -> None:
    """Work until cancelled; a job at work is then handed back."""
    jobs = platform.settings.jobs
    runner = Runner(
        database=platform.database,
        doorbell=platform.doorbell,
        engines=platform.stage_engines,
        scratch=platform.settings.scratch_dir,
        worker=name,
        lease_seconds=jobs.lease_seconds,
        max_attempts=jobs.max_attempts,
    )
    await release_held_by(platform.database, name, jobs.max_attempts)
    await work_when_rung(platform.doorbell, queues, lambda: runner.run_next(queues), jobs.poll_seconds)
