"""The job worker: claims jobs of its queues and runs them, one at a time."""

from collections.abc import Sequence
from pathlib import Path

import anyio
import structlog

from reelscribe.pipeline.reap import release_held_by
from reelscribe.pipeline.run import Runner
from reelscribe.pipeline.scratch import own_folder
from reelscribe.pipeline.stage import StageEngines
from reelscribe.pipeline.stages import STAGES
from reelscribe.processes.loops import side_by_side, work_when_rung
from reelscribe.wiring import Platform

log = structlog.get_logger(__name__)


async def run_worker(platform: Platform, queues: Sequence[str], name: str) -> None:
    """Work until cancelled; a job at work is then handed back."""
    jobs, engines = platform.settings.jobs, platform.stage_engines
    await release_held_by(platform.database, name, jobs.max_attempts)
    with own_folder(platform.settings.scratch_dir) as scratch:
        runner = Runner(
            database=platform.database,
            doorbell=platform.doorbell,
            engines=engines,
            scratch=scratch,
            worker=name,
            lease_seconds=jobs.lease_seconds,
            max_attempts=jobs.max_attempts,
        )
        await side_by_side(
            warm_up(engines, queues, scratch),
            work_when_rung(platform.doorbell, queues, _Turns(runner, queues).next, jobs.poll_seconds),
        )


class _Turns:
    """After a ring there is a job to claim; after a job there is most often none, and its event wants the lock now."""

    def __init__(self, runner: Runner, queues: Sequence[str]) -> None:
        self._runner = runner
        self._queues = queues
        self._had_one = False

    async def next(self) -> bool:
        """Run the next job, if there is one."""
        self._had_one = await self._runner.run_next(self._queues, look_first=self._had_one)
        return self._had_one


async def warm_up(engines: StageEngines, queues: Sequence[str], scratch: Path) -> None:
    """Load what the stages of these queues use, so that the first video does not wait for it."""
    for stage in STAGES:
        if stage.queue in queues and stage.prepare is not None:
            try:
                await anyio.to_thread.run_sync(stage.prepare, engines, scratch, abandon_on_cancel=True)
            except Exception:
                # The edge of a convenience: the job that needs the model will say so in its video's history.
                log.exception("not ready for work", stage=stage.name)
