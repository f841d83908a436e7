import asyncio
import multiprocessing
import os

import pytest

from reelscribe.engines.doorbell.local import LONGEST_SOCKET_PATH, LocalDoorbell, socket_folder

pytestmark = pytest.mark.anyio
SOON = 5.0
AT_ONCE = 0.01


async def test_a_ring_is_heard_in_the_same_and_in_another_process(tmp_path):
    bell = LocalDoorbell(tmp_path)
    async with bell.listen(["jobs"]) as listener:
        bell.ring(["jobs"])
        assert await listener.wait(SOON)
        other = multiprocessing.get_context("spawn").Process(target=ring, args=(tmp_path, "jobs"))
        other.start()
        assert await listener.wait(60.0)
        await asyncio.to_thread(other.join)


def ring(folder, name):
    LocalDoorbell(folder).ring([name])


async def test_only_the_names_that_were_asked_for_are_heard(tmp_path):
    bell = LocalDoorbell(tmp_path)
    async with bell.listen(["a"]) as first, bell.listen(["b", "c"]) as second:
        bell.ring(["c", "d"])
        assert await second.wait(SOON)
        assert not await first.wait(AT_ONCE)


async def test_a_ring_between_two_waits_is_kept(tmp_path):
    bell = LocalDoorbell(tmp_path)
    async with bell.listen(["a"]) as listener:
        bell.ring(["a"])
        await asyncio.wait_for(listener._rung.wait(), SOON)
        assert await listener.wait(AT_ONCE)
        assert not await listener.wait(AT_ONCE)


async def test_a_dead_process_s_socket_is_swept_and_disturbs_nobody(tmp_path):
    dead = LocalDoorbell(tmp_path)
    async with dead.listen(["a"]):
        path = dead._path
        dead._socket.close()
        dead._socket.__init__()
        bell = LocalDoorbell(tmp_path)
        async with bell.listen(["a"]) as listener:
            bell.ring(["a"])
            assert await listener.wait(SOON)
        assert not path.exists()


async def test_the_socket_goes_with_the_last_listener(tmp_path):
    bell = LocalDoorbell(tmp_path)
    async with bell.listen(["a"]):
        assert len(list(tmp_path.glob("*.bell"))) == 1
    assert list(tmp_path.glob("*.bell")) == []


async def test_nobody_listening_is_no_error(tmp_path):
    LocalDoorbell(tmp_path / "not-there").ring(["a"])


async def test_a_path_too_long_for_a_socket_gets_a_short_one_of_its_own(tmp_path):
    deep = tmp_path / ("x" * 120)
    folder = socket_folder(deep)
    assert len(os.fsencode(folder)) < LONGEST_SOCKET_PATH
    assert folder != socket_folder(tmp_path / ("y" * 120))
    bell = LocalDoorbell(deep)
    async with bell.listen(["a"]) as listener:
        bell.ring(["a"])
        assert await listener.wait(SOON)
