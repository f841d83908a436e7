"""What every object storage must do, as suites that each adapter's tests inherit, and writers to be killed."""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reelscribe.engines.storage import (
    InvalidKey,
    ObjectNotFound,
    ObjectStorage,
    PartRefused,
    PartUploads,
    UploadNotFound,
    WrongSize,
)
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes

SECRET = "a secret of at least thirty-two characters"
MIB = 1 << 20
HOUR = timedelta(hours=1)


def pattern(size: int, seed: int = 0) -> bytes:
    """Bytes of which no two places look alike."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


async def stream(data: bytes, chunk: int = 64 << 10) -> AsyncIterator[bytes]:
    for start in range(0, len(data), chunk):
        yield data[start : start + chunk]


class Interrupted(Exception):  # noqa: N818 - what happened to the client
    """The client went away."""


async def cut_short(data: bytes) -> AsyncIterator[bytes]:
    yield data
    raise Interrupted


async def stalled(data: bytes, reached: asyncio.Event, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    """Sends most of `data`, says so, and waits before the rest."""
    yield data[:-10]
    reached.set()
    await go_on.wait()
    yield data[-10:]


@pytest.mark.anyio
class StorageContract:
    """Inherit, and give a fixture `storage`; `get` must fetch an address as a browser would."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    async def get(self, storage: ObjectStorage, url: str) -> bytes:
        raise NotImplementedError

    @pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 3 * MIB + 17])
    async def test_gives_back_what_was_put(self, storage: ObjectStorage, size: int):
        data = pattern(size)
        stored = await storage.put("videos/a/original.mp4", stream(data), content_type="video/mp4", size=size)
        assert (stored.key, stored.size) == ("videos/a/original.mp4", size)
        assert await storage.head("videos/a/original.mp4") == stored
        assert await read_bytes(storage, "videos/a/original.mp4") == data
        assert abs(datetime.now(UTC) - stored.modified) < timedelta(minutes=5)

    async def test_takes_streams_of_tiny_and_empty_chunks(self, storage: ObjectStorage):
        data = pattern(3000)

        async def tiny() -> AsyncIterator[bytes]:
            async for chunk in stream(data, 1):
                yield b""
                yield chunk

        await storage.put("videos/a/tiny.bin", tiny(), content_type="video/mp4")
        assert await read_bytes(storage, "videos/a/tiny.bin") == data

    @pytest.mark.parametrize(
        ("start", "end"),
        [(0, None), (0, 1), (5, 5), (MIB - 1, MIB + 1), (2 * MIB, None), (10, 9 * MIB), (9 * MIB, None)],
    )
    async def test_reads_ranges_like_slices(self, storage: ObjectStorage, start: int, end: int | None):
        data = pattern(2 * MIB + 100)
        await put_bytes(storage, "videos/a/r.mp4", data, content_type="video/mp4")
        chunks = [chunk async for chunk in storage.read("videos/a/r.mp4", start, end)]
        assert b"".join(chunks) == data[start:end]
        assert all(0 < len(chunk) <= MIB for chunk in chunks)

    async def test_writing_again_replaces_and_changes_the_etag(self, storage: ObjectStorage):
        first = await put_bytes(storage, "videos/a/t.json", b"first", content_type="application/json")
        second = await put_bytes(storage, "videos/a/t.json", b"other", content_type="application/json")
        assert first.etag != second.etag
        assert await read_bytes(storage, "videos/a/t.json") == b"other"

    async def test_a_stream_that_breaks_leaves_the_old_object_and_raises_its_own_error(self, storage: ObjectStorage):
        await put_bytes(storage, "videos/a/t.json", b"old", content_type="application/json")
        with pytest.raises(Interrupted):
            await storage.put("videos/a/t.json", cut_short(pattern(2 * MIB)), content_type="application/json")
        with pytest.raises(Interrupted):
            await storage.put("videos/a/new.json", cut_short(b"half"), content_type="application/json")
        assert await read_bytes(storage, "videos/a/t.json") == b"old"
        assert await storage.head("videos/a/new.json") is None

    @pytest.mark.parametrize("announced", [9, 11])
    async def test_a_size_that_proves_untrue_is_refused(self, storage: ObjectStorage, announced: int):
        with pytest.raises(WrongSize):
            await storage.put("videos/a/x.mp4", stream(b"ten bytes!"), content_type="video/mp4", size=announced)
        assert await storage.head("videos/a/x.mp4") is None

    async def test_nothing_is_visible_before_the_end_and_nothing_after_cancelling(self, storage: ObjectStorage):
        reached, never = asyncio.Event(), asyncio.Event()
        chunks = stalled(pattern(3 * MIB), reached, never)
        writing = asyncio.create_task(storage.put("videos/a/c.mp4", chunks, content_type="video/mp4"))
        await reached.wait()
        assert await storage.head("videos/a/c.mp4") is None
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await storage.head("videos/a/c.mp4") is None
        assert [found async for found in storage.list("")] == []

    async def test_concurrent_puts_of_one_key_leave_one_whole_object(self, storage: ObjectStorage):
        versions = [pattern(MIB + 3, seed) for seed in range(12)]
        await asyncio.gather(
            *(storage.put("videos/a/one.mp4", stream(data), content_type="video/mp4") for data in versions)
        )
        assert await read_bytes(storage, "videos/a/one.mp4") in versions
        assert [found.key async for found in storage.list("")] == ["videos/a/one.mp4"]

    async def test_stores_a_finished_file_and_leaves_it_to_its_owner(self, storage: ObjectStorage, tmp_path: Path):
        path = tmp_path / "720p.mp4"
        path.write_bytes(pattern(MIB + 1))
        for _ in range(2):  # again, as after a crash
            stored = await storage.put_file("videos/a/720p.mp4", path, content_type="video/mp4")
        assert stored == await storage.head("videos/a/720p.mp4")
        assert path.read_bytes() == pattern(MIB + 1)
        path.unlink()
        assert await read_bytes(storage, "videos/a/720p.mp4") == pattern(MIB + 1)

    async def test_a_finished_file_that_is_not_there_is_an_error(self, storage: ObjectStorage, tmp_path: Path):
        with pytest.raises(FileNotFoundError):
            await storage.put_file("videos/a/720p.mp4", tmp_path / "none", content_type="video/mp4")
        assert await storage.head("videos/a/720p.mp4") is None

    async def test_fetches_a_file_for_a_worker_and_outlives_it(self, storage: ObjectStorage, tmp_path: Path):
        await put_bytes(storage, "videos/a/o.mp4", pattern(MIB), content_type="video/mp4")
        path = tmp_path / "work.mp4"
        path.write_bytes(b"from an earlier attempt")
        await storage.fetch("videos/a/o.mp4", path)
        assert path.read_bytes() == pattern(MIB)
        path.unlink()
        assert await read_bytes(storage, "videos/a/o.mp4") == pattern(MIB)

    async def test_what_is_not_there_is_said_so(self, storage: ObjectStorage, tmp_path: Path):
        assert await storage.head("videos/none.mp4") is None
        with pytest.raises(ObjectNotFound):
            await read_bytes(storage, "videos/none.mp4")
        with pytest.raises(ObjectNotFound):
            await storage.fetch("videos/none.mp4", tmp_path / "f")
        assert not (tmp_path / "f").exists()
        assert [found async for found in storage.list("videos/")] == []

    async def test_lists_below_a_prefix_in_the_order_of_keys(self, storage: ObjectStorage):
        keys = ["videos/a-b/1.txt", "videos/a/1.txt", "videos/a/sub/2.txt", "videos/aa/3.txt", "videos/a.txt", "z.txt"]
        for key in keys:
            await put_bytes(storage, key, key.encode(), content_type="text/plain")
        assert [found.key async for found in storage.list("")] == sorted(keys)
        assert [found.key async for found in storage.list("videos/a/")] == ["videos/a/1.txt", "videos/a/sub/2.txt"]
        assert [found.size async for found in storage.list("videos/aa/")] == [len("videos/aa/3.txt")]
        with pytest.raises(InvalidKey):
            [found async for found in storage.list("videos/a")]

    async def test_deletes_again_without_error_and_only_what_is_named(self, storage: ObjectStorage):
        for key in ("videos/a/1.txt", "videos/a/s/2.txt", "videos/ab/3.txt", "videos/b.txt"):
            await put_bytes(storage, key, b"x", content_type="text/plain")
        for _ in range(2):
            await storage.delete(["videos/b.txt", "videos/none.txt"])
            await storage.delete_prefix("videos/a/")
        assert [found.key async for found in storage.list("")] == ["videos/ab/3.txt"]

    async def test_an_address_serves_the_object_and_stays_equal_for_caches(self, storage: ObjectStorage):
        await put_bytes(storage, "videos/a/p.jpg", pattern(1000), content_type="image/jpeg")
        url = storage.url("videos/a/p.jpg", expires_in=HOUR)
        assert await self.get(storage, url) == pattern(1000)
        named = storage.url("videos/a/p.jpg", expires_in=HOUR, download_as='Größe & "co".jpg')
        assert named != url
        assert await self.get(storage, named) == pattern(1000)

    @pytest.mark.parametrize(
        "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".tmp/x", "a\\b", "a\0b", "a\n"]
    )
    async def test_refuses_keys_that_the_platform_does_not_make(self, storage: ObjectStorage, tmp_path: Path, key: str):
        with pytest.raises(InvalidKey):
            await put_bytes(storage, key, b"x", content_type="text/plain")
        with pytest.raises(InvalidKey):
            await storage.head(key)
        with pytest.raises(InvalidKey):
            await storage.fetch(key, tmp_path / "f")
        with pytest.raises(InvalidKey):
            await storage.delete([key])
        with pytest.raises(InvalidKey):
            storage.url(key, expires_in=HOUR)


