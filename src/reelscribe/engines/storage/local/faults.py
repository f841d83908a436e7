"""What the operating system says, in the words of the storage."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reelscribe.engines.storage.errors import InvalidKey, StorageFull, StorageUnavailable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST, errno.ELOOP})


@contextmanager
def faults_of(root: Path) -> Iterator[None]:
    """Turn what the file system refuses below `root` into the storage's own errors."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(
                f"No room left for objects in {root}: free some space there or move DATA_DIR to a larger disk"
                f" ({error.strerror})."
            ) from error
        if error.errno in IN_THE_WAY and root.is_dir():
            raise InvalidKey(f"Another object, or a link, stands in the way of this key ({error.strerror}).") from error
        raise StorageUnavailable(
            f"Objects cannot be kept in {root}: it must exist and be writable for the user that runs this process"
            f" ({error.strerror}). Mount it, mend its permissions, or set DATA_DIR."
        ) from error


def check_room(root: Path, size: int) -> None:
    """Raise `StorageFull` when `size` bytes cannot fit, before the first of them is taken in. `root` must exist."""
    free = shutil.disk_usage(root).free
    if size > free:
        raise StorageFull(
            f"{size:,} bytes do not fit into the {free:,} that are free in {root}: free some space there or move"
            " DATA_DIR to a larger disk."
        )
