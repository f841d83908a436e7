"""The routes of tus 1.0: core protocol, creation (also with the first bytes), expiration and termination."""

from collections.abc import AsyncIterator
from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response, status
from starlette.requests import ClientDisconnect

from reelscribe.accounts.dependencies import CurrentAccount
from reelscribe.problems import CLIENT_GONE, Problem, responses
from reelscribe.videos.uploads import growing, tus, tus_upload
from reelscribe.videos.uploads.context import uploads_of
from reelscribe.videos.uploads.openapi import TUS_CREATION, TUS_PATCH, TUS_REQUEST
from reelscribe.videos.uploads.problems import UnsupportedMedia
from reelscribe.videos.uploads.tus_headers import (
    CHUNK_TYPE,
    EXTENSIONS,
    VERSION,
    length_of,
    metadata_of,
    number_of,
    upload_headers,
)
from reelscribe.videos.uploads.tus_upload import Upload

ROUTE = "/videos/upload/tus"


async def _speaks_tus(request: Request) -> AsyncIterator[None]:
    """Refuse other versions, and name ours also in every error."""
    headers = {"Tus-Resumable": VERSION, "Tus-Version": VERSION}
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem(f"Send the header Tus-Resumable: {VERSION}.", status=412, headers=headers)
    try:
        yield
    except Problem as problem:
        problem.headers.update(headers)
        raise


options_router = APIRouter()
router = APIRouter(dependencies=[Depends(_speaks_tus, scope="function")])


@options_router.options(ROUTE, status_code=status.HTTP_204_NO_CONTENT, summary="What this tus server can do")
@options_router.options(f"{ROUTE}/{{upload_id}}", status_code=status.HTTP_204_NO_CONTENT, include_in_schema=False)
async def tell(request: Request) -> Response:
    """Version, extensions, and the largest upload."""
    headers = {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(uploads_of(request).limits.max_bytes),
    }
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers=headers)


@router.post(
    ROUTE,
    status_code=status.HTTP_201_CREATED,
    response_class=Response,
    responses=responses(400, 401, 408, 412, 413, 415, 422, 429, 507),
    openapi_extra=TUS_CREATION,
    summary="Begin a resumable upload (tus)",
)
@router.post(f"{ROUTE}/", status_code=status.HTTP_201_CREATED, response_class=Response, include_in_schema=False)
async def create(request: Request, account: CurrentAccount) -> Response:
    """`X-Video-Id` names the video. The first bytes may come along, as application/offset+octet-stream."""
    uploads = uploads_of(request)
    upload = await tus.create(uploads, account, metadata_of(request.headers), length_of(request.headers))
    offset = 0
    if request.headers.get("content-type") == CHUNK_TYPE:
        offset = await tus.append(request, uploads, upload, 0)
    headers = _headers(upload, offset, uploads.limits.expires_at())
    headers["Location"] = f"{request.url.path.rstrip('/')}/{upload.id}"
    return Response(status_code=status.HTTP_201_CREATED, headers=headers)


@router.head(
    f"{ROUTE}/{{upload_id}}",
    response_class=Response,
    responses=responses(401, 404, 412, 423),
    openapi_extra=TUS_REQUEST,
    summary="How far an upload is (tus)",
)
async def ask(request: Request, upload_id: str, account: CurrentAccount) -> Response:
    """How far an upload is: `Upload-Offset`."""
    uploads = uploads_of(request)
    upload = await tus_upload.find(uploads, upload_id, user_id=account.id)
    headers = _headers(upload, await tus.offset_of(uploads, upload), upload.expires_at)
    headers["Cache-Control"] = "no-store"
    metadata = growing.about(uploads.staging, upload.id)
    if metadata:
        headers["Upload-Metadata"] = metadata
    return Response(headers=headers)


@router.patch(
    f"{ROUTE}/{{upload_id}}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=responses(400, 401, 404, 408, 409, 412, 413, 415, 423, 507),
    openapi_extra=TUS_PATCH,
    summary="Go on with an upload (tus)",
)
async def append(request: Request, upload_id: str, account: CurrentAccount) -> Response:
    """The bytes from `Upload-Offset` on, as application/offset+octet-stream."""
    if request.headers.get("content-type") != CHUNK_TYPE:
        raise UnsupportedMedia(f"The bytes must come as {CHUNK_TYPE}.")
    offset = number_of(request.headers, "upload-offset")
    uploads = uploads_of(request)
    upload = await tus_upload.find(uploads, upload_id, user_id=account.id)
    try:
        reached = await tus.append(request, uploads, upload, offset)
    except ClientDisconnect:
        return Response(status_code=CLIENT_GONE)
    return Response(
        status_code=status.HTTP_204_NO_CONTENT, headers=_headers(upload, reached, uploads.limits.expires_at())
    )


@router.delete(
    f"{ROUTE}/{{upload_id}}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=responses(401, 404, 409, 412, 423),
    openapi_extra=TUS_REQUEST,
    summary="Give an upload up (tus)",
)
async def terminate(request: Request, upload_id: str, account: CurrentAccount) -> Response:
    """Removes what came of it, and the video that it was to become."""
    uploads = uploads_of(request)
    await tus.terminate(uploads, await tus_upload.find(uploads, upload_id, user_id=account.id))
    return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Tus-Resumable": VERSION})


@router.post(f"{ROUTE}/{{upload_id}}", response_class=Response, include_in_schema=False)
async def overridden(request: Request, upload_id: str, account: CurrentAccount) -> Response:
    """For clients behind proxies that let nothing pass but POST."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await append(request, upload_id, account)
        case "DELETE":
            return await terminate(request, upload_id, account)
        case "HEAD":
            return await ask(request, upload_id, account)
    raise Problem("Use PATCH, HEAD or DELETE.", status=status.HTTP_405_METHOD_NOT_ALLOWED)


def _headers(upload: Upload, offset: int, expires_at: datetime) -> dict[str, str]:
    still_runs_out = None if offset == upload.length else expires_at
    return {**upload_headers(offset, upload.length, still_runs_out), "X-Video-Id": upload.public_id}
