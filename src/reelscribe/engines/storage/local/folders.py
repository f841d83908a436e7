"""Folders below the storage's root, opened component by component, so that no link is ever followed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY = ".tmp"
"""Unfinished writes. On the root's own file system, so that a rename publishes them. No key begins with a dot."""

PARTS = ".parts"
"""Uploads in parts, a folder each."""

FOLDER_MODE = 0o750
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened(root: Path, names: Sequence[str] = (), *, make: bool = False) -> Iterator[int]:
    """A descriptor of the folder `names` below `root`; with `make`, what is missing is made.

    Raises `FileNotFoundError`, and `NotADirectoryError` for a file or a link on the way.
    """
    folder = _open_root(root, make=make)
    try:
        for name in names:
            below = _open_below(folder, name, make=make)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def names_in(folder: int) -> list[str]:
    """The names in an open folder, sorted."""
    return sorted(os.listdir(folder))


def sync_folders(root: Path, names: Sequence[str]) -> None:
    """Make the entries of the folder `names`, and its own entry in each folder above, survive a power cut."""
    for depth in range(len(names), -1, -1):
        with suppress(FileNotFoundError), opened(root, names[:depth]) as folder:
            os.fsync(folder)


def _open_root(root: Path, *, make: bool) -> int:
    if make:
        root.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _open_below(folder: int, name: str, *, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=folder)
    return os.open(name, FOLDER_FLAGS, dir_fd=folder)
