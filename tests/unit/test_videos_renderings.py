import asyncio

import pytest

from reelscribe.engines.storage import ObjectNotFound
from reelscribe.videos.renderings import Renderings
from reelscribe.videos.serving import Content, made

pytestmark = pytest.mark.anyio

NAME = ("key", "vtt")


class Maker:
    """Makes renderings of `size` bytes when it is let; counts them, and how many were made at a time."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.count = self.now = self.most = 0
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self) -> Content:
        self.count += 1
        self.now += 1
        self.most = max(self.most, self.now)
        await self.let.wait()
        self.now -= 1
        return made(bytes(self.size), "text/vtt")


async def test_many_who_ask_for_the_same_have_it_made_once():
    kept, make = Renderings(), Maker()
    make.let.clear()
    asked = [asyncio.create_task(kept.get(NAME, make)) for _ in range(12)]
    await asyncio.sleep(0)  # each has its turn and waits
    make.let.set()
    first, *others = await asyncio.gather(*asked)
    assert all(other is first for other in others)
    assert await kept.get(NAME, make) is first
    assert make.count == 1


async def test_of_many_different_ones_one_is_made_at_a_time():
    kept, make = Renderings(), Maker()
    await asyncio.gather(*(kept.get((f"key-{number}", "vtt"), make) for number in range(12)))
    assert (make.count, make.most) == (12, 1)


async def test_what_was_not_used_for_longest_goes_when_there_is_no_more_room():
    kept, make = Renderings(limit=30), Maker()
    for name in ("a", "b", "c", "a", "d"):
        await kept.get((name, "vtt"), make)
    assert make.count == 4
    for name in ("a", "c", "d"):
        await kept.get((name, "vtt"), make)
    assert make.count == 4
    await kept.get(("b", "vtt"), make)
    assert make.count == 5


async def test_one_that_is_larger_than_all_the_room_is_made_and_drives_nothing_out():
    kept, small, large = Renderings(limit=30), Maker(), Maker(31)
    await kept.get(NAME, small)
    for _ in range(2):
        assert (await kept.get(("large", "vtt"), large)).size == 31
    await kept.get(NAME, small)
    assert (small.count, large.count) == (1, 2)


async def test_an_error_is_not_kept_and_holds_up_nobody():
    async def fails() -> Content:
        raise ObjectNotFound("key")

    kept = Renderings()
    with pytest.raises(ObjectNotFound):
        await kept.get(NAME, fails)
    assert (await kept.get(NAME, Maker())).size == 10
