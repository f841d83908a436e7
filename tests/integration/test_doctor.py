"""The doctor, on a real platform: it finds what is wrong, says what to do, and changes nothing."""

import io
import socket
import sys

import anyio
import pytest
from rich.console import Console

from reelscribe.database.migrate import upgrade
from reelscribe.doctor import examine
from reelscribe.settings import Settings
from reelscribe.wiring import open_database

pytestmark = pytest.mark.anyio

NEEDS = (
    "database",
    "event bus",
    "job queue",
    "shared memory",
    "object storage",
    "search",
    "video",
    "speech to text",
    "embeddings",
    "language model",
    "machine",
)


@pytest.fixture
async def settings(tmp_path):
    found = Settings(data_dir=tmp_path / "data")
    database = open_database(found)
    await upgrade(database.engine)
    await database.close()
    return found


async def told(settings):
    """Whether all is well, and what the doctor said, on one line."""
    page = io.StringIO()
    is_well = await examine(settings, Console(file=page, width=400))
    return is_well, " ".join(page.getvalue().split())


async def test_a_platform_that_works_is_well(settings):
    is_well, text = await told(settings)
    assert is_well, text
    assert all(need in text for need in NEEDS)
    assert "Mend:" not in text


async def test_what_was_written_to_look_is_gone(settings):
    await told(settings)
    assert [path for path in settings.objects_dir.rglob("*") if path.is_file()] == []


async def test_a_database_without_tables_is_to_be_migrated(tmp_path):
    is_well, text = await told(Settings(data_dir=tmp_path / "new"))
    assert not is_well
    assert "reelscribe migrate" in text


async def test_missing_weights_are_told_and_not_fetched(settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as hub:
        hub.setblocking(False)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{hub.getsockname()[1]}")
        monkeypatch.setenv("WHISPER_MODEL", "small")
        is_well, text = await told(Settings(data_dir=settings.data_dir))
        with pytest.raises(BlockingIOError):
            hub.accept()
    assert not is_well
    assert "'small' are not here" in text


async def test_a_folder_without_a_model_stops_a_process_in_words(settings, tmp_path):
    environment = {"DATA_DIR": str(settings.data_dir), "EMBEDDING_MODEL_DIR": str(tmp_path), "PATH": ""}
    with anyio.fail_after(60):
        done = await anyio.run_process([sys.executable, "-m", "reelscribe", "relay"], env=environment, check=False)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "EMBEDDING_MODEL_DIR" in said
    assert "Traceback" not in said
