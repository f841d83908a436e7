"""The scheduler: the reaper, the chores, and what must happen from time to time."""

from datetime import timedelta

from reelscribe.accounts import email_filter
from reelscribe.events import inbox
from reelscribe.jobs.chores import CHORE_BELL
from reelscribe.pipeline.reap import reap, wake_waiting
from reelscribe.pipeline.upkeep import Upkeep
from reelscribe.processes.loops import every, side_by_side, work_when_rung
from reelscribe.videos.uploads import cleanup
from reelscribe.wiring import Platform

EMAIL_FILTER_SECONDS = 600.0
CLEANUP_SECONDS = 300.0
WAKE_SECONDS = 10.0
LEFTOVER_AGE = timedelta(hours=24)
FORGET_SECONDS = 3600.0
# Longer than any broker keeps an event (Kafka's default is 7 days); a job is unique for its run and stage anyway.
MESSAGE_AGE = timedelta(days=30)


async def run_scheduler(platform: Platform) -> None:
    """Run every schedule until cancelled."""
    jobs = platform.settings.jobs
    upkeep = Upkeep(platform.database, platform.storage, platform.search, platform.embedder)
    await side_by_side(
        every(jobs.lease_seconds / 3, "reaper", lambda: reap(platform.database, jobs.max_attempts)),
        every(WAKE_SECONDS, "wake", lambda: wake_waiting(platform.database, platform.queue)),
        work_when_rung(platform.doorbell, [CHORE_BELL], upkeep.run_due, jobs.poll_seconds),
        every(EMAIL_FILTER_SECONDS, "sync-user-emails", lambda: sync_emails(platform)),
        every(CLEANUP_SECONDS, "abandoned uploads", lambda: clean_up(platform)),
        every(FORGET_SECONDS, "old messages", lambda: forget_messages(platform)),
    )


async def sync_emails(platform: Platform) -> None:
    """Bring the email filter in step with the table."""
    await email_filter.sync(platform.database, platform.memory)


async def forget_messages(platform: Platform) -> None:
    """Forget what consumers handled long ago."""
    async with platform.database.write() as session:
        await inbox.forget(session, MESSAGE_AGE)


async def clean_up(platform: Platform) -> None:
    """Remove uploads that nobody finished, and what dead writers left."""
    settings = platform.settings
    await cleanup.abandoned(
        platform.database,
        platform.storage,
        platform.parts,
        staging=settings.staging_dir,
        older_than=timedelta(seconds=settings.uploads.expiry),
    )
    await platform.storage.clean_up(LEFTOVER_AGE)
