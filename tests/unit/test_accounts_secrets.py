"""The platform's secret: one for all of its processes."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from reelscribe.accounts.secrets import NAME, jwt_secret


def test_a_given_secret_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert jwt_secret(SecretStr("given"), tmp_path) == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    made = jwt_secret(None, folder)
    assert len(made) >= 43  # 32 bytes or more
    assert jwt_secret(None, folder) == made
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_two_platforms_have_two_secrets(tmp_path: Path) -> None:
    assert jwt_secret(None, tmp_path / "a") != jwt_secret(None, tmp_path / "b")


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = (
        "import sys, pathlib; from reelscribe.accounts.secrets import jwt_secret\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(jwt_secret(None, pathlib.Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", code, str(gate)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    seen = {process.communicate(timeout=60)[0] for process in processes}
    assert len(seen) == 1
    assert seen.pop().strip() == (gate / NAME).read_text()
    assert [path.name for path in gate.iterdir()] == [NAME]


def test_a_folder_that_cannot_be_made_is_an_error_and_not_a_secret_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        jwt_secret(None, tmp_path / "file" / "data")
