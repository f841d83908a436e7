"""POST /videos/upload, whichever way the bytes come, and upload sessions."""

from fastapi import APIRouter, Request, Response, status
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from reelscribe.accounts.dependencies import CurrentAccount
from reelscribe.problems import CLIENT_GONE, responses
from reelscribe.videos.schemas import VideoOut, video_out
from reelscribe.videos.uploads import completion, sessions, tus_routes
from reelscribe.videos.uploads.body import at_most, paced
from reelscribe.videos.uploads.context import Uploads, uploads_of
from reelscribe.videos.uploads.details import invalid
from reelscribe.videos.uploads.multipart import receive_form
from reelscribe.videos.uploads.openapi import UPLOAD_BODY
from reelscribe.videos.uploads.problems import UnsupportedMedia, bad_field
from reelscribe.videos.uploads.schemas import CompleteIn, SessionBegun, SessionIn, SessionOut

router = APIRouter(tags=["uploads"])
router.include_router(tus_routes.options_router)
router.include_router(tus_routes.router)


@router.post(
    "/videos/upload",
    status_code=status.HTTP_201_CREATED,
    response_model=VideoOut | SessionBegun,
    responses=responses(400, 401, 408, 413, 415, 422, 429, 503, 507),
    openapi_extra=UPLOAD_BODY,
    summary="Upload a video as a form, or begin an upload in parts",
)
async def upload(request: Request, account: CurrentAccount) -> VideoOut | SessionBegun | Response:
    """With a multipart form: the video, received whole. With JSON: an upload session with a signed address a part."""
    uploads = uploads_of(request)
    try:
        match request.headers.get("content-type", "").partition(";")[0].strip().lower():
            case "multipart/form-data":
                return video_out(await receive_form(request, account, uploads))
            case "application/json":
                video, session = await sessions.begin(uploads, account, await _announcement(request, uploads))
                return SessionBegun(video=video_out(video), upload=session)
    except ClientDisconnect:
        return Response(status_code=CLIENT_GONE)
    raise UnsupportedMedia("Send the video as multipart/form-data, or application/json to begin an upload in parts.")


@router.get("/videos/{video_id}/upload", responses=responses(401, 404, 409), summary="How far an upload in parts is")
async def get_session(request: Request, video_id: str, account: CurrentAccount) -> SessionOut:
    """The parts that are there, and fresh addresses for all: for a client that goes on after a break."""
    return await sessions.describe(uploads_of(request), account, video_id)


@router.post(
    "/videos/{video_id}/upload/complete",
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(401, 404, 409, 413, 415, 422, 503, 507),
    summary="Complete an upload in parts",
)
async def complete(request: Request, video_id: str, body: CompleteIn, account: CurrentAccount) -> VideoOut:
    """Checks the parts and makes the video of them. Sent again, it answers the same and does nothing."""
    return video_out(await completion.complete(uploads_of(request), account, video_id, body.etags()))


@router.delete(
    "/videos/{video_id}/upload",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(401, 404, 409),
    summary="Give up an upload in parts",
)
async def give_up(request: Request, video_id: str, account: CurrentAccount) -> None:
    """Removes the parts and the video that they were to become."""
    await sessions.give_up(uploads_of(request), account, video_id)


async def _announcement(request: Request, uploads: Uploads) -> SessionIn:
    # Not a parameter of the route: FastAPI would read a form of gigabytes into memory to find that it is no JSON.
    limit = 2 * uploads.limits.max_caption_bytes
    refused = bad_field("captions", "the announcement is too large", "too_large")
    chunks = at_most(paced(request.stream(), uploads.limits.pace), limit, refused)
    data = b"".join([chunk async for chunk in chunks])
    try:
        return SessionIn.model_validate_json(data)
    except ValidationError as error:
        raise invalid(error) from None
