"""What a file is, told by its first bytes: cheap, and before anything is stored. The real probe is the transcoder's.

The containers are those that `media.allowed.DEMUXERS` opens, but for pictures.
"""

from collections.abc import Callable
from typing import Final

from reelscribe.videos.uploads.frames import adts_frame, mpeg_frame

SNIFF_BYTES: Final = 4096
"""Two frames of every MPEG audio layer fit (the longest frame has 2,881 bytes)."""

ACCEPTED: Final = "MP4, MOV, Matroska, WebM, MPEG-TS, MPEG-PS, AVI, FLV, Ogg, WAV, MP3, AAC, FLAC, WMV/ASF"

_ISO_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp"})
_PICTURE_BRANDS: Final = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"crx "}
)
_ID3_HEADER: Final = 10
_TS_SYNC: Final = 0x47
_ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def container_of(head: bytes) -> str | None:
    """The demuxer that opens a file beginning with `head` (its first `SNIFF_BYTES`, or all of it), or None."""
    return next((name for name, is_it in _CONTAINERS if is_it(head)), None)


def refusal(head: bytes) -> str:
    """Why a file with this beginning is refused, for a person."""
    what = next((name for name, magics in _OTHERS if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magics)), None)
    if what is None and _is_iso(head):
        what = "a picture"
    told = f"The file is {what}" if what else "The file's content is of no type known here"
    return f"{told}, not a video or a sound recording. Accepted are {ACCEPTED}."


def _is_iso(head: bytes) -> bool:
    return head[4:8] in _ISO_BOXES


def _is_mov(head: bytes) -> bool:
    return _is_iso(head) and not (head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS)


def _is_mpegts(head: bytes) -> bool:
    """A sync byte each 188 bytes; 192 with the time code of M2TS, 204 with error correction."""
    return any(
        len(head) > first + 2 * packet and all(head[first + i * packet] == _TS_SYNC for i in range(3))
        for packet, first in ((188, 0), (192, 4), (204, 0))
    )


def _is_riff(head: bytes, form: bytes) -> bool:
    return head[:4] in (b"RIFF", b"RF64") and head[8:12] == form


def _is_mp3(head: bytes) -> bool:
    if head.startswith(b"ID3") and len(head) > _ID3_HEADER:
        return True
    length = mpeg_frame(head)
    return length > 0 and mpeg_frame(head[length:]) > 0


def _is_adts(head: bytes) -> bool:
    length = adts_frame(head)
    return length > 0 and adts_frame(head[length:]) > 0


_CONTAINERS: Final[tuple[tuple[str, Callable[[bytes], bool]], ...]] = (
    ("mov", _is_mov),
    ("matroska", lambda head: head.startswith(b"\x1a\x45\xdf\xa3")),
    ("mpegts", _is_mpegts),
    ("avi", lambda head: _is_riff(head, b"AVI ")),
    ("wav", lambda head: _is_riff(head, b"WAVE")),
    ("flv", lambda head: head.startswith(b"FLV\x01")),
    ("ogg", lambda head: head.startswith(b"OggS")),
    ("flac", lambda head: head.startswith(b"fLaC")),
    ("asf", lambda head: head.startswith(_ASF)),
    ("mpeg", lambda head: head.startswith((b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"))),
    ("mp3", _is_mp3),
    ("aac", _is_adts),
)

_OTHERS: Final[tuple[tuple[str, tuple[bytes, ...]], ...]] = (
    ("a playlist", (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<MPD", b"<smil")),
    ("a picture", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00")),
    ("a web page", (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML")),
    ("an archive", (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")),
    ("a program", (b"MZ", b"\x7fELF", b"#!")),
    ("a PDF document", (b"%PDF",)),
)
