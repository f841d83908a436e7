"""Where an index lies on disk, and who may write: `current` points to the folder in use, a lock file lets one write."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reelscribe.engines.search.tantivy.schema import FORMAT, moments_schema, videos_schema

VIDEOS, MOMENTS = "videos", "moments"


class Folder:
    """The folder of one search engine; every process that uses the engine opens the same one.

    Locks are the kernel's (flock), so a process that dies lets go of them at once.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.current = root / f"current-{FORMAT}"

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the only right to write, here and in every other process; waits for it. Gives the folder in use."""
        with self._locked("writer.lock"):
            if not self.current.exists():
                self._point(self.current, self.create())
            yield self.current.resolve()

    @contextmanager
    def rebuilding(self) -> Iterator[Path]:
        """Hold the only right to rebuild, and give a new folder beside the one in use; it goes if it is not used."""
        with self._locked("rebuild.lock"):
            with self.writing():
                self._sweep()
                following = self.create()
                self._point(self._next, following)
            try:
                yield following
            finally:
                with self._locked("writer.lock"):
                    self._next.unlink(missing_ok=True)
                    self._sweep()

    def following(self) -> Path | None:
        """The folder that a rebuild is filling, which must be told of every change; None when no rebuild lives."""
        if not self._next.exists():
            return None
        with suppress(BlockingIOError), self._locked("rebuild.lock", fcntl.LOCK_NB):
            return None  # a rebuild that was killed left its pointer; the next one sweeps
        return self._next.resolve()

    def create(self) -> Path:
        """A folder with two empty indexes."""
        from tantivy import Index

        path = self.root / f"index-{secrets.token_hex(8)}"
        for name, schema in ((VIDEOS, videos_schema()), (MOMENTS, moments_schema())):
            (path / name).mkdir(parents=True)
            Index(schema, path=str(path / name))
        return path

    def use(self, path: Path) -> None:
        """From now on this is the folder in use; what was used before, by another release too, may be swept."""
        self._point(self.current, path)
        for link in self._others():
            link.unlink(missing_ok=True)

    @property
    def is_outdated(self) -> bool:
        """Whether another release filled an index that this one cannot read, and none was built since."""
        return bool(self._others())

    def _others(self) -> list[Path]:
        """What the releases of other formats left in use."""
        return [link for link in self.root.glob("current-*") if link != self.current]

    @property
    def _next(self) -> Path:
        return self.root / f"next-{FORMAT}"

    def _point(self, link: Path, path: Path) -> None:
        """Symbolic links are replaced by a rename, which a reader sees whole or not at all."""
        temporary = self.root / f".{secrets.token_hex(8)}"
        temporary.symlink_to(path.name)
        temporary.replace(link)

    def _sweep(self) -> None:
        """Remove what no link names. Readers that still have it open keep their memory maps."""
        named = {link.resolve() for link in self.root.glob("*-*") if link.is_symlink()}
        for path in self.root.glob("index-*"):
            if path.resolve() not in named:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str, flags: int = 0) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | flags)
            yield
        finally:
            os.close(descriptor)
