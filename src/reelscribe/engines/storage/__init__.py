"""Object storage: videos, renditions, transcripts, summaries. Local folder embedded, S3 at scale.

An object is whole or it is not there: no reader ever sees a half-written one, also after a SIGKILL or a power cut.
Keys are made by the platform (see `keys.validate_key`); their suffix tells the type (see `content_types`).
`ObjectStorage` is what a stage is handed; `PartUploads` is what upload sessions with signed part addresses need.

Every method may raise `StorageUnavailable` and `InvalidKey`; what writes may raise `StorageFull`.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from reelscribe.engines.storage.errors import (
    InvalidKey,
    ObjectNotFound,
    PartRefused,
    StorageError,
    StorageFull,
    StorageUnavailable,
    UploadNotFound,
    WrongSize,
)

__all__ = [
    "MAX_PARTS",
    "InvalidKey",
    "ObjectNotFound",
    "ObjectReader",
    "ObjectStorage",
    "ObjectWriter",
    "Part",
    "PartRefused",
    "PartUploads",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "StoredObject",
    "UploadNotFound",
    "WrongSize",
]


MAX_PARTS = 10_000
"""Of one upload, as S3 has it."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One whole object. `size` in bytes; `etag`, unquoted, changes when the content does."""

    key: str
    size: int
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One finished part of an upload. `number` counts from 1; `size` in bytes; `etag` unquoted, made of its content."""

    number: int
    size: int
    etag: str


class ObjectReader(Protocol):
    async def head(self, key: str) -> StoredObject | None:
        """The object under `key`, or None."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes [start, end) in chunks of at most 1 MiB; like a slice it stops where the object ends.

        Raises `ObjectNotFound` at the first chunk.
        """
        ...

    async def fetch(self, key: str, path: Path) -> None:
        """Put the object at `path` for a worker that needs a file. Replaces what is there. Raises `ObjectNotFound`.

        The file must not be written to: embedded, it may be the object itself under a second name.
        """
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Objects below `prefix` ("" or ending in "/") in the order of their keys' code points."""
        ...

    def url(self, key: str, *, expires_in: timedelta, download_as: str | None = None) -> str:
        """A signed address for GET with ranges, good for at least `expires_in`; calls soon after another get the same.

        `download_as` makes the answer an attachment of that file name. Embedded, the address is a path on our own
        origin. It is not checked that the object exists.
        """
        ...


class ObjectWriter(Protocol):
    async def put(
        self, key: str, chunks: AsyncIterable[bytes], *, content_type: str, size: int | None = None
    ) -> StoredObject:
        """Store a stream in constant memory; returns when the object is durable and visible. Replaces atomically.

        `size` (bytes), when known, lets a full disk refuse at once, and raises `WrongSize` when it proves untrue.
        What `chunks` raises passes through unchanged. After any error nothing new is visible.
        """
        ...

    async def put_file(self, key: str, path: Path, *, content_type: str) -> StoredObject:
        """Store a finished file. It stays at `path` until the caller removes it, but must not be written to any more.

        Embedded and on the same file system no byte is copied: both names are then one file.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there are no error."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Remove every object below `prefix`, which ends in "/", while others may be written beside it."""
        ...

    async def clean_up(self, older_than: timedelta) -> int:
        """Remove what writers that died more than `older_than` ago left unfinished, and return how many such things."""
        ...


class ObjectStorage(ObjectReader, ObjectWriter, Protocol):
    """Objects read and written: what a stage of the pipeline is handed."""


class PartUploads(Protocol):
    """Objects that come in parts, in any order and at once, each PUT by the client to its own signed address.

    `upload_id` is opaque text of at most 1,500 characters. Each part has `part_size` bytes, the last one the rest.
    Raises `UploadNotFound` for an upload that is not under way.
    """

    async def begin(self, key: str, *, size: int, part_size: int, content_type: str) -> str:
        """Begin an upload of `size` bytes (at least 1, in at most `MAX_PARTS`) and return its id."""
        ...

    def part_url(self, upload_id: str, number: int, *, expires_in: timedelta) -> str:
        """A signed address for PUT of one part; the answer carries its `ETag`. Embedded: a path on our own origin."""
        ...

    async def parts(self, upload_id: str) -> list[Part]:
        """The finished parts, by number. These survive a SIGKILL and a power cut."""
        ...

    async def complete(self, upload_id: str, etags: Mapping[int, str]) -> StoredObject:
        """Make the object of all its parts, given the ETag (quotes allowed) that each part's number was answered with.

        Raises `PartRefused`, which names the part, when one is missing, extra, or not what was written; the upload then
        stays open, so that the client can mend it. Safe to call again after a crash before its answer.
        """
        ...

    async def abort(self, upload_id: str) -> None:
        """Remove an upload and its parts; one that is not there is no error."""
        ...

    async def abandoned(self, older_than: timedelta) -> list[str]:
        """Ids of uploads that were begun, and touched last, more than `older_than` ago."""
        ...
