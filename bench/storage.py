"""Throughput of the embedded object storage, beside a bare loop that writes the same chunks to a file.

    python -m bench.storage [--mebibytes 512] [--rounds 5]

Rounds alternate and the median counts, for a machine's disk is shared. "bare" writes each chunk in the event loop, as a
bare ASGI application would, once without and once with the fsync that durability costs.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage

SECRET = "no secret: nothing is signed here"  # noqa: S105 - it says so itself
CHUNK = 64 << 10
"""What uvicorn hands over at once."""


async def body(size: int) -> AsyncIterator[bytes]:
    """Chunks as they come from a socket: fresh memory each, and a turn of the event loop between."""
    source = os.urandom(CHUNK + 997)
    for number in range(size // CHUNK):
        start = number % 997
        yield source[start : start + CHUNK]
        await asyncio.sleep(0)


async def bare(folder: Path, size: int, *, sync: bool) -> None:
    with (folder / "bare.bin").open("wb", buffering=0) as file:
        async for chunk in body(size):
            file.write(chunk)
        if sync:
            os.fsync(file.fileno())


async def put(folder: Path, size: int) -> None:
    await LocalStorage(folder, secret=SECRET).put("bench/o.mp4", body(size), content_type="video/mp4")


async def parts(folder: Path, size: int) -> None:
    """Eight parts, three at a time, then complete."""
    uploads = LocalPartUploads(folder, secret=SECRET)
    part_size = size // 8
    upload_id = await uploads.begin("bench/p.mp4", size=size, part_size=part_size, content_type="video/mp4")
    limit = asyncio.Semaphore(3)

    async def send(number: int) -> str:
        async with limit:
            return await uploads.write_part(upload_id, number, body(part_size))

    etags = await asyncio.gather(*(send(number) for number in range(1, 9)))
    await uploads.complete(upload_id, dict(enumerate(etags, start=1)))


async def read(folder: Path, _: int) -> None:
    async for _chunk in LocalStorage(folder, secret=SECRET).read("bench/o.mp4"):
        pass


async def put_file(folder: Path, _: int) -> None:
    storage = LocalStorage(folder, secret=SECRET)
    await storage.put_file("bench/linked.mp4", folder / "bare.bin", content_type="video/mp4")
    (folder / "bare.bin").unlink()


def measure(rounds: int, size: int) -> dict[str, list[float]]:
    """Seconds of each round, by name."""
    work: dict[str, Callable[[Path, int], Awaitable[None]]] = {
        "bare loop": lambda folder, size: bare(folder, size, sync=False),
        "bare loop + fsync": lambda folder, size: bare(folder, size, sync=True),
        "put()": put,
        "8 parts + complete()": parts,
        "read()": read,
        "put_file()": put_file,
    }
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            for name, run in work.items():
                os.sync()
                start = time.perf_counter()
                asyncio.run(run(Path(folder), size))  # type: ignore[arg-type]  # each is a coroutine function
                seconds[name].append(time.perf_counter() - start)
    return seconds


async def small_puts(folder: Path, count: int) -> tuple[float, float]:
    """Median milliseconds of a durable put of 4 KiB, and of a bare write + fsync + rename + fsync of the folder."""
    storage, data = LocalStorage(folder, secret=SECRET), os.urandom(4096)
    ours, bare_ones = [], []
    for number in range(count):
        start = time.perf_counter()
        await storage.put(f"small/{number}.json", body_of(data), content_type="application/json")
        middle = time.perf_counter()
        write_durably(folder, data)
        ours.append(middle - start)
        bare_ones.append(time.perf_counter() - middle)
    return statistics.median(ours) * 1e3, statistics.median(bare_ones) * 1e3


async def body_of(data: bytes) -> AsyncIterator[bytes]:
    yield data


def write_durably(folder: Path, data: bytes) -> None:
    with (folder / "t").open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    (folder / "t").rename(folder / "small.json")
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    size = options.mebibytes << 20
    seconds = measure(options.rounds, size)
    rates = {name: size / 1e6 / statistics.median(values) for name, values in seconds.items()}
    for name, rate in rates.items():
        spread = f"{size / 1e6 / max(seconds[name]):7.0f} to {size / 1e6 / min(seconds[name]):7.0f}"
        print(
            f"{name:22} {rate:7.0f} MB/s ({spread})  {rate / rates['bare loop']:6.2f} of bare"
            f"  {rate / rates['bare loop + fsync']:6.2f} of bare + fsync"
        )
    with tempfile.TemporaryDirectory(dir=".") as folder:
        ours, theirs = asyncio.run(small_puts(Path(folder), 200))
    print(f"put() of 4 KiB         {ours:7.2f} ms, bare durable write {theirs:.2f} ms, ratio {ours / theirs:.2f}")
    digest = time.perf_counter()
    hashlib.sha256(bytes(64 << 20)).digest()
    print(f"SHA-256 alone          {64 * 1.048576 / (time.perf_counter() - digest):7.0f} MB/s")


if __name__ == "__main__":
    main()
