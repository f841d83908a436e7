import re
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from reelscribe.samples import SampleMissing, build_talk, recording, slides
from reelscribe.samples.script import LEAD_IN

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())


def test_the_talk_is_a_1080p_mp4_of_under_a_minute(tmp_path):
    talk = build_talk(FFMPEG, tmp_path / "talk.mp4")
    said = subprocess.run(
        [FFMPEG, "-i", talk.path, "-f", "null", "-"], capture_output=True, text=True, check=True
    ).stderr
    assert re.search(r"Video: h264 .*yuv420p\(tv, bt709.* 1920x1080 .*25 fps", said)
    assert re.search(r"Audio: aac .*48000 Hz, stereo", said)
    assert talk.duration == pytest.approx(47.374)
    assert "Duration: 00:00:47.37" in said
    assert [path.name for path in tmp_path.iterdir()] == ["talk.mp4"]


def test_slides_are_the_same_every_time_and_last_as_long_as_the_talk(tmp_path):
    drawn = [slides.draw_slides(folder) for folder in (tmp_path / "a", tmp_path / "b") if folder.mkdir() is None]
    assert sum(seconds for _, seconds in drawn[0]) == pytest.approx(LEAD_IN + recording.SECONDS)
    assert all(seconds > 0 for _, seconds in drawn[0])
    for (first, _), (second, _) in zip(*drawn, strict=True):
        assert first.read_bytes() == second.read_bytes()
    with Image.open(drawn[0][0][0]) as title:
        assert title.size == (1920, 1080)


def test_without_the_recording_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "moonshine_voice", None)
    with pytest.raises(SampleMissing, match=r"reelscribe\[samples\]"):
        build_talk(FFMPEG, tmp_path / "talk.mp4")


def test_without_pillow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SampleMissing, match=r"reelscribe\[samples\]"):
        build_talk(FFMPEG, tmp_path / "talk.mp4")
    assert list(tmp_path.iterdir()) == []


def test_another_recording_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "SHA256", "0" * 64)
    with pytest.raises(SampleMissing, match="timed to"):
        build_talk(FFMPEG, tmp_path / "talk.mp4")


def test_what_ffmpeg_says_is_passed_on(tmp_path):
    with pytest.raises(RuntimeError, match="could not make the sample talk"):
        build_talk(Path("/bin/false"), tmp_path / "talk.mp4")
