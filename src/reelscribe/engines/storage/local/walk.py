"""Go through the objects below a folder: to list them in the order of their keys, or to remove them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from reelscribe.engines.storage import StoredObject
from reelscribe.engines.storage.local.folders import opened
from reelscribe.engines.storage.local.place import describe, find, prune


def walk(root: Path, names: Sequence[str] = ()) -> Iterator[StoredObject]:
    """Objects below the folder `names`. What comes or goes meanwhile may be met or not; no descriptor stays open."""
    for name, is_folder in _entries(root, names):
        path = (*names, name)
        if is_folder:
            yield from walk(root, path)
        elif (found := _describe(root, path)) is not None:
            yield found


def remove_below(root: Path, names: Sequence[str]) -> None:
    """Remove what lies below the folder `names`, and each folder empty then. What is written meanwhile may stay."""
    entries = _entries(root, names)
    for name, is_folder in entries:
        if is_folder:
            remove_below(root, (*names, name))
    with suppress(FileNotFoundError, NotADirectoryError), opened(root, names) as folder:
        for name in (name for name, is_folder in entries if not is_folder):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
        os.fsync(folder)
    prune(root, names)


def _entries(root: Path, names: Sequence[str]) -> list[tuple[str, bool]]:
    """Sorted as keys are: a folder's name counts with its slash, for "a-b" comes before "a/b"."""
    try:
        with opened(root, names) as folder, os.scandir(folder) as entries:
            found = [(e.name, e.is_dir(follow_symlinks=False)) for e in entries if not e.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda entry: entry[0] + "/" if entry[1] else entry[0])


def _describe(root: Path, names: Sequence[str]) -> StoredObject | None:
    status = find(root, names)
    return None if status is None else describe("/".join(names), status)
