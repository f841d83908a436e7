"""Writers killed by SIGKILL at any moment: no half-written object, no lost part, nothing left for good."""

import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from tests.support.storage import HOUR, MIB, SECRET, pattern, stream

from reelscribe.engines.storage import PartRefused
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes

pytestmark = [pytest.mark.anyio, pytest.mark.crash]
NOW = timedelta(seconds=-1)
"""Older than a moment to come: whatever its age."""


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "objects"


@contextmanager
def writer(root, *mission):
    """A child process at work, which does not outlive the block."""
    command = [sys.executable, "-m", "tests.support.storage", str(root), *mission]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kill_at(process, line):
    while (said := process.stdout.readline().strip()) != line:
        assert said, "the writer died by itself"
    process.kill()
    assert process.wait() == -signal.SIGKILL


def leftovers(root):
    return [path.name for path in (root / ".tmp").iterdir()]


async def test_a_put_killed_halfway_leaves_the_old_object_and_its_leftover_is_cleaned(root):
    storage = LocalStorage(root, secret=SECRET)
    await put_bytes(storage, "videos/k/o.mp4", b"old", content_type="video/mp4")
    with writer(root, "put") as process:
        kill_at(process, "halfway")
    assert await read_bytes(storage, "videos/k/o.mp4") == b"old"
    assert [found.key async for found in storage.list("")] == ["videos/k/o.mp4"]
    assert len(leftovers(root)) == 1
    assert await storage.clean_up(HOUR) == 0
    assert await storage.clean_up(NOW) == 1
    assert leftovers(root) == []


async def test_a_living_writer_is_never_cleaned_away_whatever_its_age(root):
    storage = LocalStorage(root, secret=SECRET)
    with writer(root, "put") as process:
        assert process.stdout.readline() == "halfway\n"
        assert await storage.clean_up(NOW) == 0
        assert len(leftovers(root)) == 1
        process.kill()
        process.wait()
    assert await storage.clean_up(NOW) == 1


@pytest.mark.parametrize("seed", range(10))
async def test_an_object_written_anew_while_its_writer_is_killed_is_one_whole_version(root, seed):
    storage = LocalStorage(root, secret=SECRET)
    await put_bytes(storage, "videos/k/o.mp4", bytes([0]) * MIB, content_type="video/mp4")
    last = random.Random(seed).randrange(1, 12)  # noqa: S311 - the seed makes it repeatable
    with writer(root, "rewrite", "200") as process:
        kill_at(process, f"begin {last}")
    data = await read_bytes(storage, "videos/k/o.mp4")
    version = len(data) - MIB
    assert version >= last - 1
    assert data == bytes([version]) * (MIB + version)
    await storage.clean_up(NOW)
    assert leftovers(root) == []


async def test_a_part_killed_halfway_loses_no_finished_part_and_can_be_sent_again(root):
    storage, uploads = LocalStorage(root, secret=SECRET), LocalPartUploads(root, secret=SECRET)
    data, size = pattern(15 * MIB), 5 * MIB
    upload_id = await uploads.begin("videos/k/o.mp4", size=len(data), part_size=size, content_type="video/mp4")
    etags = {1: await uploads.write_part(upload_id, 1, stream(data[:size]))}
    etags[2] = await uploads.write_part(upload_id, 2, stream(data[size : 2 * size]))
    with writer(root, "part", upload_id, "3") as process:
        kill_at(process, "halfway")
    with writer(root, "part", upload_id, "2") as process:  # a finished one, begun anew with other bytes
        kill_at(process, "halfway")
    assert [part.number for part in await uploads.parts(upload_id)] == [1]
    with pytest.raises(PartRefused, match="part 2"):
        await uploads.complete(upload_id, etags)
    etags[2] = await uploads.write_part(upload_id, 2, stream(data[size : 2 * size]))
    etags[3] = await uploads.write_part(upload_id, 3, stream(data[2 * size :]))
    await uploads.complete(upload_id, etags)
    assert await read_bytes(storage, "videos/k/o.mp4") == data
    assert leftovers(root) == []


async def test_completing_goes_on_where_a_crash_cut_it_off(root):
    storage, uploads = LocalStorage(root, secret=SECRET), LocalPartUploads(root, secret=SECRET)
    upload_id = await uploads.begin("videos/k/o.mp4", size=3, part_size=3, content_type="video/mp4")
    etags = {1: await uploads.write_part(upload_id, 1, stream(b"abc"))}
    folder = root / ".parts" / upload_id
    (folder / "00001.writer").write_bytes(b"closed")  # as after closing, before publishing
    (root / "videos" / "k").mkdir(parents=True)
    (folder / "data").rename(root / "videos" / "k" / "o.mp4")  # as after publishing, before forgetting
    assert (await uploads.complete(upload_id, etags)).size == 3
    assert await read_bytes(storage, "videos/k/o.mp4") == b"abc"
    assert not folder.exists()
