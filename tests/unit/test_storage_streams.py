import asyncio
import threading

import pytest
from tests.support.storage import MIB, Interrupted, cut_short, pattern, stream

from reelscribe.engines.storage.streams import BATCH_BYTES, BATCH_CHUNKS, gathered, write_behind

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_small_chunks_are_gathered_to_a_mebibyte():
    batches = [batch async for batch in gathered(stream(pattern(3 * MIB + 5)))]
    assert [sum(map(len, batch)) for batch in batches] == [BATCH_BYTES] * 3 + [5]


async def test_single_bytes_are_bounded_in_number():
    batches = [len(batch) async for batch in gathered(stream(b"x" * (BATCH_CHUNKS + 1), 1))]
    assert batches == [BATCH_CHUNKS, 1]


async def test_batches_are_written_in_order_one_at_a_time_off_the_event_loop():
    written, threads, at_work = bytearray(), set(), threading.Lock()

    def write(batch: list[bytes]) -> None:
        assert at_work.acquire(blocking=False)
        threads.add(threading.get_ident())
        written.extend(b"".join(batch))
        at_work.release()

    await write_behind(stream(pattern(5 * MIB)), write)
    assert bytes(written) == pattern(5 * MIB)
    assert threading.get_ident() not in threads


async def test_an_error_of_the_writer_passes_through_and_stops_the_reader():
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * MIB

    def write(_: list[bytes]) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await write_behind(endless(), write)
    assert taken <= 3


async def test_an_error_of_the_reader_waits_for_the_writer_and_passes_through():
    finished = threading.Event()
    with pytest.raises(Interrupted):
        await write_behind(cut_short(b"x" * MIB), lambda _: finished.set())
    assert finished.is_set()


async def test_the_event_loop_goes_on_while_the_disk_hangs():
    reached, go_on, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def hang(_: list[bytes]) -> None:
        loop.call_soon_threadsafe(reached.set)
        assert go_on.wait(10)

    writing = asyncio.create_task(write_behind(stream(b"x"), hang))
    await reached.wait()
    go_on.set()
    await writing
