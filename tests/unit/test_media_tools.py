from pathlib import Path

import pytest

from reelscribe.media.errors import ToolMissing
from reelscribe.media.tools import find_tools, program_version


def test_the_packages_programs_are_found_and_run():
    tools = find_tools()
    assert int(tools.version().split(".")[0]) >= 5
    assert int(program_version(tools.ffprobe).split(".")[0]) >= 5


def test_a_given_program_is_preferred(tmp_path: Path):
    mine = tmp_path / "ffmpeg"
    mine.write_text("#!/bin/sh\necho ffmpeg version 8.1.2 Copyright\n")
    mine.chmod(0o755)
    tools = find_tools(ffmpeg=mine)
    assert tools.ffmpeg == mine
    assert tools.version() == "8.1.2"


@pytest.mark.parametrize("make", [Path.absolute, lambda path: path.mkdir(), lambda path: path.write_text("no program")])
def test_a_path_that_is_no_program_names_its_setting(tmp_path: Path, make):
    make(tmp_path / "ffmpeg")
    with pytest.raises(ToolMissing, match="FFMPEG_PATH"):
        find_tools(ffmpeg=tmp_path / "ffmpeg")


def test_a_program_that_is_not_ffmpeg():
    with pytest.raises(ToolMissing, match="not a program of FFmpeg"):
        program_version(Path("/bin/echo"))
