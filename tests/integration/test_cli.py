"""Chores on the command line: what they do, and how they say that they cannot."""

import re
import time

import pytest
from typer.testing import CliRunner

from reelscribe.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def run(*arguments):
        result = CliRunner().invoke(app, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, " ".join(result.output.split())

    return run


def test_an_empty_platform_is_migrated_and_indexed(run):
    code, said = run("migrate")
    assert code == 0
    assert re.search(r"at revision \d{4}\.", said)
    assert run("reindex") == (0, "0 videos are in the new search index.")


def test_an_index_needs_the_schema_first(run):
    code, said = run("reindex")
    assert code == 1
    assert "reelscribe migrate" in said


@pytest.mark.parametrize("chore", ["migrate", "reindex"])
def test_a_file_that_is_no_database_is_told(run, tmp_path, chore):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "reelscribe.db").write_bytes(b"not a database, but long enough to look like one" * 100)
    code, said = run(chore)
    assert code == 1
    assert "file is not a database" in said


@pytest.mark.parametrize("chore", ["migrate", "reindex"])
def test_a_file_in_the_folder_s_place_is_told(run, tmp_path, chore):
    (tmp_path / "data").write_text("in the way")
    code, said = run(chore)
    assert code == 1
    assert "Set DATA_DIR to another one" in said


def test_help_names_every_command_and_takes_no_time(run):
    began = time.process_time()
    code, said = run("--help")
    assert time.process_time() - began < 0.5
    assert code == 0
    for command in ("serve", "worker", "migrate", "reindex", "ingest", "search", "events", "replay", "doctor", "demo"):
        assert command in said
