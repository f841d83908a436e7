"""What every shared memory promises. Each adapter is a parameter of `memory`."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.memory import sqlite_database

from reelscribe.engines.memory import SharedMemory
from reelscribe.engines.memory.sql import SqlMemory

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite"])
async def memory(tmp_path: Path) -> AsyncIterator[SharedMemory]:
    async with sqlite_database(tmp_path) as database:
        yield SqlMemory(database)


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def together(*calls: Callable[[], object]) -> None:
    async with anyio.create_task_group() as group:
        for call in calls:
            group.start_soon(call)


async def eventually(condition: Callable[[], object]) -> None:
    with anyio.fail_after(10):
        while not await condition():
            await anyio.lowlevel.checkpoint()


async def test_a_token_is_good_until_it_is_revoked(memory: SharedMemory) -> None:
    assert not await memory.is_revoked("a")
    await memory.revoke("a", soon(60))
    assert await memory.is_revoked("a")
    assert not await memory.is_revoked("b")


async def test_revoking_twice_is_revoking(memory: SharedMemory) -> None:
    until = soon(60)
    await together(*[lambda: memory.revoke("a", until)] * 5)
    assert await memory.is_revoked("a")


async def test_a_revocation_may_be_forgotten_once_the_token_has_expired(memory: SharedMemory) -> None:
    await memory.revoke("old", soon(-1))
    assert not await memory.is_revoked("old")


async def test_revoking_one_does_not_forget_another_that_is_still_good(memory: SharedMemory) -> None:
    await memory.revoke("kept", soon(60))
    await memory.revoke("old", soon(-1))
    await memory.revoke("new", soon(60))
    assert await memory.is_revoked("kept")


async def test_hits_of_one_bucket_are_counted_and_of_another_not(memory: SharedMemory) -> None:
    counts = [(await memory.hit("login:1", 60)).count for _ in range(3)]
    assert counts == [1, 2, 3]
    assert (await memory.hit("login:2", 60)).count == 1


async def test_concurrent_hits_are_all_counted_and_each_once(memory: SharedMemory) -> None:
    counts: list[int] = []

    async def hit() -> None:
        counts.append((await memory.hit("busy", 60)).count)

    await together(*[hit] * 50)
    assert sorted(counts) == list(range(1, 51))


async def test_a_window_tells_how_long_it_lasts_and_is_not_prolonged_by_hits(memory: SharedMemory) -> None:
    first = await memory.hit("window", 60)
    last = await memory.hit("window", 60)
    assert 59 < first.resets_in <= 60
    assert last.resets_in <= first.resets_in


async def test_a_window_that_ended_is_forgotten(memory: SharedMemory) -> None:
    await memory.hit("short", 1)
    await memory.hit("short", 1)

    async def begun_again() -> bool:
        return (await memory.hit("short", 1)).count == 1

    await eventually(begun_again)


async def test_a_bitmap_that_was_never_made_is_unknown(memory: SharedMemory) -> None:
    assert await memory.has_bits("none", [1, 2]) is None


async def test_an_empty_bitmap_is_known_and_holds_nothing(memory: SharedMemory) -> None:
    await memory.replace_bits("empty", b"")
    assert await memory.has_bits("empty", [0]) is False


async def test_bits_that_were_set_are_there_and_others_not(memory: SharedMemory) -> None:
    await memory.set_bits("some", [0, 7, 8, 9_999_999])
    assert await memory.has_bits("some", [0, 7, 8, 9_999_999]) is True
    assert await memory.has_bits("some", [0, 1]) is False
    assert await memory.has_bits("some", [99_999_999]) is False


async def test_bit_0_is_the_highest_of_the_first_byte(memory: SharedMemory) -> None:
    await memory.replace_bits("order", b"\x80\x01")
    assert await memory.has_bits("order", [0, 15]) is True
    assert await memory.has_bits("order", [7]) is False
    assert await memory.has_bits("order", [8]) is False


async def test_a_replaced_bitmap_holds_nothing_of_the_old_one(memory: SharedMemory) -> None:
    await memory.set_bits("whole", [3, 2_000_000])
    await memory.replace_bits("whole", b"\x01")
    assert await memory.has_bits("whole", [7]) is True
    assert await memory.has_bits("whole", [3]) is False
    assert await memory.has_bits("whole", [2_000_000]) is False


async def test_a_replaced_bitmap_takes_more_bits_beyond_its_end(memory: SharedMemory) -> None:
    await memory.replace_bits("grown", b"\xff")
    await memory.set_bits("grown", [8, 70_000])
    assert await memory.has_bits("grown", [*range(9), 70_000]) is True
    assert await memory.has_bits("grown", [9]) is False


async def test_concurrent_writers_lose_none_of_each_others_bits(memory: SharedMemory) -> None:
    await together(*[lambda start=start: memory.set_bits("shared", range(start, 4000, 20)) for start in range(20)])
    assert await memory.has_bits("shared", range(4000)) is True


async def test_readers_see_the_old_bitmap_or_the_new_one_and_never_some_of_each(memory: SharedMemory) -> None:
    half = 10_000
    left, right = b"\xff" * half + b"\0" * half, b"\0" * half + b"\xff" * half
    first, last = 0, half * 16 - 1
    await memory.replace_bits("swapped", left)
    done = anyio.Event()
    seen: set[bool | None] = set()

    async def swap() -> None:
        for turn in range(20):
            await memory.replace_bits("swapped", right if turn % 2 == 0 else left)
        done.set()

    async def look() -> None:
        while not done.is_set():
            seen.add(await memory.has_bits("swapped", [first, last]))

    await together(swap, look)
    assert seen == {False}
    assert await memory.has_bits("swapped", [first]) is True


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(positions=st.lists(st.integers(0, 200_000), min_size=1, max_size=40), other=st.integers(0, 200_000))
async def test_a_bitmap_is_a_set_of_numbers(memory: SharedMemory, positions: list[int], other: int) -> None:
    await memory.replace_bits("set", b"")
    await memory.set_bits("set", positions)
    assert await memory.has_bits("set", positions) is True
    assert await memory.has_bits("set", [other]) is (other in positions)
