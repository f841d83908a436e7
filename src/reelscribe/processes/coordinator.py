"""What `serve` runs in one process beside the services: relay (so the embedded consumer), scheduler, index worker."""

import socket

from reelscribe.pipeline.stages import stage_named
from reelscribe.processes.loops import side_by_side
from reelscribe.processes.relay import run_relay
from reelscribe.processes.scheduler import run_scheduler
from reelscribe.processes.worker import run_worker
from reelscribe.wiring import Platform


async def run_coordinator(platform: Platform) -> None:
    """Run all three until cancelled."""
    name = f"{socket.gethostname()}/coordinator"
    await side_by_side(
        run_relay(platform),
        run_scheduler(platform),
        run_worker(platform, [stage_named("index").queue], name),
    )
