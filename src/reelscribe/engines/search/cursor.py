"""Cursors that stay right while videos are added.

By date, a cursor is the last hit's place in that order. By relevance there is no such place, because scores move with
every video added; so the cursor names what was shown already, four bytes a video, and the next page is the best of
the rest.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from reelscribe.engines.search import InvalidCursor, SearchRequest

MAX_DEPTH = 1_000
"""Hits by relevance that can be paged through (a cursor of 5 KB); by date there is no limit."""
_HEADER = struct.Struct("<B8s")
_PLACE = struct.Struct("<Q")
_RELEVANCE, _DATE = 1, 2


@dataclass(frozen=True, slots=True)
class Cursor:
    """Either `seen`, the marks of the hits shown so far, or `last`, the last hit's sort key and id."""

    seen: tuple[int, ...] = ()
    last: tuple[int, str] | None = None


def mark(video_id: str) -> int:
    """Four bytes that stand for a video in a cursor; two of 1,000 share one in 1 of 10,000 searches."""
    return int.from_bytes(hashlib.blake2b(video_id.encode(), digest_size=4).digest(), "little")


def encode(cursor: Cursor, request: SearchRequest) -> str:
    """An opaque, URL-safe text, bound to the query and its filters (not to who asks)."""
    if cursor.last is not None:
        kind, body = _DATE, _PLACE.pack(cursor.last[0]) + cursor.last[1].encode()
    else:
        kind, body = _RELEVANCE, struct.pack(f"<{len(cursor.seen)}I", *cursor.seen)
    return base64.urlsafe_b64encode(_HEADER.pack(kind, _binding(request)) + body).rstrip(b"=").decode()


def decode(request: SearchRequest) -> Cursor:
    """The cursor in a request, an empty one if there is none.

    Raises:
        InvalidCursor: it was not made by `encode` for this query.
    """
    if request.cursor is None:
        return Cursor()
    try:
        raw = base64.b64decode(request.cursor + "=" * (-len(request.cursor) % 4), altchars=b"-_", validate=True)
        kind, binding = _HEADER.unpack_from(raw)
        cursor = _body(kind, raw[_HEADER.size :])
    except (binascii.Error, struct.error, UnicodeError, ValueError) as error:
        raise InvalidCursor("this cursor is damaged") from error
    if binding != _binding(request):
        raise InvalidCursor("this cursor belongs to another search")
    return cursor


def _body(kind: int, body: bytes) -> Cursor:
    if kind == _DATE:
        return Cursor(last=(_PLACE.unpack_from(body)[0], body[_PLACE.size :].decode()))
    if kind == _RELEVANCE and len(body) <= 4 * MAX_DEPTH:
        return Cursor(seen=struct.unpack(f"<{len(body) // 4}I", body))
    raise InvalidCursor("this cursor is damaged")


def _binding(request: SearchRequest) -> bytes:
    asked = (request.q, request.status, request.user_id, request.created_from, request.created_to, request.sort)
    return hashlib.blake2b(repr(asked).encode("utf-8", "surrogatepass"), digest_size=8).digest()
