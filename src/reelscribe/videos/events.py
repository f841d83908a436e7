"""`GET /videos/{video_id}/events`: the history as a page, or live as server-sent events (see `event_stream`)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from reelscribe.accounts.dependencies import OptionalAccount, current_claims, memory_of, optional_account
from reelscribe.accounts.tokens import Claims
from reelscribe.database.http import database_of
from reelscribe.problems import FieldError, Unauthorized, Unprocessable, responses
from reelscribe.videos.event_stream import Begun, Stream
from reelscribe.videos.feed import feed_of
from reelscribe.videos.find import ANYONE, VideoId, visible_video
from reelscribe.videos.history_page import MAX_LINES, EventPage, lines_after
from reelscribe.videos.serving import ClosingStream
from reelscribe.videos.visibility import viewer_of

EVENT_STREAM: Final = "text/event-stream"
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
    claims: Annotated[Claims | None, Depends(current_claims)],
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 100,
    last_event_id: LastEventId = None,
) -> Response | EventPage:
    """What happened to a video, event by event, attempt by attempt, oldest first."""
    viewer, database = viewer_of(account), database_of(request)
    if EVENT_STREAM in request.headers.get("accept", ""):
        shown = after if last_event_id is None else _number(last_event_id)
        client = f"address {request.client.host if request.client else ''}" if account is None else f"{account.id}"
        stream = Stream(database, feed_of(request), video_id, viewer, client, _signed_in(request, claims))
        return ClosingStream(await Begun.of(stream.messages(shown)), 200, dict(_STREAM_HEADERS), EVENT_STREAM)
    async with database.read() as session:
        video = await visible_video(session, video_id, viewer)
        lines = await lines_after(session, video, viewer, after, limit + 1)
    page = lines[:limit]
    return EventPage(items=page, next_after=page[-1].id if len(lines) > limit else None)


def _signed_in(request: Request, claims: Claims | None) -> Callable[[], Awaitable[bool]]:
    """Asks whether the token that a stream was opened with is still good; nobody's stays nobody's."""

    async def ask() -> bool:
        if claims is None:
            return True
        if claims.expires_at <= datetime.now(UTC) or await memory_of(request).is_revoked(claims.token_id):
            return False
        try:
            return await optional_account(request, claims) is not None
        except Unauthorized:
            return False

    return ask


def _number(last_event_id: str) -> int:
    if last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) <= len(str(_LAST_NUMBER)):
        return min(int(last_event_id), _LAST_NUMBER)
    error = FieldError(field="header.last-event-id", message="must be the number of a line", code="invalid")
    raise Unprocessable("Not valid: header.last-event-id.", errors=[error])
