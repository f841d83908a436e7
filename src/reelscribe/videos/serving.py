"""Bytes over HTTP as players want them: ranges, HEAD, conditional requests, and addresses that work from any page."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from reelscribe.videos.byte_range import NotSatisfiable, parse_range
from reelscribe.videos.file_name import attachment

ANYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""A signed address is the permission: no cookie and no token goes with it, so any page's player may use it."""

_INERT: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""What users uploaded must never run as a page of ours."""

PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What is served. `read` gives bytes [start, end); `etag` is unquoted; `max_age` in seconds."""

    size: int
    etag: str
    media_type: str
    read: Callable[[int, int], AsyncIterator[bytes]]
    max_age: int = 0
    modified: datetime | None = None
    download_as: str | None = None

    def headers(self) -> dict[str, str]:
        """All but the length and the range."""
        headers = {
            "Accept-Ranges": "bytes",
            "ETag": f'"{self.etag}"',
            "Cache-Control": f"private, max-age={self.max_age}" if self.max_age > 0 else "private, no-cache",
            **ANYWHERE,
            **_INERT,
        }
        if self.modified is not None:
            headers["Last-Modified"] = format_datetime(self.modified, usegmt=True)
        if self.download_as is not None:
            headers["Content-Disposition"] = attachment(self.download_as)
        return headers


def made(body: bytes, media_type: str, *, max_age: int = 0, download_as: str | None = None) -> Content:
    """Content that was made for this request."""

    async def read(start: int, end: int) -> AsyncIterator[bytes]:
        yield body[start:end]

    etag = blake2b(body, digest_size=12).hexdigest()
    return Content(len(body), etag, media_type, read, max_age=max_age, download_as=download_as)


def serve(request: Request, content: Content) -> Response:
    """The answer to GET or HEAD (RFC 9110): 200, 206, 304 or 416."""
    headers = content.headers()
    if _is_known(request.headers.get("if-none-match"), content.etag):
        return Response(status_code=int(HTTPStatus.NOT_MODIFIED), headers=headers)
    try:
        wanted = parse_range(_range_header(request, content), content.size)
    except NotSatisfiable:
        headers["Content-Range"] = f"bytes */{content.size}"
        return Response(status_code=int(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE), headers=headers)
    start, end = wanted or (0, content.size)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
    headers["Content-Length"] = str(end - start)
    status = HTTPStatus.OK if wanted is None else HTTPStatus.PARTIAL_CONTENT
    if request.method == "HEAD":
        return Response(status_code=int(status), headers=headers, media_type=content.media_type)
    return ClosingStream(content.read(start, end), status, headers, content.media_type)


class ClosingStream(StreamingResponse):
    """A streamed answer whose source is closed as soon as the client is gone, not when the garbage is collected."""

    def __init__(self, lines: AsyncIterator[bytes], status: int, headers: dict[str, str], media_type: str) -> None:
        super().__init__(lines, int(status), headers, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or until the client is gone."""
        async with aclosing(self.body_iterator):  # type: ignore[type-var] # always a generator of ours, which has aclose
            await super().__call__(scope, receive, send)


def _range_header(request: Request, content: Content) -> str | None:
    """The range, unless it was meant for another state of the content (If-Range)."""
    condition = request.headers.get("if-range")
    if condition is None or condition == f'"{content.etag}"':
        return request.headers.get("range")
    dated = content.modified is not None and condition == format_datetime(content.modified, usegmt=True)
    return request.headers.get("range") if dated else None


def _is_known(condition: str | None, etag: str) -> bool:
    if condition is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return "*" in tags or f'"{etag}"' in tags
