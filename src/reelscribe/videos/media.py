"""`/media/...`: the embedded storage's signed addresses. With S3 they lead to the bucket, and nothing is served."""

from datetime import UTC
from functools import partial
from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response

from reelscribe.engines.storage import InvalidKey, ObjectReader, StoredObject
from reelscribe.engines.storage.content_types import content_type_of
from reelscribe.problems import NotFound
from reelscribe.videos.serving import PREFLIGHT, Content, serve

MAX_AGE = 3600
"""Seconds that a browser keeps what it has: an object never changes, but the permission to see it may."""

router = APIRouter(tags=["media"])


@runtime_checkable
class SignsForUs(Protocol):
    """A storage whose signed addresses are paths on our own origin."""

    def verify(self, token: str, key: str, *, download_as: str | None = None) -> bool:
        """Whether an address is genuine and has not expired."""
        ...


@router.api_route("/{token}/{key:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def get_object(request: Request, token: str, key: str, download: str | None = None) -> Response:
    """A stored object, for whoever holds its address."""
    storage: ObjectReader = request.app.state.storage
    found = await _genuine(storage, token, key, download)
    if found is None:
        raise NotFound("This address is not valid, or no longer.")
    content = Content(
        size=found.size,
        etag=found.etag,
        media_type=content_type_of(key),
        read=partial(storage.read, key),
        max_age=MAX_AGE,
        modified=found.modified.astimezone(UTC),
        download_as=download,
    )
    return serve(request, content)


@router.options("/{token}/{key:path}", include_in_schema=False)
async def preflight(token: str, key: str) -> Response:  # noqa: ARG001 - the path has them
    """Browsers ask before they send a Range from another origin."""
    return Response(status_code=204, headers=PREFLIGHT)


async def _genuine(storage: ObjectReader, token: str, key: str, download: str | None) -> StoredObject | None:
    try:
        if isinstance(storage, SignsForUs) and storage.verify(token, key, download_as=download):
            return await storage.head(key)
    except (InvalidKey, UnicodeEncodeError):
        return None
    return None
