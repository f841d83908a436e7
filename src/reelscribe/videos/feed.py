"""What wakes the streams of a process: one listener and one query for all that is watched, however many clients.

The doorbell says that some history grew. Progress rings no bell, and rings may be lost, so the feed also looks by
itself once a second. Only those streams wake whose own video has changed.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from reelscribe.database.session import Database
from reelscribe.engines.doorbell import Doorbell
from reelscribe.events.history import HISTORY_BELL
from reelscribe.events.models import VideoEvent
from reelscribe.jobs.models import Job, JobStatus
from reelscribe.problems import TooManyRequests
from reelscribe.videos.models import Video

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.02
"""Rings that come so soon after another are answered by one look: at most 50 looks a second."""
MAX_STREAMS: Final = 10
"""For one account, or one address that is not signed in, in one process."""
RETRY_AFTER_SECONDS: Final = 10.0

Sight = tuple[object, ...]


@dataclass(eq=False, slots=True)
class Subscription:
    """One stream's ear."""

    video_id: int
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, seconds: float) -> None:
        """Return when the video has changed since the last wait, when the feed stops, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:
            return
        self.changed.clear()


class Feed:
    """The streams of one process. It works only while somebody listens."""

    def __init__(self, database: Database, doorbell: Doorbell) -> None:
        self._database = database
        self._doorbell = doorbell
        self._open: set[Subscription] = set()
        self._by_client: Counter[str] = Counter()
        self._seen: dict[int, Sight] = {}
        self._watching: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def is_stopping(self) -> bool:
        """Streams must end: the server is going down."""
        return self._stopping

    def stop(self) -> None:
        """End every stream, and give no new one."""
        self._stopping = True
        self._wake(self._open)

    @asynccontextmanager
    async def subscribe(self, video_id: int, client: str) -> AsyncIterator[Subscription]:
        """An ear for one video. Raises `TooManyRequests` when `client` has enough of them."""
        if self._by_client[client] >= MAX_STREAMS:
            raise TooManyRequests("Too many live streams at once: close some.", retry_after=RETRY_AFTER_SECONDS)
        subscription = Subscription(video_id)
        self._by_client[client] += 1
        self._open.add(subscription)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield subscription
        finally:
            self._open.discard(subscription)
            self._by_client -= Counter([client])
            if not self._open and self._watching is not None:
                self._watching.cancel()
                self._watching = None

    async def _watch(self) -> None:
        async with self._doorbell.listen([HISTORY_BELL]) as bell:
            while not self.is_stopping:
                await self._look()
                if await bell.wait(POLL_SECONDS):
                    await asyncio.sleep(GATHER_SECONDS)
        self._wake(self._open)

    async def _look(self) -> None:
        try:
            sights = await self._sights({one.video_id for one in self._open})
        except (SQLAlchemyError, OSError) as error:
            # The database is away: the next look will tell.
            log.warning("feed_blind", error=type(error).__name__)
            return
        self._wake({one for one in self._open if sights.get(one.video_id) != self._seen.get(one.video_id)})
        self._seen = sights

    async def _sights(self, video_ids: set[int]) -> dict[int, Sight]:
        """What a stream could have to tell of each video, in brief; a video that is gone has none."""
        last = select(func.max(VideoEvent.id)).where(VideoEvent.video_id == Video.id).scalar_subquery()
        at_work = (Job.video_id == Video.id) & (Job.run == Video.run) & Job.status.in_(_UNFINISHED)
        statement = (
            select(Video.id, Video.status, Video.visibility, last, Job.id, Job.status, Job.progress)
            .outerjoin(Job, at_work)
            .where(Video.id.in_(video_ids))
        )
        async with self._database.read() as session:
            return {row[0]: tuple(row) for row in await session.execute(statement)}

    @staticmethod
    def _wake(subscriptions: set[Subscription]) -> None:
        for subscription in subscriptions:
            subscription.changed.set()


_UNFINISHED: Final = (JobStatus.QUEUED, JobStatus.RUNNING)


def feed_of(connection: HTTPConnection) -> Feed:
    """The process's feed, made when the first stream opens."""
    state = connection.app.state
    if not hasattr(state, "feed"):
        state.feed = Feed(state.database, state.doorbell)
    feed: Feed = state.feed
    return feed


def stop_streams(app: Starlette) -> None:
    """End every live stream of this application: call it before the server waits for open answers to end."""
    feed: Feed | None = getattr(app.state, "feed", None)
    if feed is not None:
        feed.stop()
