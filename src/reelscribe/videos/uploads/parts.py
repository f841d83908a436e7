"""PUT of one part to its signed address: the embedded storage's side of an upload session."""

from collections.abc import AsyncIterable
from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from reelscribe.engines.storage import PartRefused, UploadNotFound
from reelscribe.engines.storage.local import PARTS_ROUTE
from reelscribe.problems import CLIENT_GONE, Forbidden, NotFound, Problem, responses
from reelscribe.videos.uploads.body import paced
from reelscribe.videos.uploads.context import uploads_of
from reelscribe.videos.uploads.ledger import gone

router = APIRouter(tags=["uploads"])


@runtime_checkable
class PartReceiver(Protocol):
    """What only the embedded storage has: parts come through us."""

    def verify(self, token: str, upload_id: str, number: int) -> bool:
        """Whether the address is genuine and has not expired."""
        ...

    async def write_part(self, upload_id: str, number: int, chunks: AsyncIterable[bytes]) -> str:
        """Receive a part; returns its ETag."""
        ...


@router.put(
    f"{PARTS_ROUTE}/{{token}}/{{upload_id}}/{{number}}",
    responses=responses(403, 404, 408, 409, 413, 507),
    summary="Send one part of an upload to its signed address",
)
async def put_part(request: Request, token: str, upload_id: str, number: int) -> Response:
    """The address is the permission; the answer's `ETag` is for the completion."""
    uploads = uploads_of(request)
    receiver = uploads.parts
    if not isinstance(receiver, PartReceiver):
        raise NotFound("Parts go straight to the object storage here.")
    if not receiver.verify(token, upload_id, number):
        raise Forbidden("This address is not genuine or has expired: ask for fresh ones.")
    try:
        etag = await receiver.write_part(upload_id, number, paced(request.stream(), uploads.limits.pace))
    except UploadNotFound:
        raise gone() from None
    except PartRefused as error:
        raise Problem(str(error), status=409) from None
    except ClientDisconnect:
        return Response(status_code=CLIENT_GONE)
    return Response(headers={"ETag": f'"{etag}"'})
