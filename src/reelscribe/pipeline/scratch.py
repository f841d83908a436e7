"""Scratch folders: one for each worker, locked while it lives, so that what a killed one left is known and removed."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PREFIX = "worker-"
LOCK = ".lock"


@contextmanager
def own_folder(scratch: Path) -> Iterator[Path]:
    """A folder for this worker alone, gone when it ends; first, the folders of dead workers are removed.

    The locks (flock) end with their process, however it ends, and FFmpeg does not inherit them. Blocks for the removal.
    """
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        # One worker at a time: nobody removes a folder that another has made and not yet locked.
        with _locked(scratch):
            _remove_ownerless(scratch)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch))
            held.enter_context(_locked(folder))
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _remove_ownerless(scratch: Path) -> None:
    for folder in scratch.glob(PREFIX + "*"):
        try:
            with _locked(folder, wait=False):
                shutil.rmtree(folder, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            # Its owner lives, or has just removed it.
            continue


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the folder's lock; raises BlockingIOError where another process has it and `wait` is false."""
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
