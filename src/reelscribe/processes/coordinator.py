"""What `serve` runs in one process beside the services: relay (so the embedded consumer), scheduler, index worker."""

import asyncio
import socket

from reelscribe.pipeline.stages import stage_named
from reelscribe.processes.relay import run_relay
from reelscribe.processes.scheduler import run_scheduler
from reelscribe.processes.worker import run_worker
from reelscribe.wiring import Platform


async def run_coordinator(platform: Platform) -> None:
    """Run all three until cancelled."""
    name = f"{socket.gethostname()}/coordinator"
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_relay(platform))
        tasks.create_task(run_scheduler(platform))
        tasks.create_task(run_worker(platform, [stage_named("index").queue], name))


async def run_summarizer_with_worker(platform: Platform) -> None:
    """The summarizer service and the worker of its queue, until cancelled."""
    from reelscribe.processes.web import run_summarizer

    name = f"{socket.gethostname()}/summarizer"
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_summarizer(platform))
        tasks.create_task(run_worker(platform, [stage_named("summarize").queue], name))
