"""What a file is by its content: FFmpeg's own files of every container that may come in, and things that are none."""

import random
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.media.allowed import DEMUXERS
from reelscribe.videos.uploads.sniff import SNIFF_BYTES, container_of, refusal

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1:sample_rate=44100")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

MADE = {
    "mp4": ("mov", (*PICTURE, *X264)),
    "mov": ("mov", (*PICTURE, *X264)),
    "fragmented.mp4": ("mov", (*PICTURE, *X264, "-movflags", "frag_keyframe+empty_moov")),
    "m4a": ("mov", (*TONE, "-c:a", "aac")),
    "3gp": ("mov", (*PICTURE, *X264)),
    "mkv": ("matroska", (*PICTURE, *X264)),
    "webm": ("matroska", (*PICTURE, "-c:v", "libvpx", "-deadline", "realtime")),
    "ts": ("mpegts", (*PICTURE, *X264)),
    "m2ts": ("mpegts", (*PICTURE, *X264)),
    "avi": ("avi", (*PICTURE, "-c:v", "mpeg4")),
    "flv": ("flv", (*PICTURE, "-c:v", "flv1")),
    "ogg": ("ogg", (*TONE, "-c:a", "libvorbis")),
    "opus": ("ogg", (*TONE, "-c:a", "libopus")),
    "wav": ("wav", TONE),
    "mp3": ("mp3", (*TONE, "-c:a", "libmp3lame")),
    "bare.mp3": ("mp3", (*TONE, "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0")),
    "slow.mp3": ("mp3", (*TONE, "-ar", "16000", "-c:a", "libmp3lame", "-id3v2_version", "0", "-b:a", "24k")),
    "mp2": ("mp3", (*TONE, "-c:a", "mp2")),
    "aac": ("aac", (*TONE, "-c:a", "aac")),
    "flac": ("flac", (*TONE, "-c:a", "flac")),
    "wmv": ("asf", (*PICTURE, "-c:v", "wmv2")),
    "wma": ("asf", (*TONE, "-c:a", "wmav2")),
    "mpg": ("mpeg", (*PICTURE, "-c:v", "mpeg2video")),
}


@pytest.mark.parametrize("name", MADE)
def test_knows_what_ffmpeg_makes(tmp_path: Path, name: str):
    container, arguments = MADE[name]
    path = tmp_path / f"x.{name}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments, "-y", str(path)]
    subprocess.run(command, check=True, timeout=60)
    assert container_of(path.read_bytes()[:SNIFF_BYTES]) == container
    assert container in DEMUXERS


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"just words\n" * 400, "no type known"),
        ("\ufeffwords\n".encode("utf-16") * 400, "no type known"),
        (b"\xff\xfe" + "h\u00e4h".encode("utf-16-le") * 900, "no type known"),
        (bytes(4096), "no type known"),
        (b"\xff" * 4096, "no type known"),
        (b"\x47" + b"x" * 4000, "no type known"),
        (b"\r\n  #EXTM3U\n", "a playlist"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a playlist"),
        (b"ffconcat version 1.0", "a playlist"),
        (b"GIF89a" + bytes(4000), "a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(4000), "a picture"),
        (b"\x00\x00\x00\x1cftypheic" + bytes(4000), "a picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "no type known"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x7fELF" + bytes(100), "a program"),
        (b"PK\x03\x04" + bytes(100), "an archive"),
        (b"<!DOCTYPE html>", "a web page"),
    ],
)
def test_refuses_what_is_no_recording_and_says_what_it_is(data: bytes, told: str):
    assert container_of(data[:SNIFF_BYTES]) is None
    assert told in refusal(data[:SNIFF_BYTES])
    assert "Accepted are MP4" in refusal(data[:SNIFF_BYTES])


@given(st.binary(max_size=SNIFF_BYTES))
def test_never_fails(data: bytes):
    assert container_of(data) in (None, *DEMUXERS)
    assert refusal(data)


def test_noise_is_hardly_ever_taken_for_a_recording():
    noise = random.Random(1)  # noqa: S311 - noise, no secret
    taken = sum(container_of(noise.randbytes(SNIFF_BYTES)) is not None for _ in range(2000))
    assert taken <= 1
