"""Cursors that neither tell a key nor can be made up.

A cursor is sealed with HMAC-SHA256 in the manner of SIV (RFC 5297): the tag over the content also makes the mask over
the content, so that any change is noticed and equal places give equal cursors.
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_PLACE: Final = struct.Struct(">qq")
_TAG_BYTES: Final = 12
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class InvalidCursor(ValueError):  # noqa: N818 - a caller's mistake, named as the API names it
    """Not a cursor of ours, or one of another list."""


@dataclass(frozen=True, slots=True)
class Place:
    """After which row a page begins."""

    created_at: datetime
    id: int


def seal(key: bytes, place: Place, scope: str) -> str:
    """The cursor for `place` in the list that `scope` describes: opaque, URL-safe, 38 characters."""
    plain = _PLACE.pack((place.created_at - _EPOCH) // _MICROSECOND, place.id)
    tag = _tag(key, plain, scope)
    return _text(tag + _masked(key, tag, plain))


def unseal(key: bytes, cursor: str, scope: str) -> Place:
    """The place of a cursor. Raises `InvalidCursor`."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise InvalidCursor("this cursor is damaged") from error
    if _text(raw) != cursor:
        # The last letter has bits to spare, which decoding passes over.
        raise InvalidCursor("this cursor is damaged")
    tag, masked = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    plain = _masked(key, tag, masked) if len(masked) == _PLACE.size else b""
    if not hmac.compare_digest(_tag(key, plain, scope), tag):
        raise InvalidCursor("this cursor is damaged, or belongs to another list")
    microseconds, row = _PLACE.unpack(plain)
    return Place(_EPOCH + microseconds * _MICROSECOND, row)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _tag(key: bytes, plain: bytes, scope: str) -> bytes:
    return hmac.digest(key, b"tag\n" + plain + scope.encode(), "sha256")[:_TAG_BYTES]


def _masked(key: bytes, tag: bytes, text: bytes) -> bytes:
    mask = hmac.digest(key, b"mask\n" + tag, "sha256")[: len(text)]
    return bytes(a ^ b for a, b in zip(text, mask, strict=True))
