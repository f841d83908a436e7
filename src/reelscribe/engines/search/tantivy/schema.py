"""Two indexes: one document a video and one a moment, each with term statistics of its own kind.

A video's document names the `version` of its moments. Moments of a new version are committed first, then the video, so
that its commit alone decides what is seen; moments of versions that no video names are never shown.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tantivy import Schema, SchemaBuilder

FORMAT = 2
"""Part of the folder's name: a later release that needs another schema does not open this one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHIFT = 1 << 62


def videos_schema() -> "Schema":
    """`body` holds every term of a video.

    `words` are its distinct words unstemmed and `reversed` the same backwards, in which corrections are looked up by
    their beginnings and ends. `row` and `rows` say where its vectors lie (`rows` 0: it has none).
    """
    from tantivy import SchemaBuilder

    builder = _with_filters(SchemaBuilder())
    for name in ("title", "description", "summary", "body"):
        builder = builder.add_text_field(name, tokenizer_name="whitespace")
    for name in ("words", "reversed"):
        builder = builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in ("row", "rows"):
        builder = builder.add_unsigned_field(name, fast=True)
    builder = builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    return builder.build()


def moments_schema() -> "Schema":
    """`number` counts a video's windows from 0."""
    from tantivy import SchemaBuilder

    builder = _with_filters(SchemaBuilder())
    builder = builder.add_text_field("text", tokenizer_name="whitespace")
    builder = builder.add_unsigned_field("number", fast=True)
    return builder.build()


def video_key(video_id: str) -> int:
    """64 bits for a public id."""
    return int.from_bytes(hashlib.blake2b(video_id.encode(), digest_size=8).digest(), "little")


def date_key(at: datetime) -> int:
    """Microseconds since 1970, shifted so that earlier dates are not negative. A naive time is taken as UTC."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) + _SHIFT


def _with_filters(builder: "SchemaBuilder") -> "SchemaBuilder":
    """What both kinds carry: `access` names who may find it, `stored` is what an answer needs."""
    for name in ("access", "status"):
        builder = builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("video", "version", "user", "created"):
        builder = builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.add_bytes_field("stored", stored=True)
