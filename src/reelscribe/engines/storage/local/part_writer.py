"""Receive one part of an upload, straight to its place in the object."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reelscribe.engines.storage import PartRefused
from reelscribe.engines.storage.local import ledger
from reelscribe.engines.storage.local.faults import faults_of
from reelscribe.engines.storage.local.guarded import Guarded
from reelscribe.engines.storage.local.write import write_at

ETAG_BYTES = 16
"""128 of the 256 bits of SHA-256: as many as S3's."""


class PartWriter(Guarded):
    """The newest writer of a part wins; those before it fail at their next batch."""

    def __init__(self, root: Path, upload_id: str, number: int) -> None:
        super().__init__()
        self._root = root
        self._upload_id = upload_id
        self._number = number
        self._token = secrets.token_bytes(16)
        self._digest = hashlib.sha256()
        self._data = self._writer = -1
        self._offset = self._length = self._size = 0

    def claim(self) -> None:
        """Become this part's only writer. Raises `PartRefused` for a wrong number or an upload being completed."""
        with self._at_work(), self._folder() as folder:
            plan = ledger.read_plan(folder)
            self._offset, self._length = plan.offset(self._number), plan.length(self._number)
            self._writer = ledger.open_lock(folder, ledger.writer_name(self._number))
            with ledger.held(self._writer):
                if os.pread(self._writer, 64, 0) == ledger.CLOSED:
                    raise PartRefused("this upload is being completed and takes no more parts")
                ledger.set_writer(self._writer, self._token)
                ledger.mark_unfinished(folder, self._number)
                self._data = os.open(ledger.DATA, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)

    def append(self, batch: Sequence[bytes]) -> None:
        size = sum(map(len, batch))
        if self._size + size > self._length:
            raise PartRefused(f"part {self._number} has {self._length:,} bytes, and more came")
        # One call each, not one a chunk: a thread that let the interpreter go may wait 5 ms for a busy event loop.
        with self._at_work(), faults_of(self._root), self._right():
            self._size += write_at(self._data, batch, self._offset + self._size)
        self._digest.update(b"".join(batch))

    def finish(self) -> str:
        """Make the part durable, then known; returns its ETag."""
        if self._size != self._length:
            raise PartRefused(f"part {self._number} has {self._length:,} bytes, and {self._size:,} came")
        etag = self._digest.digest()[:ETAG_BYTES].hex()
        with self._at_work(), self._folder() as folder, self._right():
            os.fdatasync(self._data)
            ledger.mark_finished(folder, self._number, etag)
        return etag

    @contextmanager
    def _folder(self) -> Iterator[int]:
        with faults_of(self._root), ledger.upload_folder(self._root, self._upload_id) as folder:
            yield folder

    @contextmanager
    def _right(self) -> Iterator[None]:
        with ledger.held(self._writer):
            if os.pread(self._writer, 64, 0) != self._token:
                raise PartRefused(f"part {self._number} was begun anew, or the upload completed, by a later request")
            yield

    def _release(self) -> None:
        for file in (self._data, self._writer):
            if file >= 0:
                os.close(file)
        self._data = self._writer = -1
