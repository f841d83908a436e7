"""Server-sent events of one video (WHATWG HTML, 9.2).

    id: 7
    event: history
    data: {"id": 7, "at": ..., "kind": "completed", "stage": "transcode", ...}

    event: progress
    data: {"stage": "transcribe", "percent": 42.0}

A line of the history has an id, with which a client resumes (`Last-Event-ID`); progress has none, so it never disturbs
that. `event: end` says why a stream is over for good; one that merely closes is to be opened again.
"""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel

from reelscribe.database.session import Database
from reelscribe.engines.search import Viewer
from reelscribe.problems import NotFound
from reelscribe.videos.feed import Feed, Subscription
from reelscribe.videos.find import visible_video
from reelscribe.videos.history_page import MAX_LINES, EventOut, lines_after
from reelscribe.videos.progress import progress_of
from reelscribe.videos.schemas import Progress

HEARTBEAT_SECONDS: Final = 15.0
"""Proxies close what is silent for longer, often 30 or 60 s. As often it is asked whether the client is signed in."""
LONGEST_SECONDS: Final = 900.0
"""Then the client comes again: what opened long ago must not live on unseen."""
_RETRY: Final = b"retry: 2000\n\n"
_HEARTBEAT: Final = b": \n\n"


@dataclass(frozen=True, slots=True)
class View:
    """What there is to tell at one moment."""

    lines: list[EventOut]
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Stream:
    """One client that follows one video. `client` is whose streams are counted together."""

    database: Database
    feed: Feed
    public_id: str
    viewer: Viewer
    client: str
    is_signed_in: Callable[[], Awaitable[bool]]

    async def messages(self, shown: int) -> AsyncGenerator[bytes]:
        """The stream's text, after line number `shown`. What is wrong is raised before the first piece."""
        async with self.database.read() as session:
            video_id = (await visible_video(session, self.public_id, self.viewer)).id
        async with self.feed.subscribe(video_id, self.client) as subscription:
            yield _RETRY
            async with aclosing(self._followed(subscription, shown)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _followed(self, subscription: Subscription, shown: int) -> AsyncGenerator[bytes]:
        clock = _Clock()
        told: Progress | None = None
        while not self.feed.is_stopping and not clock.is_over:
            if clock.is_time_to_ask() and not await self.is_signed_in():
                yield _message("end", '{"reason": "signed_out"}')
                return
            view = await self._look(shown)
            if view is None:
                yield _message("end", '{"reason": "gone"}')
                return
            for line in view.lines:
                shown = line.id
                yield _message("history", _json(line), line.id)
            if view.progress is not None and view.progress != told:
                yield _message("progress", _json(view.progress))
            told = view.progress
            if len(view.lines) < MAX_LINES:
                yield _HEARTBEAT
                await subscription.wait(HEARTBEAT_SECONDS)

    async def _look(self, shown: int) -> View | None:
        """None once the video is gone, or hidden from this viewer."""
        async with self.database.read() as session:
            try:
                video = await visible_video(session, self.public_id, self.viewer)
            except NotFound:
                return None
            lines = await lines_after(session, video, self.viewer, shown)
            return View(lines, (await progress_of(session, [video])).get(video.id))


class Begun:
    """Messages of which the first is there already: what is refused is refused with a status, not in a stream."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes]) -> None:
        self._first: bytes | None = first
        self._rest = rest

    @classmethod
    async def of(cls, messages: AsyncGenerator[bytes]) -> Self:
        """Wait for the first message."""
        return cls(await anext(messages), messages)

    def __aiter__(self) -> Self:
        """Itself, once."""
        return self

    async def __anext__(self) -> bytes:
        """The next message."""
        first, self._first = self._first, None
        return await anext(self._rest) if first is None else first

    async def aclose(self) -> None:
        """Let go of the feed."""
        await self._rest.aclose()


class _Clock:
    """How old a stream is, and when its client was last looked at."""

    def __init__(self) -> None:
        self._began = self._asked = time.monotonic()

    @property
    def is_over(self) -> bool:
        return time.monotonic() - self._began > LONGEST_SECONDS

    def is_time_to_ask(self) -> bool:
        now = time.monotonic()
        if now - self._asked < HEARTBEAT_SECONDS:
            return False
        self._asked = now
        return True


def _message(event: str, data: str, number: int | None = None) -> bytes:
    name = "" if number is None else f"id: {number}\n"
    return f"{name}event: {event}\ndata: {data}\n\n".encode()


def _json(model: BaseModel) -> str:
    """On one line, as a message needs it."""
    return json.dumps(model.model_dump(mode="json"), ensure_ascii=False)
