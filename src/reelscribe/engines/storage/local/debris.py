"""What dead processes left unfinished: told by its age and by its lock, which ended with its process."""

import fcntl
import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from reelscribe.engines.storage.local.folders import TEMPORARY, names_in, opened
from reelscribe.engines.storage.local.place import READ_FLAGS


def clean_up(root: Path, before: float) -> int:
    """Remove unfinished files and folders last touched before this Unix time by no living writer; returns how many."""
    try:
        with opened(root, (TEMPORARY,)) as folder:
            return sum(_remove_debris(folder, name, before) for name in names_in(folder))
    except FileNotFoundError:
        return 0


def discard_folder(root: Path, folder: int, name: str) -> None:
    """Remove a folder. First it loses its name, so that it is whole or gone; `clean_up` mends what is cut short."""
    with opened(root, (TEMPORARY,), make=True) as temporary:
        doomed = secrets.token_hex(16)
        os.rename(name, doomed, src_dir_fd=folder, dst_dir_fd=temporary)
        with suppress(OSError):  # a late writer may just have added its lock
            shutil.rmtree(doomed, dir_fd=temporary)


def _remove_debris(folder: int, name: str, before: float) -> bool:
    with suppress(FileNotFoundError):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        # A second name of an older file has its age: the time of the last change to the names tells (ctime).
        if max(status.st_mtime, status.st_ctime) >= before:
            return False
        if stat.S_ISDIR(status.st_mode):
            shutil.rmtree(name, dir_fd=folder)
            return True
        return _remove_unlocked(folder, name)
    return False


def _remove_unlocked(folder: int, name: str) -> bool:
    file = os.open(name, READ_FLAGS, dir_fd=folder)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name, dir_fd=folder)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)
