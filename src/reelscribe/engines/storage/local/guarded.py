"""Resources that threads work on and a cancelled coroutine may let go of at any moment."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import Lock, Thread
from types import TracebackType
from typing import Self, TypeVar

from anyio import to_thread

from reelscribe.engines.storage.errors import StorageError


class Guarded:
    """Open descriptors that are never closed, and so never mean another file, under a thread that still writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._let_go = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Release everything; at once if no thread is at work, else when it is done, without waiting for it here."""
        if self._lock.acquire(blocking=False):
            try:
                self._release_once()
            finally:
                self._lock.release()
        else:
            Thread(target=self._wait_and_release, name="storage-release").start()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock:
            if self._let_go:
                raise StorageError("this write was given up")
            yield

    def _wait_and_release(self) -> None:
        with self._lock:
            self._release_once()

    def _release_once(self) -> None:
        if not self._let_go:
            self._let_go = True
            self._release()

    def _release(self) -> None:
        raise NotImplementedError


AnyGuarded = TypeVar("AnyGuarded", bound=Guarded)


@asynccontextmanager
async def released(resource: AnyGuarded) -> AsyncIterator[AnyGuarded]:
    """Let go of `resource` in the end: in a thread, for removing gigabytes takes time; if cancelled, right here."""
    with resource:
        try:
            yield resource
        finally:
            await to_thread.run_sync(resource.let_go)
