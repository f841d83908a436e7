"""`GET /videos/{video_id}/events`: the history as a page, or live as server-sent events (WHATWG HTML, 9.2).

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
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Final, Self

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel

from reelscribe.accounts.dependencies import OptionalAccount
from reelscribe.database.http import database_of
from reelscribe.database.session import Database
from reelscribe.engines.search import Viewer
from reelscribe.problems import FieldError, NotFound, Unprocessable, responses
from reelscribe.videos.feed import Feed, Subscription, feed_of
from reelscribe.videos.find import ANYONE, VideoId, visible_video
from reelscribe.videos.history_page import MAX_LINES, EventOut, EventPage, lines_after
from reelscribe.videos.progress import progress_of
from reelscribe.videos.schemas import Progress
from reelscribe.videos.serving import ClosingStream
from reelscribe.videos.visibility import viewer_of

EVENT_STREAM: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
"""Proxies close what is silent for longer, often 30 or 60 s; whether the viewer may still see is asked as often."""
LONGEST_SECONDS: Final = 900.0
"""Then the client comes again, and its token is looked at again."""
_LAST_NUMBER: Final = 2**31 - 1

_STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router = APIRouter(tags=["videos"])
After = Annotated[int, Query(ge=0, le=_LAST_NUMBER, description="Only lines after this number.")]
LastEventId = Annotated[str | None, Header(description="The last line that this client has; wins over `after`.")]


@router.get(
    "/videos/{video_id}/events",
    response_model=EventPage,
    responses={
        200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}},
        **responses(401, 404, 422, 429),
    },
    openapi_extra=ANYONE,
    summary="The history of a video, live with Accept: text/event-stream",
)
async def get_events(
    request: Request,
    video_id: VideoId,
    account: OptionalAccount,
    *,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 100,
    last_event_id: LastEventId = None,
) -> Response | EventPage:
    """What happened to a video, event by event, attempt by attempt, oldest first."""
    viewer, database = viewer_of(account), database_of(request)
    if EVENT_STREAM in request.headers.get("accept", ""):
        shown = after if last_event_id is None else _number(last_event_id)
        client = f"address {request.client.host if request.client else ''}" if account is None else f"{account.id}"
        messages = Stream(database, feed_of(request), video_id, viewer, client).messages(shown)
        stream = Begun(await anext(messages), messages)
        return ClosingStream(stream, 200, dict(_STREAM_HEADERS), EVENT_STREAM)
    async with database.read() as session:
        video = await visible_video(session, video_id, viewer)
        lines = await lines_after(session, video, viewer, after, limit + 1)
    page = lines[:limit]
    return EventPage(items=page, next_after=page[-1].id if len(lines) > limit else None)


@dataclass(frozen=True, slots=True)
class View:
    """What there is to tell at one moment."""

    lines: list[EventOut]
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Stream:
    """One client that follows one video."""

    database: Database
    feed: Feed
    public_id: str
    viewer: Viewer
    client: str

    async def messages(self, shown: int) -> AsyncGenerator[bytes]:
        """The stream's text. The first piece comes at once, or what is wrong is raised before it."""
        async with self.database.read() as session:
            video_id = (await visible_video(session, self.public_id, self.viewer)).id
        async with self.feed.subscribe(video_id, self.client) as subscription:
            yield b"retry: 2000\n\n"
            async with aclosing(self._followed(subscription, shown)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _followed(self, subscription: Subscription, shown: int) -> AsyncGenerator[bytes]:
        ends_at = time.monotonic() + LONGEST_SECONDS
        told: Progress | None = None
        while not self.feed.is_stopping and time.monotonic() < ends_at:
            try:
                view = await self._look(shown)
            except NotFound:
                yield _message("end", '{"reason": "gone"}')
                return
            for line in view.lines:
                shown = line.id
                yield _message("history", _json(line), line.id)
            if view.progress is not None and view.progress != told:
                yield _message("progress", _json(view.progress))
            told = view.progress
            if len(view.lines) < MAX_LINES:
                yield b": \n\n"
                await subscription.wait(HEARTBEAT_SECONDS)

    async def _look(self, shown: int) -> View:
        """Raises `NotFound` once the video is gone, or hidden from this viewer."""
        async with self.database.read() as session:
            video = await visible_video(session, self.public_id, self.viewer)
            lines = await lines_after(session, video, self.viewer, shown)
            return View(lines, (await progress_of(session, [video])).get(video.id))


class Begun:
    """Messages of which the first is there already: what is refused is refused with a status, not in a stream."""

    def __init__(self, first: bytes, rest: AsyncGenerator[bytes]) -> None:
        self._first: bytes | None = first
        self._rest = rest

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


def _number(last_event_id: str) -> int:
    if last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= len(str(_LAST_NUMBER)):
        return min(int(last_event_id), _LAST_NUMBER)
    error = FieldError(field="header.last-event-id", message="must be the number of a line", code="invalid")
    raise Unprocessable("Not valid: header.last-event-id.", errors=[error])


def _message(event: str, data: str, number: int | None = None) -> bytes:
    name = "" if number is None else f"id: {number}\n"
    return f"{name}event: {event}\ndata: {data}\n\n".encode()


def _json(model: BaseModel) -> str:
    """On one line, as a message needs it."""
    return json.dumps(model.model_dump(mode="json"), ensure_ascii=False)
