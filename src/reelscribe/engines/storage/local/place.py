"""Give a finished file its key, and take keys away, while other processes do the same beside."""

import errno
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from reelscribe.engines.storage import ObjectNotFound, StoredObject
from reelscribe.engines.storage.local.folders import opened, sync_folders

FILE_MODE = 0o440
"""Objects never change: also not by a worker's mistake through a hard link."""

READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
NOT_EMPTY = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})
RACES = 1000
"""How often a folder may be removed under us, empty, between making it and using it."""


def place(root: Path, folder: int, name: str, file: int, names: Sequence[str]) -> StoredObject:
    """Make `name` in `folder`, open as `file`, the object `names`: durable, then visible, then durably so."""
    os.fsync(file)
    _rename(root, folder, name, names)
    sync_folders(root, names[:-1])
    return describe("/".join(names), os.fstat(file))


def describe(key: str, status: os.stat_result) -> StoredObject:
    """The object that this file is."""
    etag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
    return StoredObject(key, status.st_size, etag, datetime.fromtimestamp(status.st_mtime, UTC))


def find(root: Path, names: Sequence[str]) -> os.stat_result | None:
    """The status of the object's file; None where there is none, or a folder or a link."""
    try:
        with opened(root, names[:-1]) as folder:
            status = os.stat(names[-1], dir_fd=folder, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def open_object(root: Path, names: Sequence[str]) -> int:
    """A descriptor for reading. Raises `ObjectNotFound`."""
    key = "/".join(names)
    try:
        with opened(root, names[:-1]) as folder:
            file = os.open(names[-1], READ_FLAGS, dir_fd=folder)
    except OSError as error:
        if error.errno not in NOT_THERE:
            raise
        raise ObjectNotFound(f"there is no object {key}") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise ObjectNotFound(f"there is no object {key}")
    return file


def remove(root: Path, names: Sequence[str]) -> None:
    """Take an object away, if it is there, and the folders that it leaves empty."""
    if find(root, names) is None:
        return
    with suppress(FileNotFoundError), opened(root, names[:-1]) as folder:
        os.unlink(names[-1], dir_fd=folder)
        os.fsync(folder)
    prune(root, names[:-1])


def prune(root: Path, names: Sequence[str]) -> None:
    """Remove the folder `names` and those above it, up to the first that is not empty. `rmdir` decides, atomically."""
    for depth in range(len(names), 0, -1):
        try:
            with opened(root, names[: depth - 1]) as above:
                os.rmdir(names[depth - 1], dir_fd=above)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno in NOT_EMPTY:
                return
            raise


def _rename(root: Path, folder: int, name: str, names: Sequence[str]) -> None:
    for _ in range(RACES):
        try:
            with opened(root, names[:-1], make=True) as target:
                os.rename(name, names[-1], src_dir_fd=folder, dst_dir_fd=target)
                return
        except FileNotFoundError:
            os.stat(name, dir_fd=folder, follow_symlinks=False)  # raises when it is our own file that is gone
    raise FileNotFoundError(errno.ENOENT, "its folder is removed again and again", "/".join(names))
