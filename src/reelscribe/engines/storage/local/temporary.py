"""A file that no reader sees until it is whole, durable and has its key."""

import errno
import fcntl
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reelscribe.engines.storage import StoredObject
from reelscribe.engines.storage.errors import WrongSize
from reelscribe.engines.storage.local.faults import check_room, faults_of
from reelscribe.engines.storage.local.folders import TEMPORARY, opened
from reelscribe.engines.storage.local.guarded import Guarded
from reelscribe.engines.storage.local.place import FILE_MODE, READ_FLAGS, place
from reelscribe.engines.storage.local.write import write_at

CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
COPY_BYTES = 64 << 20
CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP})


class TemporaryFile(Guarded):
    """Written by one thread after another. Its lock (flock) ends with its process, so that a dead one's is known.

    `size` in bytes, if known, is checked against the free room first and against what came in the end.
    """

    def __init__(self, root: Path, size: int | None = None) -> None:
        super().__init__()
        self._root = root
        self._announced = size
        self._name = secrets.token_hex(16)
        self._file = -1
        self._size = 0

    def open(self) -> None:
        """Make the file. Raises `StorageFull` when `size` bytes cannot fit."""
        with self._at_work(), faults_of(self._root), opened(self._root, (TEMPORARY,), make=True) as folder:
            check_room(self._root, self._announced or 0)
            self._file = os.open(self._name, CREATE_FLAGS, FILE_MODE, dir_fd=folder)
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def append(self, batch: Sequence[bytes]) -> None:
        with self._at_work(), faults_of(self._root):
            self._size += write_at(self._file, batch, self._size)
        if self._announced is not None and self._size > self._announced:
            raise WrongSize(f"more than the announced {self._announced:,} bytes came")

    def copy(self, source: Path) -> None:
        """Become a copy of another file, made by the kernel."""
        with self._at_work(), source.open("rb") as file, faults_of(self._root):
            while copied := os.sendfile(self._file, file.fileno(), self._size, COPY_BYTES):
                self._size += copied

    def adopt(self, source: Path) -> bool:
        """Become a second name of another file. False where its file system or its owner forbids that.

        Raises `OSError` when `source` cannot be read or is a link.
        """
        with self._at_work():
            self._file = os.open(source, READ_FLAGS)
            fcntl.flock(self._file, fcntl.LOCK_SH)
            if self._link(source):
                self._size = os.fstat(self._file).st_size
                return True
            os.close(self._file)
            self._file = -1
            return False

    def _link(self, source: Path) -> bool:
        with faults_of(self._root), opened(self._root, (TEMPORARY,), make=True) as folder:
            try:
                os.fchmod(self._file, FILE_MODE)
                os.link(source, self._name, dst_dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                if error.errno in CANNOT_LINK:
                    return False
                raise
            return True

    def publish(self, names: Sequence[str]) -> StoredObject:
        """Make it the object `names`. Raises `WrongSize` when fewer bytes came than were announced."""
        if self._announced is not None and self._size < self._announced:
            raise WrongSize(f"{self._size:,} bytes came of the announced {self._announced:,}")
        with self._at_work(), faults_of(self._root), opened(self._root, (TEMPORARY,)) as folder:
            return place(self._root, folder, self._name, self._file, names)

    def _release(self) -> None:
        if self._file < 0:
            return
        os.close(self._file)
        self._file = -1
        # Also after a rename: one between two names of the same file succeeds and leaves both.
        with suppress(OSError), opened(self._root, (TEMPORARY,)) as folder:
            os.unlink(self._name, dir_fd=folder)
