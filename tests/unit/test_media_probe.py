import asyncio
import subprocess
from pathlib import Path

import pytest
from tests.support.media import X264, X265_PQ, Clips, look, picture, session_clips, tone

from reelscribe.media.errors import MediaTooLarge
from reelscribe.media.probe import probe


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return session_clips(tmp_path_factory.getbasetemp())


def test_picture_and_sound(clips: Clips):
    info = look(clips, clips.small())
    assert info.video is not None
    assert (info.video.codec, info.video.width, info.video.height, info.video.frame_rate) == ("mpeg4", 320, 180, 25.0)
    assert [(track.codec, track.channels, track.sample_rate) for track in info.audio] == [("aac", 1, 48_000)]
    assert info.duration == pytest.approx(2.0, abs=0.05)


def test_a_rotated_recording_is_described_as_it_is_shown(clips: Clips):
    flat = clips.make("flat.mp4", *picture("320x180", 1), *X264)
    turned = clips.make("turned.mp4", "-display_rotation:v", "90", "-i", str(flat), "-c", "copy")
    video = look(clips, turned).video
    assert video is not None
    assert (video.width, video.height, video.rotation) == (180, 320, 270)


def test_pixels_that_are_not_square_are_counted_as_shown(clips: Clips):
    video = look(clips, clips.make("anamorphic.mp4", *picture("720x576", 0.2), "-vf", "setsar=64/45", *X264)).video
    assert video is not None
    assert (video.width, video.height, video.square_pixels) == (1024, 576, False)


def test_hdr_is_seen(clips: Clips):
    video = look(clips, clips.make("pq.mkv", *picture("640x360", 0.4), *X265_PQ)).video
    assert video is not None
    assert (video.hdr, video.color_matrix) == ("pq", "bt2020nc")


def test_a_recording_that_does_not_say_how_long_it_is_is_read_through(clips: Clips):
    source = clips.make("whole.mkv", *picture("320x180", 2), *tone(2), "-c:v", "mpeg4", "-c:a", "aac")
    path = clips.folder / "endless.mkv"
    if not path.exists():
        with path.open("wb") as file:  # written to a pipe, as a browser's recorder does
            command = [str(clips.tools.ffmpeg), "-v", "error", "-i", str(source), "-c", "copy", "-f", "matroska", "-"]
            subprocess.run(command, check=True, stdout=file, timeout=60)
    assert look(clips, path).duration == pytest.approx(2.0, abs=0.1)


def test_the_type_is_decided_by_content_not_by_name(clips: Clips):
    path = clips.folder / "small.txt"
    path.write_bytes(clips.small().read_bytes())
    assert look(clips, path).container.startswith("mov")


def test_keyframes_are_looked_at_where_copying_comes_into_question(clips: Clips):
    compliant = look(clips, clips.compliant())
    assert compliant.keyframes is not None
    assert compliant.keyframes.closed
    assert compliant.keyframes.count == 4
    assert compliant.keyframes.longest == pytest.approx(3.4, abs=0.05)
    assert compliant.audio_gap == pytest.approx(0.0, abs=0.03)


def test_an_open_gop_is_seen(clips: Clips):
    flags = ("-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-bf", "3", "-x264-params", "open-gop=1:scenecut=0")
    info = look(clips, clips.make("open.mp4", *picture("320x180", 4, source="testsrc2"), *flags, "-pix_fmt", "yuv420p"))
    assert info.keyframes is not None
    assert not info.keyframes.closed


def test_a_cover_picture_is_not_a_video(clips: Clips):
    info = look(clips, song_with_cover(clips))
    assert info.video is None
    assert info.cover is not None


def song_with_cover(clips: Clips) -> Path:
    cover = clips.make("cover.png", *picture("300x300", 0.04))
    mapping = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
    return clips.make("song.mp3", *tone(3), "-i", str(cover), *mapping)


def test_longer_than_allowed(clips: Clips):
    with pytest.raises(MediaTooLarge, match="hours at most"):
        asyncio.run(probe(clips.tools, clips.small(), max_duration=1.5))
