"""Disks that are full, folders that cannot be written, links that lead away."""

import os
import resource
import subprocess
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import contextmanager

import pytest
from tests.support.engines import missing
from tests.support.storage import MIB, SECRET, pattern, stream

from reelscribe.engines.storage import InvalidKey, ObjectNotFound, StorageFull, StorageUnavailable
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def files_below(root):
    return [path for path in root.rglob("*") if not path.is_dir()]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        missing("a small disk needs the right to mount one")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def read_only(small_disk):
    """Makes the small disk read-only, which binds root as well."""

    def remount() -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    return remount


async def test_a_full_disk_is_said_and_left_as_it_was(small_disk):
    storage = LocalStorage(small_disk / "objects", secret=SECRET)
    await put_bytes(storage, "videos/a/old.mp4", pattern(2 * MIB), content_type="video/mp4")
    with pytest.raises(StorageFull, match="free some space"):
        await storage.put("videos/a/big.mp4", stream(pattern(20 * MIB)), content_type="video/mp4")
    assert files_below(small_disk) == [small_disk / "objects/videos/a/old.mp4"]
    await put_bytes(storage, "videos/a/after.mp4", pattern(4 * MIB), content_type="video/mp4")
    assert await read_bytes(storage, "videos/a/old.mp4") == pattern(2 * MIB)


async def test_an_announced_size_that_cannot_fit_is_refused_before_a_byte_is_taken(small_disk):
    storage = LocalStorage(small_disk / "objects", secret=SECRET)
    uploads = LocalPartUploads(small_disk / "objects", secret=SECRET)

    async def untouched() -> AsyncIterator[bytes]:
        pytest.fail("the stream was read")
        yield b""

    with pytest.raises(StorageFull):
        await storage.put("videos/a/big.mp4", untouched(), content_type="video/mp4", size=5 << 30)
    with pytest.raises(StorageFull):
        await uploads.begin("videos/a/big.mp4", size=5 << 30, part_size=64 * MIB, content_type="video/mp4")
    assert files_below(small_disk) == []


async def test_a_disk_that_fills_under_an_upload_in_parts_keeps_the_finished_ones(small_disk):
    storage = LocalStorage(small_disk / "objects", secret=SECRET)
    uploads = LocalPartUploads(small_disk / "objects", secret=SECRET)
    upload_id = await uploads.begin("videos/a/p.mp4", size=6 * MIB, part_size=3 * MIB, content_type="video/mp4")
    etags = {1: await uploads.write_part(upload_id, 1, stream(pattern(3 * MIB)))}
    await put_bytes(storage, "videos/a/other.mp4", pattern(3 * MIB), content_type="video/mp4")
    with pytest.raises(StorageFull):
        await uploads.write_part(upload_id, 2, stream(pattern(3 * MIB, 2)))
    await storage.delete(["videos/a/other.mp4"])
    etags[2] = await uploads.write_part(upload_id, 2, stream(pattern(3 * MIB, 2)))
    await uploads.complete(upload_id, etags)
    assert await read_bytes(storage, "videos/a/p.mp4") == pattern(3 * MIB) + pattern(3 * MIB, 2)


async def test_a_file_larger_than_the_process_may_write_is_a_full_disk(tmp_path):
    storage = LocalStorage(tmp_path / "objects", secret=SECRET)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
    try:
        with pytest.raises(StorageFull):
            await storage.put("videos/a/big.mp4", stream(pattern(3 * MIB)), content_type="video/mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files_below(tmp_path) == []


async def test_a_read_only_folder_is_said_and_still_read(small_disk, read_only):
    storage = LocalStorage(small_disk / "objects", secret=SECRET)
    uploads = LocalPartUploads(small_disk / "objects", secret=SECRET)
    await put_bytes(storage, "videos/a/old.mp4", b"old", content_type="video/mp4")
    read_only()
    with pytest.raises(StorageUnavailable, match="must exist and be writable"):
        await put_bytes(storage, "videos/a/new.mp4", b"new", content_type="video/mp4")
    with pytest.raises(StorageUnavailable):
        await uploads.begin("videos/a/p.mp4", size=1, part_size=1, content_type="video/mp4")
    with pytest.raises(StorageUnavailable):
        await storage.delete(["videos/a/old.mp4"])
    assert await read_bytes(storage, "videos/a/old.mp4") == b"old"


async def test_a_file_in_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "objects").write_text("not a folder")
    storage = LocalStorage(tmp_path / "objects", secret=SECRET)
    with pytest.raises(StorageUnavailable):
        await put_bytes(storage, "videos/a/new.mp4", b"new", content_type="video/mp4")


async def test_a_key_below_another_object_is_refused_without_harm(tmp_path):
    storage = LocalStorage(tmp_path, secret=SECRET)
    await put_bytes(storage, "videos/a", b"object", content_type="video/mp4")
    with pytest.raises(InvalidKey):
        await put_bytes(storage, "videos/a/b", b"below", content_type="video/mp4")
    await put_bytes(storage, "videos/c/d", b"object", content_type="video/mp4")
    with pytest.raises(InvalidKey):
        await put_bytes(storage, "videos/c", b"above", content_type="video/mp4")
    assert [found.key async for found in storage.list("")] == ["videos/a", "videos/c/d"]
    assert len(files_below(tmp_path)) == 2


async def test_links_are_never_followed(tmp_path):
    root, outside = tmp_path / "objects", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    storage = LocalStorage(root, secret=SECRET)
    await put_bytes(storage, "videos/a/x.txt", b"x", content_type="text/plain")
    (root / "videos" / "way").symlink_to(outside)
    (root / "videos" / "a" / "file.txt").symlink_to(outside / "secret.txt")
    for key in ("videos/way/secret.txt", "videos/a/file.txt"):
        assert await storage.head(key) is None
        assert storage.local_path(key) is None
        with pytest.raises(ObjectNotFound):
            await read_bytes(storage, key)
        with pytest.raises(ObjectNotFound):
            await storage.fetch(key, tmp_path / "fetched")
        await storage.delete([key])
    with pytest.raises(InvalidKey):
        await put_bytes(storage, "videos/way/new.txt", b"new", content_type="text/plain")
    await put_bytes(storage, "videos/a/file.txt", b"replaces the link", content_type="text/plain")
    await storage.delete_prefix("videos/way/")
    await storage.delete_prefix("videos/")
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == "secret"
    assert not (root / "videos").exists()


@contextmanager
def peak_memory():
    tracemalloc.start()
    try:
        peak: list[int] = []
        yield peak
        peak.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


async def test_memory_stays_constant_whatever_the_size(tmp_path):
    storage = LocalStorage(tmp_path / "objects", secret=SECRET)
    uploads = LocalPartUploads(tmp_path / "objects", secret=SECRET)

    async def fresh(count: int) -> AsyncIterator[bytes]:
        for number in range(count):
            yield bytes([number % 256]) * (64 << 10)

    with peak_memory() as peak:
        await storage.put("videos/a/long.mp4", fresh(1600), content_type="video/mp4")
        upload_id = await uploads.begin("videos/a/p.mp4", size=MIB * 50, part_size=MIB * 50, content_type="video/mp4")
        await uploads.write_part(upload_id, 1, fresh(800))
        async for _ in storage.read("videos/a/long.mp4"):
            pass
    assert peak[0] < 6 * MIB
