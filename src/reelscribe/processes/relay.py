"""The outbox relay as a process. On the embedded bus it is the consumer too: delivering is calling the handler."""

from reelscribe.events.outbox import OUTBOX_BELL
from reelscribe.pipeline.relay import relay_once
from reelscribe.processes.loops import work_when_rung
from reelscribe.wiring import Platform


async def run_relay(platform: Platform) -> None:
    """Publish what is committed, as soon as it is, until cancelled."""
    await work_when_rung(
        platform.doorbell,
        [OUTBOX_BELL],
        lambda: relay_once(platform.database, platform.bus),
        platform.settings.jobs.poll_seconds,
    )
