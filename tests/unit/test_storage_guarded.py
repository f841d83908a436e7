import asyncio
import threading

import pytest

from reelscribe.engines.storage import StorageError
from reelscribe.engines.storage.local.guarded import Guarded, released


class Resource(Guarded):
    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on, self.released = threading.Event(), threading.Event(), threading.Event()
        self.releases = 0

    def work(self) -> None:
        with self._at_work():
            self.entered.set()
            assert self.go_on.wait(10)
            assert not self.released.is_set()

    def _release(self) -> None:
        self.releases += 1
        self.released.set()


def test_what_a_thread_works_on_is_released_when_the_thread_is_done_and_not_waited_for():
    resource = Resource()
    thread = threading.Thread(target=resource.work)
    thread.start()
    assert resource.entered.wait(10)
    resource.let_go()
    assert not resource.released.is_set()
    resource.go_on.set()
    assert resource.released.wait(10)
    thread.join()
    assert resource.releases == 1


def test_is_released_once_and_refuses_work_after():
    resource = Resource()
    with resource:
        resource.let_go()
    assert resource.releases == 1
    with pytest.raises(StorageError, match="given up"):
        resource.work()


def test_a_cancelled_coroutine_leaves_no_thread_with_a_closed_file():
    async def work(resource: Resource) -> None:
        async with released(resource):
            await asyncio.to_thread(resource.work)

    async def cancel(resource: Resource) -> None:
        task = asyncio.create_task(work(resource))
        await asyncio.to_thread(resource.entered.wait, 10)
        task.cancel()
        threading.Timer(0.01, resource.go_on.set).start()
        with pytest.raises(asyncio.CancelledError):
            await task

    resource = Resource()
    asyncio.run(cancel(resource))
    assert resource.released.wait(10)
    assert resource.releases == 1