@pytest.mark.anyio
class PartUploadsContract:
    """Inherit, and give fixtures `storage` and `uploads`; `put_part` must PUT to the part's address as browsers do."""

    part_size = 5 * MIB
    """S3 takes none smaller but the last."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    async def put_part(self, uploads: PartUploads, upload_id: str, number: int, data: bytes) -> str:
        raise NotImplementedError

    def piece(self, data: bytes, number: int) -> bytes:
        return data[(number - 1) * self.part_size : number * self.part_size]

    async def begin(self, uploads: PartUploads, data: bytes) -> str:
        return await uploads.begin("videos/p/o.mp4", size=len(data), part_size=self.part_size, content_type="video/mp4")

    async def send(self, uploads: PartUploads, upload_id: str, data: bytes, numbers: list[int]) -> dict[int, str]:
        pieces = [self.put_part(uploads, upload_id, number, self.piece(data, number)) for number in numbers]
        return dict(zip(numbers, await asyncio.gather(*pieces), strict=True))

    @pytest.mark.parametrize("beyond", [0, 1, 12345])
    async def test_makes_an_object_of_parts_in_any_order(
        self, storage: ObjectStorage, uploads: PartUploads, beyond: int
    ):
        data = pattern(2 * self.part_size + beyond)
        upload_id = await self.begin(uploads, data)
        etags = await self.send(uploads, upload_id, data, [3, 1, 2] if beyond else [2, 1])
        assert [(part.number, part.etag) for part in await uploads.parts(upload_id)] == sorted(
            (number, etag.strip('"')) for number, etag in etags.items()
        )
        assert sum(part.size for part in await uploads.parts(upload_id)) == len(data)
        assert await storage.head("videos/p/o.mp4") is None
        stored = await uploads.complete(upload_id, {number: f'"{etag}"' for number, etag in etags.items()})
        assert stored == await storage.head("videos/p/o.mp4")
        assert await read_bytes(storage, "videos/p/o.mp4") == data
        with pytest.raises(UploadNotFound):
            await uploads.parts(upload_id)

    async def test_one_part_may_be_all(self, storage: ObjectStorage, uploads: PartUploads):
        upload_id = await self.begin(uploads, b"x")
        await uploads.complete(upload_id, await self.send(uploads, upload_id, b"x", [1]))
        assert await read_bytes(storage, "videos/p/o.mp4") == b"x"

    async def test_names_the_part_that_is_missing_or_wrong_and_lets_it_be_mended(
        self, storage: ObjectStorage, uploads: PartUploads
    ):
        data = pattern(self.part_size + 99)
        upload_id = await self.begin(uploads, data)
        etags = await self.send(uploads, upload_id, data, [1])
        with pytest.raises(PartRefused, match="part 2"):
            await uploads.complete(upload_id, etags)
        etags |= await self.send(uploads, upload_id, data, [2])
        for wrong in ({**etags, 2: "0" * 32}, {1: etags[1]}, {**etags, 3: etags[1]}, {1: etags[2], 2: etags[1]}):
            with pytest.raises(PartRefused, match=r"part [123]"):
                await uploads.complete(upload_id, wrong)
        assert await storage.head("videos/p/o.mp4") is None
        await uploads.complete(upload_id, etags)
        assert await read_bytes(storage, "videos/p/o.mp4") == data

    async def test_a_part_sent_again_counts_as_it_was_sent_last(self, storage: ObjectStorage, uploads: PartUploads):
        data, other = pattern(self.part_size + 5), pattern(self.part_size + 5, 1)
        upload_id = await self.begin(uploads, data)
        old = await self.send(uploads, upload_id, other, [1, 2])
        new = await self.send(uploads, upload_id, data, [1, 2])
        with pytest.raises(PartRefused):
            await uploads.complete(upload_id, old)
        await uploads.complete(upload_id, new)
        assert await read_bytes(storage, "videos/p/o.mp4") == data

    async def test_aborting_forgets_everything_and_may_be_done_again(
        self, storage: ObjectStorage, uploads: PartUploads
    ):
        data = pattern(self.part_size)
        upload_id = await self.begin(uploads, data)
        etags = await self.send(uploads, upload_id, data, [1])
        for _ in range(2):
            await uploads.abort(upload_id)
        with pytest.raises(UploadNotFound):
            await uploads.complete(upload_id, etags)
        assert await storage.head("videos/p/o.mp4") is None

    async def test_finds_uploads_that_were_abandoned(self, uploads: PartUploads):
        upload_id = await self.begin(uploads, b"some")
        assert await uploads.abandoned(HOUR) == []
        assert len(await uploads.abandoned(-HOUR)) == 1
        for abandoned in await uploads.abandoned(-HOUR):
            await uploads.abort(abandoned)
        with pytest.raises(UploadNotFound):
            await uploads.parts(upload_id)

    @pytest.mark.parametrize("upload_id", ["", "..", "../..", "0" * 32, "x" * 2000, "a/b", "\0"])
    async def test_an_upload_that_was_never_begun_is_not_found(self, uploads: PartUploads, upload_id: str):
        with pytest.raises(UploadNotFound):
            await uploads.parts(upload_id)
        with pytest.raises(UploadNotFound):
            await uploads.complete(upload_id, {1: "x"})
        await uploads.abort(upload_id)

    @pytest.mark.parametrize(("size", "part_size"), [(0, 5 * MIB), (MIB, 0), (10_001 * 5 * MIB, 5 * MIB)])
    async def test_refuses_impossible_plans(self, uploads: PartUploads, size: int, part_size: int):
        with pytest.raises(PartRefused):
            await uploads.begin("videos/p/o.mp4", size=size, part_size=part_size, content_type="video/mp4")


async def child(root: Path, mission: str, *arguments: str) -> None:
    """A writer to be killed: it says a line at a time how far it is."""
    storage, uploads = LocalStorage(root, secret=SECRET), LocalPartUploads(root, secret=SECRET)
    if mission == "put":
        await storage.put("videos/k/o.mp4", _halfway_then_never(), content_type="video/mp4")
    elif mission == "part":
        await uploads.write_part(arguments[0], int(arguments[1]), _halfway_then_never())
    elif mission == "rewrite":  # one key, over and over
        for version in range(int(arguments[0])):
            say(f"begin {version}")
            await put_bytes(storage, "videos/k/o.mp4", bytes([version]) * (MIB + version), content_type="video/mp4")


async def _halfway_then_never() -> AsyncIterator[bytes]:
    for _ in range(4):
        yield pattern(MIB)
    say("halfway")
    await asyncio.Event().wait()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(child(Path(sys.argv[1]), *sys.argv[2:]))
