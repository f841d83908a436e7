"""POST /videos/upload, whichever way the bytes come."""

from fastapi import APIRouter, Request, Response, status
from starlette.requests import ClientDisconnect

from reelscribe.accounts.dependencies import CurrentAccount
from reelscribe.problems import responses
from reelscribe.videos.schemas import VideoOut, video_out
from reelscribe.videos.uploads.context import uploads_of
from reelscribe.videos.uploads.multipart import receive_form
from reelscribe.videos.uploads.openapi import UPLOAD_BODY
from reelscribe.videos.uploads.problems import UnsupportedMedia

router = APIRouter(tags=["uploads"])

CLIENT_GONE = 499
"""Nobody reads this answer; it is nginx' name for it in logs."""


@router.post(
    "/videos/upload",
    status_code=status.HTTP_201_CREATED,
    response_model=VideoOut,
    responses=responses(400, 401, 408, 413, 415, 422, 503, 507),
    openapi_extra=UPLOAD_BODY,
    summary="Upload a video as a form, or begin an upload in parts",
)
async def upload(request: Request, account: CurrentAccount) -> VideoOut | Response:
    """With a multipart form: the video, received whole. With JSON: an upload session with a signed address a part."""
    uploads = uploads_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            return video_out(await receive_form(request, account, uploads))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
    raise UnsupportedMedia("Send the video as multipart/form-data, or application/json to begin an upload in parts.")
