"""The bytes of a tus upload as far as they have come: a file that grows from request to request.

    <upload id>.data    the bytes; how many they are is the upload's offset, and there is no other record of it
    <upload id>.about   what the client told of the upload; its lock (flock) says who may write

A killed process loses its lock and no byte: what was written is in the kernel's hands. After a power cut the file may
be shorter than it was once told; the client then asks (HEAD) and sends the rest again. The finished file becomes the
object under a second name, so nothing is copied while the folder lies on the object storage's file system.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from reelscribe.engines.storage import UploadNotFound
from reelscribe.engines.storage.local.faults import check_room, faults_of
from reelscribe.engines.storage.local.guarded import Guarded
from reelscribe.engines.storage.local.write import write_at

FILE_MODE: Final = 0o640
FOLDER_MODE: Final = 0o750
_FLAGS: Final = os.O_NOFOLLOW | os.O_CLOEXEC


class UploadBusyError(Exception):
    """Another request writes to this upload."""


class GrowingFile(Guarded):
    """One upload in the folder. After `open` nobody else in any process may write, until it is let go of."""

    def __init__(self, folder: Path, upload_id: str, length: int) -> None:
        super().__init__()
        self.path = folder / f"{upload_id}.data"
        self.about = folder / f"{upload_id}.about"
        self.size = 0
        self._length = length
        self._lock_file = -1
        self._file = -1

    def create(self, about: str) -> None:
        """Make an empty upload. Raises `StorageFull` when it cannot fit."""
        folder = self.path.parent
        with faults_of(folder):
            folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            check_room(folder, self._length)
            _write_new(self.about, about.encode())
            _write_new(self.path, b"")

    def open(self) -> None:
        """Become the only writer; `size` is how much there is. Raises `UploadBusyError` and `UploadNotFound`."""
        with self._at_work(), faults_of(self.path.parent):
            self._lock_file = _open(self.about, os.O_RDWR)
            try:
                fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusyError from None
            self.size = _size(self.path)
            # What is complete may be an object already, and is not to be written to.
            self._file = _open(self.path, os.O_RDWR if self.size < self._length else os.O_RDONLY)

    def append(self, batch: Sequence[bytes]) -> None:
        """Write what came after what is there. Raises `StorageFull`; what fitted counts."""
        with self._at_work(), faults_of(self.path.parent):
            try:
                write_at(self._file, batch, self.size)
            finally:
                self.size = os.fstat(self._file).st_size

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self._at_work():
            return os.pread(self._file, size, 0)

    def remove(self) -> None:
        """Take the upload away."""
        remove(self.path.parent, self.path.stem)

    def _release(self) -> None:
        for file in (self._file, self._lock_file):
            if file >= 0:
                os.close(file)


def size_of(folder: Path, upload_id: str) -> int:
    """How much of an upload there is. Raises `UploadNotFound`."""
    return _size(folder / f"{upload_id}.data")


def about(folder: Path, upload_id: str) -> str:
    """What the client told of the upload; nothing when it is over."""
    with suppress(FileNotFoundError):
        return (folder / f"{upload_id}.about").read_text()
    return ""


def remove(folder: Path, upload_id: str) -> None:
    """Take an upload away, if it is there."""
    with faults_of(folder):
        for ending in ("data", "about"):
            (folder / f"{upload_id}.{ending}").unlink(missing_ok=True)


def untouched(folder: Path, seconds: float) -> list[str]:
    """Ids of uploads whose bytes did not change for so long and to which nobody writes now."""
    before = time.time() - seconds
    ids = {path.stem for path in folder.glob("*.*")}
    return [upload_id for upload_id in ids if _newest(folder, upload_id) < before and not is_locked(folder, upload_id)]


def is_locked(folder: Path, upload_id: str) -> bool:
    """Whether a living process writes to the upload."""
    try:
        file = _open(folder / f"{upload_id}.about", os.O_RDWR)
    except UploadNotFound:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)


def _newest(folder: Path, upload_id: str) -> float:
    times = [0.0]
    for ending in ("data", "about"):
        with suppress(FileNotFoundError):
            times.append((folder / f"{upload_id}.{ending}").stat().st_mtime)
    return max(times)


def _write_new(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, FILE_MODE)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | _FLAGS)
    except FileNotFoundError as error:
        raise UploadNotFound("there is no such upload") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise UploadNotFound("there is no such upload") from error
