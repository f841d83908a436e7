"""Uploads in parts into the local folder."""

import os
import secrets
import time
from collections.abc import AsyncIterable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

from anyio import to_thread

from reelscribe.engines.storage import Part, StoredObject, signing
from reelscribe.engines.storage.keys import validate_key
from reelscribe.engines.storage.local import completion, ledger
from reelscribe.engines.storage.local.faults import check_room, faults_of
from reelscribe.engines.storage.local.folders import PARTS, TEMPORARY, names_in, opened
from reelscribe.engines.storage.local.guarded import released
from reelscribe.engines.storage.local.part_writer import PartWriter
from reelscribe.engines.storage.streams import write_behind

PARTS_ROUTE = "/uploads/parts"


class LocalPartUploads:
    """`PartUploads` over a folder. Its own two methods, `verify` and `write_part`, serve the route that part_url names.

    `origin`, such as `https://videos.example`, comes before the paths of addresses.
    """

    def __init__(self, root: Path, *, secret: str, origin: str = "", clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._key = signing.derive_key(secret, "parts")
        self._origin = origin.rstrip("/")
        self._clock = clock

    async def begin(self, key: str, *, size: int, part_size: int, content_type: str) -> str:  # noqa: ARG002 - the suffix tells the type
        validate_key(key)
        return await to_thread.run_sync(self._begin, ledger.Plan(key, size, part_size))

    def part_url(self, upload_id: str, number: int, *, expires_in: timedelta) -> str:
        expires = signing.expiry(self._clock(), expires_in.total_seconds())
        path = f"{upload_id}/{number}"
        return f"{self._origin}{PARTS_ROUTE}/{signing.sign(self._key, path, expires)}/{path}"

    def verify(self, token: str, upload_id: str, number: int) -> bool:
        """Whether this address of a part is genuine and has not expired."""
        return signing.verify(self._key, token, f"{upload_id}/{number}", self._clock())

    async def write_part(self, upload_id: str, number: int, chunks: AsyncIterable[bytes]) -> str:
        """Receive a part; returns its ETag when it is durable. Sent again, the newest request wins.

        Raises `PartRefused` when its size is not the one agreed, `UploadNotFound`, and `StorageFull`.
        """
        async with released(PartWriter(self._root, upload_id, number)) as part:
            await to_thread.run_sync(part.claim)
            await write_behind(chunks, part.append)
            return await to_thread.run_sync(part.finish)

    async def parts(self, upload_id: str) -> list[Part]:
        return await to_thread.run_sync(self._parts, upload_id)

    async def complete(self, upload_id: str, etags: Mapping[int, str]) -> StoredObject:
        return await to_thread.run_sync(self._complete, upload_id, etags)

    async def abort(self, upload_id: str) -> None:
        if ledger.UPLOAD_ID.fullmatch(upload_id):
            await to_thread.run_sync(completion.forget, self._root, upload_id)

    async def abandoned(self, older_than: timedelta) -> list[str]:
        return await to_thread.run_sync(self._untouched_since, time.time() - older_than.total_seconds())

    def _begin(self, plan: ledger.Plan) -> str:
        upload_id = secrets.token_hex(16)
        with faults_of(self._root), opened(self._root, (TEMPORARY,), make=True) as temporary:
            check_room(self._root, plan.size)
            with opened(self._root, (TEMPORARY, upload_id), make=True) as folder:
                ledger.write_plan(folder, plan)
                _make_data(folder, plan.size)
                os.fsync(folder)
            with opened(self._root, (PARTS,), make=True) as uploads:
                os.rename(upload_id, upload_id, src_dir_fd=temporary, dst_dir_fd=uploads)
                os.fsync(uploads)
        return upload_id

    def _parts(self, upload_id: str) -> list[Part]:
        with faults_of(self._root), ledger.upload_folder(self._root, upload_id) as folder:
            return ledger.finished_parts(folder, ledger.read_plan(folder))

    def _complete(self, upload_id: str, etags: Mapping[int, str]) -> StoredObject:
        with faults_of(self._root):
            return completion.complete(self._root, upload_id, etags)

    def _untouched_since(self, before: float) -> list[str]:
        try:
            with opened(self._root, (PARTS,)) as uploads:
                return [name for name in names_in(uploads) if _touched(uploads, name) < before]
        except FileNotFoundError:
            return []


def _make_data(folder: int, size: int) -> None:
    """A file of that size without bytes: room is taken as parts come, for most abandoned uploads never need theirs."""
    file = os.open(ledger.DATA, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=folder)
    try:
        os.ftruncate(file, size)
        os.fsync(file)
    finally:
        os.close(file)


def _touched(uploads: int, name: str) -> float:
    """When an upload was written to last (Unix time); now, for one that goes away meanwhile."""
    try:
        with_data = os.stat(f"{name}/{ledger.DATA}", dir_fd=uploads, follow_symlinks=False).st_mtime
    except FileNotFoundError:
        with_data = 0.0
    try:
        return max(with_data, os.stat(name, dir_fd=uploads, follow_symlinks=False).st_mtime)
    except FileNotFoundError:
        return time.time()
