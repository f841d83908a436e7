"""Videos over HTTP: each route a thin edge around what another module does."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response

from reelscribe.accounts.dependencies import CurrentAccount, OptionalAccount
from reelscribe.database.http import ReadSession, WriteSession
from reelscribe.problems import FieldError, NotFound, Unauthorized, Unprocessable, responses
from reelscribe.videos import cursor, keys, playback
from reelscribe.videos.dates import From, To
from reelscribe.videos.delete import delete_video, drop
from reelscribe.videos.edit import edit
from reelscribe.videos.file_name import download_name
from reelscribe.videos.find import ANYONE, VideoId, editable_video, visible_video
from reelscribe.videos.listing import MAX_LIMIT, ListRequest, newest
from reelscribe.videos.models import Status
from reelscribe.videos.present import present, present_one
from reelscribe.videos.replay import replay
from reelscribe.videos.schemas import MAX_KEY, RetryIn, VideoEdit, VideoOut, VideoPage
from reelscribe.videos.serving import serve
from reelscribe.videos.summary import SummaryOut, summary_of
from reelscribe.videos.transcripts import EXPORTED, Format, TranscriptOut, exported, stored_json, transcript_key
from reelscribe.videos.uploads.context import uploads_of
from reelscribe.videos.visibility import viewer_of
from reelscribe.videos.watch import WatchOut, playable, watch_out

router = APIRouter(tags=["videos"])


@router.get("/videos/list", responses=responses(401, 422), openapi_extra=ANYONE, summary="Videos, newest first")
async def list_videos(
    request: Request,
    session: ReadSession,
    account: OptionalAccount,
    *,
    created_from: From = None,
    created_to: To = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
    after: Annotated[str | None, Query(alias="cursor", description="`next_cursor` of the page before.")] = None,
    status: Status | None = None,
    user_id: Annotated[int | None, Query(ge=1, le=MAX_KEY)] = None,
    mine: Annotated[bool, Query(description="Only the caller's own, those still uploading included.")] = False,
) -> VideoPage:
    """What the caller may find. Pages stay right while videos are added. Unlisted ones are told to their owner only."""
    if mine and account is None:
        raise Unauthorized
    own = account.id if mine and account is not None else None
    if own is not None and user_id not in (None, own):
        return VideoPage(items=[], next_cursor=None)
    wanted = ListRequest(viewer_of(account), limit, status, own or user_id, created_from, created_to)
    key = keys.signing_key(request, keys.LIST_CURSORS)
    place = _place(key, after, wanted.scope) if after else None
    videos, more = await newest(session, wanted.beginning_after(place))
    next_cursor = None if more is None else cursor.seal(key, more, wanted.scope)
    return VideoPage(items=await present(session, request, wanted.viewer, videos), next_cursor=next_cursor)


@router.get("/videos/{video_id}", responses=responses(401, 404), openapi_extra=ANYONE, summary="One video")
async def get_video(request: Request, session: ReadSession, account: OptionalAccount, video_id: VideoId) -> VideoOut:
    """Details, status, and the progress of the stage that is at work."""
    viewer = viewer_of(account)
    return await present_one(session, request, viewer, await visible_video(session, video_id, viewer))


@router.patch("/videos/{video_id}", responses=responses(401, 403, 404, 422), summary="Edit a video")
async def edit_video(
    request: Request, session: WriteSession, account: CurrentAccount, video_id: VideoId, wanted: VideoEdit
) -> VideoOut:
    """Change what is given. Search follows within moments; who may see the video, at once."""
    video = await editable_video(session, video_id, account)
    edit(session, video, wanted)
    await session.flush()
    return await present_one(session, request, viewer_of(account), video)


@router.delete("/videos/{video_id}", status_code=204, responses=responses(401, 403, 404), summary="Delete a video")
async def remove_video(
    request: Request, session: WriteSession, account: CurrentAccount, video_id: VideoId, after: BackgroundTasks
) -> Response:
    """Every row at once; every object and the search document right after. In any state, also while it is processed."""
    open_uploads = await delete_video(session, await editable_video(session, video_id, account))
    uploads = uploads_of(request)
    after.add_task(drop, open_uploads, uploads.parts, uploads.staging)
    return Response(status_code=204, background=after)


@router.post(
    "/videos/{video_id}/retry", status_code=202, responses=responses(401, 403, 404, 409, 422), summary="Try again"
)
async def retry_video(
    request: Request,
    session: WriteSession,
    account: CurrentAccount,
    video_id: VideoId,
    wanted: RetryIn | None = None,
) -> VideoOut:
    """Retry a failed video from the stage that failed or from before; replay a ready one from any stage.

    While a video is being processed the answer is 409: it will be ready or failed by itself.
    """
    video = await editable_video(session, video_id, account)
    await replay(session, video, wanted.from_stage if wanted is not None else None)
    await session.flush()
    return await present_one(session, request, viewer_of(account), video)


@router.get(
    "/videos/{video_id}/watch",
    responses=responses(401, 404, 409),
    openapi_extra=ANYONE,
    summary="Addresses to play",
)
async def watch(
    request: Request, response: Response, session: ReadSession, account: OptionalAccount, video_id: VideoId
) -> WatchOut:
    """Short-lived addresses: HLS, each variant as MP4, captions, poster, storyboard. 409 until it is transcoded."""
    response.headers["Cache-Control"] = "private, no-store"
    found = await playable(session, await visible_video(session, video_id, viewer_of(account)))
    return watch_out(request, found, None if account is None else account.id)


@router.get(
    "/videos/{video_id}/transcript",
    response_model=TranscriptOut,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in EXPORTED}},
        **responses(401, 404, 422),
    },
    openapi_extra=ANYONE,
    summary="What was said",
)
async def get_transcript(
    request: Request,
    session: ReadSession,
    account: OptionalAccount,
    video_id: VideoId,
    *,
    wanted: Annotated[Format, Query(alias="format")] = "json",
    download: Annotated[bool, Query(description="Answer as a file to save, named after the video.")] = False,
) -> Response:
    """Segments and words with times, or captions as `vtt` or `srt`, or plain text. Without speech it is empty."""
    video = await visible_video(session, video_id, viewer_of(account))
    key = await transcript_key(session, video)
    await session.close()  # nothing is read from the database while the transcript is sent
    storage = request.app.state.storage
    name = download_name(video.title, f".{wanted}") if download else None
    if wanted == "json":
        return serve(request, await stored_json(storage, key, video_id, name))
    return serve(request, await exported(request.app.state, key, wanted, name))


@router.get("/videos/{video_id}/summary", responses=responses(401, 404), openapi_extra=ANYONE, summary="The summary")
async def get_summary(session: ReadSession, account: OptionalAccount, video_id: VideoId) -> SummaryOut:
    """Sentences with the times that support them, chapters, and how good the summary is by measure."""
    video = await visible_video(session, video_id, viewer_of(account))
    found = await summary_of(session, video)
    if found is None:
        raise NotFound("There is no summary of this video yet.", title="No summary yet")
    return found


def _place(key: bytes, text: str, scope: str) -> cursor.Place:
    try:
        return cursor.unseal(key, text, scope)
    except cursor.InvalidCursor as error:
        wrong = FieldError(field="query.cursor", message=str(error), code="invalid_cursor")
        raise Unprocessable("Not valid: query.cursor.", errors=[wrong]) from None


router.include_router(playback.router)
