"""Writers, deleters and completers beside each other."""

import asyncio

import pytest
from tests.support.storage import MIB, SECRET, Interrupted, pattern, stalled, stream

from reelscribe.engines.storage import PartRefused
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage, completion, ledger
from reelscribe.engines.storage.whole import put_bytes, read_bytes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def storage(tmp_path):
    return LocalStorage(tmp_path, secret=SECRET)


@pytest.fixture
def uploads(tmp_path):
    return LocalPartUploads(tmp_path, secret=SECRET)


async def test_a_folder_removed_again_and_again_never_fails_those_who_write_into_it(storage, tmp_path):
    written = asyncio.Event()

    async def write(number: int) -> None:
        for _ in range(15):
            await put_bytes(storage, f"videos/a/b/{number}.txt", b"x", content_type="text/plain")

    async def sweep() -> None:
        while not written.is_set():
            await storage.delete_prefix("videos/a/")

    async def write_all() -> None:
        await asyncio.gather(*map(write, range(8)))
        written.set()

    await asyncio.gather(write_all(), sweep(), sweep())
    await put_bytes(storage, "videos/a/b/last.txt", b"x", content_type="text/plain")
    assert await storage.head("videos/a/b/last.txt")
    await storage.delete_prefix("videos/a/")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp"]
    assert list((tmp_path / ".tmp").iterdir()) == []


async def test_deleting_the_last_object_removes_its_empty_folders_only(storage, tmp_path):
    await put_bytes(storage, "videos/a/b/1.txt", b"x", content_type="text/plain")
    await put_bytes(storage, "videos/2.txt", b"x", content_type="text/plain")
    await storage.delete(["videos/a/b/1.txt"])
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["2.txt"]


async def test_the_newest_writer_of_a_part_wins_over_one_that_hangs(storage, uploads):
    size = 3 * MIB
    upload_id = await uploads.begin("videos/a/p.mp4", size=size, part_size=size, content_type="video/mp4")
    reached, go_on = asyncio.Event(), asyncio.Event()
    hanging = asyncio.create_task(uploads.write_part(upload_id, 1, stalled(pattern(size, 1), reached, go_on)))
    await reached.wait()
    etag = await uploads.write_part(upload_id, 1, stream(pattern(size, 2)))
    go_on.set()
    with pytest.raises(PartRefused, match="by a later request"):
        await hanging
    await uploads.complete(upload_id, {1: etag})
    assert await read_bytes(storage, "videos/a/p.mp4") == pattern(size, 2)


async def test_late_bytes_never_reach_a_published_object(storage, uploads):
    size = 3 * MIB
    upload_id = await uploads.begin("videos/a/p.mp4", size=size, part_size=size, content_type="video/mp4")
    etag = await uploads.write_part(upload_id, 1, stream(pattern(size, 1)))
    reached, go_on = asyncio.Event(), asyncio.Event()
    late = asyncio.create_task(uploads.write_part(upload_id, 1, stalled(pattern(size, 2), reached, go_on)))
    await reached.wait()
    with pytest.raises(PartRefused, match="part 1 of 1 was not uploaded"):
        await uploads.complete(upload_id, {1: etag})
    etag = await uploads.write_part(upload_id, 1, stream(pattern(size, 1)))
    await uploads.complete(upload_id, {1: etag})
    go_on.set()
    with pytest.raises(Exception, match=r"no such upload|later request"):
        await late
    assert await read_bytes(storage, "videos/a/p.mp4") == pattern(size, 1)


@pytest.mark.parametrize("wrong", [9, 11])
async def test_a_part_of_the_wrong_size_is_refused_and_not_counted(uploads, wrong):
    upload_id = await uploads.begin("videos/a/p.mp4", size=15, part_size=10, content_type="video/mp4")
    with pytest.raises(PartRefused, match="part 1 has 10 bytes"):
        await uploads.write_part(upload_id, 1, stream(b"x" * wrong))
    with pytest.raises(PartRefused, match="there is no part 3"):
        await uploads.write_part(upload_id, 3, stream(b"x"))
    assert await uploads.parts(upload_id) == []


async def test_on_one_file_system_nothing_is_copied(storage, uploads, tmp_path):
    path = tmp_path / ".scratch.mp4"
    path.write_bytes(pattern(MIB))
    await storage.put_file("videos/a/o.mp4", path, content_type="video/mp4")
    await storage.fetch("videos/a/o.mp4", tmp_path / ".fetched.mp4")
    assert path.stat().st_ino == (tmp_path / ".fetched.mp4").stat().st_ino
    upload_id = await uploads.begin("videos/a/p.mp4", size=3, part_size=3, content_type="video/mp4")
    inode = (tmp_path / ".parts" / upload_id / "data").stat().st_ino
    await uploads.complete(upload_id, {1: await uploads.write_part(upload_id, 1, stream(b"abc"))})
    assert storage.local_path("videos/a/p.mp4").stat().st_ino == inode


async def test_objects_are_read_only_files(storage, uploads):
    await put_bytes(storage, "videos/a/o.mp4", b"x", content_type="video/mp4")
    upload_id = await uploads.begin("videos/a/p.mp4", size=3, part_size=3, content_type="video/mp4")
    await uploads.complete(upload_id, {1: await uploads.write_part(upload_id, 1, stream(b"abc"))})
    for key in ("videos/a/o.mp4", "videos/a/p.mp4"):
        assert storage.local_path(key).stat().st_mode & 0o777 == 0o440


async def test_no_part_is_begun_while_an_upload_is_completed_and_again_when_that_fails(uploads, tmp_path):
    upload_id = await uploads.begin("videos/a/p.mp4", size=3, part_size=3, content_type="video/mp4")
    etags = {1: await uploads.write_part(upload_id, 1, stream(b"abc"))}

    async def try_while_closed() -> None:
        with (
            ledger.upload_folder(tmp_path, upload_id) as folder,
            completion._closed(folder, ledger.read_plan(folder), etags),
        ):
            with pytest.raises(PartRefused, match="takes no more parts"):
                await uploads.write_part(upload_id, 1, stream(b"xyz"))
            raise Interrupted

    with pytest.raises(Interrupted):
        await try_while_closed()
    assert [part.etag for part in await uploads.parts(upload_id)] == [etags[1]]
    assert await uploads.write_part(upload_id, 1, stream(b"xyz")) != etags[1]
