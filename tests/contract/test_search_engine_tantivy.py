"""The search contract on Tantivy, and what only an index shared by processes can get wrong."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import numpy as np
import pytest
from numpy.typing import NDArray
from tantivy import Index
from tests.support.search import SearchEngineContract, ask, ids, moment, stream, video

from reelscribe.engines.search import VideoDocument, Visibility
from reelscribe.engines.search.tantivy import OutdatedIndexError, TantivySearch
from reelscribe.engines.search.tantivy.schema import FORMAT

pytestmark = pytest.mark.anyio
Vectors = NDArray[np.float32]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[TantivySearch]:
    engine = TantivySearch(tmp_path / "search")
    yield engine
    await engine.close()


class TestTantivy(SearchEngineContract):
    """Every promise of the contract."""


async def test_what_one_process_indexes_another_finds_at_once(engine: TantivySearch, tmp_path: Path) -> None:
    other = TantivySearch(tmp_path / "search")
    assert ids(await other.search(ask("volcano"))) == []
    await engine.index([video("a", "volcano")])
    assert ids(await other.search(ask("volcano"))) == ["a"]
    await engine.rebuild(stream([video("b", "volcano")]))
    assert ids(await other.search(ask("volcano"))) == ["b"]
    await engine.clear()
    assert ids(await other.search(ask("volcano"))) == []


@pytest.mark.timeout(120)
async def test_two_processes_index_while_a_third_searches(engine: TantivySearch, tmp_path: Path) -> None:
    most = 0
    with started(tmp_path, "one", 8) as one, started(tmp_path, "two", 8) as two:
        while one.poll() is None or two.poll() is None:
            page = await engine.search(ask("volcano", limit=100))
            assert len(page.items) >= most
            most = len(page.items)
    assert (one.returncode, two.returncode) == (0, 0)
    expected = {f"{name}{i}" for name in ("one", "two") for i in range(8)}
    assert set(ids(await engine.search(ask("volcano", limit=100)))) == expected


@pytest.mark.crash
@pytest.mark.timeout(120)
@pytest.mark.parametrize("rounds", range(1, 5))
@pytest.mark.parametrize("point", ["before the moments' commit", "between both commits"])
async def test_a_writer_killed_at_any_moment_leaves_a_whole_index(
    engine: TantivySearch, tmp_path: Path, rounds: int, point: str
) -> None:
    stale = tmp_path / "search" / f"current-{FORMAT}" / "stale"
    with started(tmp_path, "killed", 1_000) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().decode().strip() for _ in range(rounds)]
        written = stale.stat().st_mtime_ns
        while point == "between both commits" and stale.stat().st_mtime_ns == written:
            await anyio.lowlevel.checkpoint()
        writer.kill()
        acknowledged += writer.stdout.read().decode().split()
    found = await engine.search(ask("volcano", limit=100))
    assert set(acknowledged) <= set(ids(found))
    assert all(len(hit.moments) == 1 for hit in found.items)
    with anyio.fail_after(10):
        await engine.index([video("after", "volcano")])
    assert "after" in ids(await engine.search(ask("volcano", limit=100)))


@pytest.mark.crash
@pytest.mark.timeout(120)
async def test_a_rebuild_that_is_killed_changes_nothing_and_is_swept(engine: TantivySearch, tmp_path: Path) -> None:
    await engine.index([video("a", "volcano")])
    with started(tmp_path, "rebuild", 0) as rebuilder:
        assert rebuilder.stdout is not None
        assert rebuilder.stdout.readline() == b"begun\n"
        rebuilder.kill()
    await engine.index([video("b", "volcano")])
    assert set(ids(await engine.search(ask("volcano")))) == {"a", "b"}
    await engine.rebuild(stream([video("c", "volcano")]))
    assert ids(await engine.search(ask("volcano"))) == ["c"]
    assert len(list((tmp_path / "search").glob("index-*"))) == 1


async def test_moments_of_former_versions_do_not_pile_up(engine: TantivySearch, tmp_path: Path) -> None:
    for i in range(10):
        await engine.index([video("a", "volcano", f"lava {i}", title=f"Title {i}")])
    moments = Index.open(str((tmp_path / "search" / f"current-{FORMAT}" / "moments").resolve()))
    assert moments.searcher().num_docs <= 4


async def test_a_damaged_index_is_told_by_check(engine: TantivySearch, tmp_path: Path) -> None:
    await engine.index([video("a", "volcano")])
    await engine.close()
    for file in (tmp_path / "search" / f"current-{FORMAT}" / "videos").resolve().glob("*"):
        file.write_bytes(b"")
    with pytest.raises((OSError, ValueError)):
        await engine.check()


async def test_an_older_releases_index_is_told_by_check_until_it_is_built_anew(
    engine: TantivySearch, tmp_path: Path
) -> None:
    await engine.index([video("a", "volcano")])
    await engine.close()
    (tmp_path / "search" / f"current-{FORMAT}").rename(tmp_path / "search" / "current-0")
    with pytest.raises(OutdatedIndexError, match="build it anew"):
        await engine.check()
    await engine.index([video("b", "volcano")])
    assert ids(await engine.search(ask("volcano"))) == ["b"]
    await engine.rebuild(stream([video("a", "volcano"), video("b", "volcano")]))
    await engine.check()
    assert set(ids(await engine.search(ask("volcano")))) == {"a", "b"}
    assert len(list((tmp_path / "search").glob("index-*"))) == 1


# --- meaning ---


def direction(*parts: float) -> Vectors:
    """A unit vector of 64 dimensions that begins with these."""
    vector = np.full(64, 0.01, dtype=np.float32)
    vector[: len(parts)] = parts
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def meant(video_id: str, *windows: tuple[str, Vectors], **changes: Visibility) -> VideoDocument:
    said = [replace(moment(text, 30.0 * i), vector=vector) for i, (text, vector) in enumerate(windows)]
    return video(video_id, moments=said, **changes)


CARS, BIRDS = direction(1, 0, 0), direction(0, 1, 0)


async def test_a_moment_is_found_by_meaning_alone_and_starts_with_its_window(engine: TantivySearch) -> None:
    await engine.index([
        meant("cars", ("An automobile.", CARS), ("A wren.", BIRDS), ("Tyres.", CARS), ("Brakes.", CARS)),
        meant("birds", ("A finch.", BIRDS)),
    ])  # fmt: skip
    page = await engine.search(ask("vehicles", vector=CARS))
    assert ids(page) == ["cars"]
    assert page.total == 1
    assert page.items[0].moments[0].text == "Brakes."
    assert (page.items[0].moments[0].start, list(page.items[0].moments[0].spans)) == (90.0, [])


async def test_meaning_lifts_the_right_one_of_two_that_have_the_word(engine: TantivySearch) -> None:
    await engine.index([
        meant("bird", ("The crane flies.", BIRDS), ("It sings.", BIRDS)),
        meant("car", ("The crane lifts.", CARS), ("It drives.", CARS)),
    ])  # fmt: skip
    assert ids(await engine.search(ask("crane", vector=CARS))) == ["car", "bird"]
    assert ids(await engine.search(ask("crane", vector=BIRDS))) == ["bird", "car"]


async def test_what_is_found_by_meaning_obeys_visibility_filters_phrases_and_exclusions(
    engine: TantivySearch,
) -> None:
    await engine.index([
        meant("a", ("An automobile.", CARS), visibility="private"),
        meant("b", ("A lorry.", CARS)),
    ])  # fmt: skip
    assert ids(await engine.search(ask("vehicles", vector=CARS))) == ["b"]
    assert ids(await engine.search(ask("vehicles", vector=CARS, status="failed"))) == []
    assert ids(await engine.search(ask("vehicles -lorry", vector=CARS))) == []
    assert ids(await engine.search(ask('"motor vehicles"', vector=CARS))) == []


async def test_videos_without_vectors_and_queries_of_another_length_still_work(engine: TantivySearch) -> None:
    await engine.index([meant("a", ("The crane lifts.", CARS)), video("b", "The crane flies.")])
    for vector in (CARS, CARS[:32], None):
        assert set(ids(await engine.search(ask("crane", vector=vector)))) == {"a", "b"}
    await engine.index([video("c", moments=[replace(moment("A crane."), vector=CARS[:32])])])
    assert set(ids(await engine.search(ask("crane", vector=CARS)))) == {"a", "b", "c"}


# --- what the other processes run ---


def started(folder: Path, name: str, count: int) -> "subprocess.Popen[bytes]":
    """This file as a process of its own: `name` begins the ids of what it indexes, printing each once it is done."""
    command = [
        sys.executable,
        "-m",
        "tests.contract.test_search_engine_tantivy",
        str(folder / "search"),
        name,
        str(count),
    ]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})


async def write(engine: TantivySearch, name: str, count: int) -> None:
    for i in range(count):
        await engine.index([video(f"{name}{i}", "volcano")])
        print(f"{name}{i}", flush=True)  # noqa: T201 - the test reads it


async def rebuild_and_hang(engine: TantivySearch) -> None:
    async def documents() -> AsyncIterator[VideoDocument]:
        for i in range(300):
            yield video(f"half{i}", "volcano")
        print("begun", flush=True)  # noqa: T201 - the test reads it
        await anyio.sleep_forever()

    await engine.rebuild(documents())


async def main(folder: str, name: str, count: str) -> None:
    engine = TantivySearch(Path(folder))
    await (rebuild_and_hang(engine) if name == "rebuild" else write(engine, name, int(count)))


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
