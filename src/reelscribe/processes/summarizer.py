"""The summarizer as a process: its service, and the worker of its queue."""

import socket

from reelscribe.pipeline.stages import stage_named
from reelscribe.processes.loops import side_by_side
from reelscribe.processes.web import serve_summarizer
from reelscribe.processes.worker import run_worker
from reelscribe.wiring import Platform


async def run_summarizer(platform: Platform) -> None:
    """Run both until cancelled."""
    name = f"{socket.gethostname()}/summarizer"
    await side_by_side(serve_summarizer(platform), run_worker(platform, [stage_named("summarize").queue], name))
