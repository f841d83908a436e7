"""What people upload as a video, by mistake or not: each gets a clear error or a right result, never another's file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.engines import missing
from tests.support.media import X264, Clips, Shot, corrupt, cut, look, names, picture, process, session_clips, tone

from reelscribe.media.errors import (
    DamagedMedia,
    LimitExceeded,
    MediaError,
    MediaTooLarge,
    UnsupportedMedia,
)
from reelscribe.media.runner import open_source

MPD = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{name}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
POINTERS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {name}\n",
    "dash": MPD,
    "concat-without-header": "file {name}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9000 RTP/AVP 96\n",
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return session_clips(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def whole(clips: Clips) -> Path:
    flags = ("-c:v", "mpeg4", "-c:a", "aac", "-movflags", "+faststart")
    return clips.make("whole.mp4", *picture("320x180", 6), *tone(6), *flags)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", DamagedMedia, "empty"),
        (b"Dear sir or madam,\n" * 99, UnsupportedMedia, "text file"),
        ("Schöne Grüße\n".encode() * 99, UnsupportedMedia, "text file"),
        (bytes((i * i * 31 + i * 7) % 256 for i in range(99_999)), DamagedMedia, "not a video"),
        (b"\xff\xd8\xff\xe0" + bytes(999), UnsupportedMedia, "JPEG picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(999), UnsupportedMedia, "HEIF"),
        (b"PK\x03\x04" + bytes(999), UnsupportedMedia, "ZIP"),
        (b"%PDF-1.7\n" + bytes(range(256)), UnsupportedMedia, "PDF"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(99), DamagedMedia, "."),
        (b"\x1aE\xdf\xa3" + b"\xff" * 99, DamagedMedia, "."),
    ],
)
def test_what_is_no_video_is_refused_in_words(
    clips: Clips, tmp_path: Path, content: bytes, error: type[MediaError], words: str
):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(error, match=words):
        look(clips, tmp_path / "a.mp4")


@pytest.mark.parametrize("kind", POINTERS)
@pytest.mark.parametrize("junk", ["", "\x01\x02"], ids=["plain", "past-the-sniffer"])
def test_a_file_that_points_to_another_reads_none(clips: Clips, whole: Path, kind: str, junk: str):
    path = whole.with_name(f"{kind}{len(junk)}.mp4")
    path.write_text(POINTERS[kind].format(name=whole.name) + junk)
    with pytest.raises((UnsupportedMedia, DamagedMedia)):
        look(clips, path)


@pytest.mark.parametrize("kind", POINTERS)
def test_the_arguments_alone_refuse_pointers(clips: Clips, whole: Path, kind: str):
    """The sniffer is for better words; what protects is what FFmpeg is told."""
    from reelscribe.media.allowed import input_arguments

    path = whole.with_name(f"raw-{kind}.mp4")
    path.write_text(POINTERS[kind].format(name=whole.name))
    with open_source(path) as source:
        argv = [str(clips.tools.ffprobe), "-v", "error", "-show_entries", "stream=codec_name", *input_arguments(source)]
        done = subprocess.run(argv, capture_output=True, check=False, pass_fds=(source,), cwd=path.parent, timeout=30)
    assert b"codec_name" not in done.stdout


def test_links_pipes_and_folders_are_not_followed_nor_waited_on(clips: Clips, whole: Path, tmp_path: Path):
    (tmp_path / "link.mp4").symlink_to(whole)
    os.mkfifo(tmp_path / "pipe.mp4")
    for name in ("link.mp4", "pipe.mp4", ".", "missing.mp4"):
        with pytest.raises(UnsupportedMedia):
            look(clips, tmp_path / name)


def test_a_picture_and_a_gif_of_one_frame_are_no_videos(clips: Clips):
    for name in ("still.png", "still.jpg", "still.bmp", "still.gif", "still.tiff", "still.webp"):
        with pytest.raises(UnsupportedMedia, match="picture"):
            look(clips, clips.make(name, *picture("64x64", 0.04), "-frames:v", "1"))


def test_a_rare_decoder_is_not_on_offer(clips: Clips):
    with pytest.raises(UnsupportedMedia, match="not supported"):
        look(clips, clips.make("magic.mkv", *picture("64x64", 0.2), "-c:v", "magicyuv"))


def test_a_bomb_of_pixels(clips: Clips):
    bomb = ("-f", "lavfi", "-i", "color=black:s=8000x8000:d=0.1:r=10", "-c:v", "png", "-frames:v", "1")
    with pytest.raises(MediaTooLarge, match="pixels"):
        look(clips, clips.make("bomb.mov", *bomb))


def test_a_bomb_of_tracks(clips: Clips):
    with pytest.raises(LimitExceeded, match="more than 32 tracks"):
        look(clips, clips.make("tracks.mkv", *tone(0.1), *(["-map", "0:a"] * 60), "-c:a", "flac"))


def test_a_bomb_of_time(clips: Clips):
    spread = ("-vf", "setpts=N*4000/TB", "-fps_mode", "vfr", "-enc_time_base", "1/1000")
    path = clips.make("sparse.mp4", *picture("320x180", 1), *spread, *X264)
    assert path.stat().st_size < 200_000
    with pytest.raises(MediaTooLarge, match="hours"):
        look(clips, path)


def test_ten_hours_are_a_video(clips: Clips, tmp_path: Path):
    path = clips.make("hours.mp4", *picture("64x36", 36_000, 0.1, "color"), *X264, "-g", "1")
    result = process(clips, path, tmp_path / "out")
    assert result.duration == pytest.approx(36_000, abs=20)
    assert len(result.variants[0].index.segments) == pytest.approx(9_000, abs=10)
    assert len(result.sheets) == 36


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_video_gives_what_is_there_and_says_so(clips: Clips, whole: Path, tmp_path: Path, share: float):
    path = cut(whole, tmp_path / "cut.mp4", int(whole.stat().st_size * share))
    result = process(clips, path, tmp_path / "out")
    assert 0 < result.duration < 6.0 * share + 0.5
    assert any("cut off" in warning for warning in result.warnings) or share == 0.9
    assert result.warnings
    assert Shot(clips.tools, result.variants[0].path).decodes()


def test_a_video_without_its_index_is_refused_in_words(clips: Clips, tmp_path: Path):
    path = clips.make("index-last.mp4", *picture("320x180", 2), "-c:v", "mpeg4")
    with pytest.raises(DamagedMedia, match="incomplete"):
        look(clips, cut(path, tmp_path / "cut.mp4", path.stat().st_size // 2))


def test_a_corrupted_video_plays_and_says_so(clips: Clips, whole: Path, tmp_path: Path):
    result = process(clips, corrupt(whole, tmp_path / "bad.mp4", [0.3, 0.5, 0.7]), tmp_path / "out")
    assert any("damaged" in warning for warning in result.warnings)
    assert result.duration == pytest.approx(6.0, abs=0.5)
    assert Shot(clips.tools, result.variants[0].path).decodes()


def test_a_corrupted_video_is_not_copied(clips: Clips, tmp_path: Path):
    result = process(clips, corrupt(clips.compliant(), tmp_path / "bad.mp4", [0.3, 0.5, 0.7]), tmp_path / "out")
    assert not any(variant.copied for variant in result.variants)
    assert all(Shot(clips.tools, variant.path).decodes() for variant in result.variants)
    assert any("damaged" in warning for warning in result.warnings)


def test_a_full_disk(clips: Clips, tmp_path: Path):
    assert "OutOfSpace: The server's disk is full" in in_small_folder(clips, tmp_path, "size=300k")


def test_a_read_only_folder(clips: Clips, tmp_path: Path):
    assert "CannotWrite: The server cannot write" in in_small_folder(clips, tmp_path, "ro")


def in_small_folder(clips: Clips, tmp_path: Path, options: str) -> str:
    """What comes of transcoding into a file system with these options; it must be left empty."""
    out = tmp_path / "out"
    out.mkdir()
    code = (
        "import asyncio, os, sys\nfrom pathlib import Path\n"
        "from reelscribe.media.errors import MediaError\nfrom reelscribe.media.probe import probe\n"
        "from reelscribe.media.tools import find_tools\nfrom reelscribe.media.transcode import transcode\n"
        "async def main():\n    tools, source, out = find_tools(), Path(sys.argv[1]), Path(sys.argv[2])\n"
        "    await transcode(tools, source, out, await probe(tools, source))\n"
        "try:\n    asyncio.run(main())\nexcept MediaError as error:\n    print(f'{type(error).__name__}: {error}')\n"
        "print('left:', os.listdir(sys.argv[2]))\n"
    )
    mount = f'mount -t tmpfs -o {options} tmpfs "$3" && exec "$0" -c "$1" "$2" "$3"'
    argv = [
        "unshare",
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        mount,
        sys.executable,
        code,
        str(clips.talk()),
        str(out),
    ]
    done = subprocess.run(argv, capture_output=True, check=False, text=True, timeout=120)
    if "unshare" in done.stderr or "mount" in done.stderr:
        missing("this machine allows no mount namespaces")
    assert "left: []" in done.stdout, done.stderr
    assert names(out) == []
    return done.stdout
