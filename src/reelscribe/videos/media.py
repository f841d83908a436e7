"""`/media/...`: where the embedded storage's own signed addresses lead. With S3 they lead to the bucket.

Whoever holds such an address is asked nothing more, so the API hands none out: see `playback`.
"""

from fastapi import APIRouter, Request, Response

from reelscribe.engines.storage import InvalidKey, ObjectReader
from reelscribe.problems import NotFound
from reelscribe.videos.serving import PREFLIGHT, Content, serve
from reelscribe.videos.stored import SignsForUs, stored

router = APIRouter(tags=["media"])


@router.api_route("/{token}/{key:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def get_object(request: Request, token: str, key: str, download: str | None = None) -> Response:
    """A stored object, for whoever holds its address."""
    storage: ObjectReader = request.app.state.storage
    content = await _genuine(storage, token, key, download)
    if content is None:
        raise NotFound("This address is not valid, or no longer.")
    return serve(request, content)


@router.options("/{token}/{key:path}", include_in_schema=False)
async def preflight(token: str, key: str) -> Response:  # noqa: ARG001 - the path has them
    """Browsers ask before they send a Range from another origin."""
    return Response(status_code=204, headers=PREFLIGHT)


async def _genuine(storage: ObjectReader, token: str, key: str, download: str | None) -> Content | None:
    try:
        if isinstance(storage, SignsForUs) and storage.verify(token, key, download_as=download):
            return await stored(storage, key, download)
    except (InvalidKey, UnicodeEncodeError):
        return None
    return None
