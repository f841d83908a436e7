"""Objects as files of a local folder."""

import os
import secrets
import shutil
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from anyio import to_thread

from reelscribe.engines.storage import StoredObject, signing
from reelscribe.engines.storage.keys import validate_key, validate_prefix
from reelscribe.engines.storage.local.debris import clean_up
from reelscribe.engines.storage.local.faults import faults_of
from reelscribe.engines.storage.local.guarded import released
from reelscribe.engines.storage.local.place import describe, find, open_object, remove
from reelscribe.engines.storage.local.temporary import TemporaryFile
from reelscribe.engines.storage.local.walk import remove_below, walk
from reelscribe.engines.storage.streams import write_behind

MEDIA_ROUTE = "/media"
READ_BYTES = 512 << 10
COPY_BYTES = 1 << 20
PAGE = 500
"""Objects listed in one hop to a thread."""


class LocalStorage:
    """`ObjectStorage` over the folder `root`, which is made when the first object is written.

    `local_path` and `verify` serve the route that `url` names: `GET /media/{token}/{key}`; its `?download=` is signed.
    `secret` is the process secret; a key of its own is derived. `origin` comes before the paths of addresses.
    """

    def __init__(self, root: Path, *, secret: str, origin: str = "", clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._key = signing.derive_key(secret, "media")
        self._origin = origin.rstrip("/")
        self._clock = clock

    async def put(
        self,
        key: str,
        chunks: AsyncIterable[bytes],
        *,
        content_type: str,  # noqa: ARG002 - the key's suffix tells it, see content_types
        size: int | None = None,
    ) -> StoredObject:
        names = validate_key(key)
        async with released(TemporaryFile(self._root, size)) as file:
            await to_thread.run_sync(file.open)
            await write_behind(chunks, file.append)
            return await to_thread.run_sync(file.publish, names)

    async def put_file(self, key: str, path: Path, *, content_type: str) -> StoredObject:  # noqa: ARG002 - as for put
        names = validate_key(key)
        async with released(TemporaryFile(self._root)) as file:
            if not await to_thread.run_sync(file.adopt, path):
                await to_thread.run_sync(file.open)
                await to_thread.run_sync(file.copy, path)
            return await to_thread.run_sync(file.publish, names)

    async def head(self, key: str) -> StoredObject | None:
        status = await to_thread.run_sync(self._find, validate_key(key))
        return None if status is None else describe(key, status)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        file = await to_thread.run_sync(self._open, validate_key(key))
        try:
            stop = os.fstat(file).st_size if end is None else end
            while chunk := await to_thread.run_sync(os.pread, file, max(0, min(READ_BYTES, stop - start)), start):
                start += len(chunk)
                yield chunk
        finally:
            os.close(file)

    async def fetch(self, key: str, path: Path) -> None:
        await to_thread.run_sync(self._fetch, validate_key(key), path)

    async def delete(self, keys: Sequence[str]) -> None:
        await to_thread.run_sync(self._delete, [validate_key(key) for key in keys])

    async def delete_prefix(self, prefix: str) -> None:
        names = validate_prefix(prefix)
        if not names:
            raise ValueError("all objects at once are not deleted by one call")
        await to_thread.run_sync(self._delete_below, names)

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        found = walk(self._root, validate_prefix(prefix))
        while page := await to_thread.run_sync(lambda: tuple(islice(found, PAGE))):
            for stored in page:
                yield stored

    async def clean_up(self, older_than: timedelta) -> int:
        return await to_thread.run_sync(self._clean_up, time.time() - older_than.total_seconds())

    def url(self, key: str, *, expires_in: timedelta, download_as: str | None = None) -> str:
        validate_key(key)
        expires = signing.expiry(self._clock(), expires_in.total_seconds())
        token = signing.sign(self._key, key, expires, extra=download_as or "")
        query = f"?download={quote(download_as, safe='')}" if download_as else ""
        return f"{self._origin}{MEDIA_ROUTE}/{token}/{key}{query}"

    def folder_url(self, prefix: str, *, expires_in: timedelta) -> str:
        """The signed address of a folder, ending in "/": append the rest of the key of any object below it."""
        names = validate_prefix(prefix)
        if not names:
            raise ValueError("an address for all objects at once is not given")
        expires = signing.expiry(self._clock(), expires_in.total_seconds())
        return f"{self._origin}{MEDIA_ROUTE}/{signing.sign(self._key, prefix, expires, depth=len(names))}/{prefix}"

    def verify(self, token: str, key: str, *, download_as: str | None = None) -> bool:
        """Whether this address is genuine and has not expired."""
        return signing.verify(self._key, token, key, self._clock(), extra=download_as or "")

    def local_path(self, key: str) -> Path | None:
        """Where the object lies, for Starlette's FileResponse with its ranges; None without one. Blocks for a stat."""
        names = validate_key(key)
        return self._root.joinpath(*names) if self._find(names) is not None else None

    def _find(self, names: Sequence[str]) -> os.stat_result | None:
        with faults_of(self._root):
            return find(self._root, names)

    def _open(self, names: Sequence[str]) -> int:
        with faults_of(self._root):
            return open_object(self._root, names)

    def _fetch(self, names: Sequence[str], path: Path) -> None:
        file = self._open(names)
        try:
            with suppress(FileNotFoundError):
                path.unlink()
            _link_or_copy(file, self._root.joinpath(*names), path)
        finally:
            os.close(file)

    def _delete(self, keys: Sequence[Sequence[str]]) -> None:
        with faults_of(self._root):
            for names in keys:
                remove(self._root, names)

    def _delete_below(self, names: Sequence[str]) -> None:
        with faults_of(self._root):
            remove_below(self._root, names)

    def _clean_up(self, before: float) -> int:
        with faults_of(self._root):
            return clean_up(self._root, before)


def _link_or_copy(file: int, source: Path, path: Path) -> None:
    """A second name where the file system allows it; else a copy, which is never seen half-made."""
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError:
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.dup(file), "rb") as original, partial.open("xb") as copy:
                shutil.copyfileobj(original, copy, COPY_BYTES)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
