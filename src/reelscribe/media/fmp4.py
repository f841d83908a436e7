"""Read the index of a fragmented MP4 that we wrote: where each fragment is, when it is shown, and its codecs.

ISO/IEC 14496-12: boxes of 4 bytes size, 4 bytes type. Only headers are read, never the media data.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reelscribe.media.errors import DamagedMedia

LARGEST_HEADER = 64 * 1024 * 1024  # a moof or moov is far smaller; more is not one of ours
SAMPLE_FIELDS = (0x100, 0x200, 0x400, 0x800)  # trun: duration, size, flags, composition offset


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof and its mdat: presentation start and length in seconds, place in the file in bytes."""

    start: float
    duration: float
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class FileIndex:
    """A whole file: `init_size` bytes of header to load first, then the fragments.

    `video_end` and `audio_end` are seconds; None where there is no such track.
    """

    init_size: int
    fragments: tuple[Fragment, ...]
    codecs: str
    width: int | None
    height: int | None
    video_end: float | None
    audio_end: float | None


@dataclass(slots=True)
class _Track:
    kind: str
    timescale: int = 1
    codec: str = ""
    width: int = 0
    height: int = 0
    shift: int = 0  # of the edit list, in the track's timescale
    default_duration: int = 0


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The boxes in `data`, one after the other: type and payload.

    Raises:
        DamagedMedia: a box reaches beyond the end.
    """
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):  # noqa: PLR2004 - a box's header
            raise DamagedMedia("The index of the video is damaged.")
        yield kind.decode("latin-1"), data[at + 8 : at + size]
        at += size


def find(data: bytes, *path: str) -> bytes:
    """The payload of the first box along a path, b"" where there is none."""
    for name in path:
        data = next((payload for kind, payload in boxes(data) if kind == name), b"")
    return data


def read_index(path: Path) -> FileIndex:
    """Read a file's index.

    Raises:
        DamagedMedia: the file is cut off or was not written by us.
    """
    tracks: dict[int, _Track] = {}
    init_size, moof_at, header = 0, 0, b""
    found: list[tuple[int, int, bytes]] = []
    with path.open("rb") as file:
        for kind, offset, size in _top_level(file):
            if kind == "moov":
                tracks, init_size = _tracks(_payload(file, offset, size)), offset + size
            elif kind == "moof":
                moof_at, header = offset, _payload(file, offset, size)
            elif kind == "mdat" and header:
                found.append((moof_at, offset + size - moof_at, header))
    if not tracks or not found:
        raise DamagedMedia("The result holds no video or audio data.")
    return _index(init_size, tracks, found)


def _top_level(file: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """Type, offset and size of the file's own boxes."""
    end = file.seek(0, 2)
    offset = 0
    while offset + 8 <= end:
        file.seek(offset)
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # 64 bits follow
            size = struct.unpack(">Q", file.read(8))[0]
        if size < 8 or offset + size > end:  # noqa: PLR2004 - a box's header
            raise DamagedMedia("The result is incomplete.")
        yield kind.decode("latin-1"), offset, size
        offset += size


def _payload(file: BinaryIO, offset: int, size: int) -> bytes:
    if size > LARGEST_HEADER:
        raise DamagedMedia("The index of the video is damaged.")
    file.seek(offset + 8)
    return file.read(size - 8)


def _tracks(moov: bytes) -> dict[int, _Track]:
    tracks = {}
    movie_scale = struct.unpack_from(">I", find(moov, "mvhd"), 12)[0]
    for kind, trak in boxes(moov):
        if kind == "trak":
            number = struct.unpack_from(">I", find(trak, "tkhd"), 12)[0]
            tracks[number] = _track(trak, movie_scale)
    for kind, payload in boxes(find(moov, "mvex")):
        if kind == "trex":
            number, _, duration = struct.unpack_from(">III", payload, 4)
            tracks[number].default_duration = duration
    return tracks


def _track(trak: bytes, movie_scale: int) -> _Track:
    media = find(trak, "mdia")
    kind = find(media, "hdlr")[8:12].decode("latin-1")
    track = _Track(kind, timescale=struct.unpack_from(">I", find(media, "mdhd"), 12)[0])
    name, entry = next(boxes(find(media, "minf", "stbl", "stsd")[8:]))
    if kind == "vide":
        track.width, track.height = struct.unpack_from(">HH", entry, 24)
        track.codec = name + "." + find(entry[78:], "avcC")[1:4].hex()
    elif kind == "soun":
        track.codec = f"{name}.40.2"  # AAC-LC is all that we write
    track.shift = _edit_shift(find(trak, "edts", "elst"), movie_scale, track.timescale)
    return track


def _edit_shift(elst: bytes, movie_scale: int, timescale: int) -> int:
    """What to add to composition times for presentation times: leading gaps, less the first edit's media time."""
    if not elst:
        return 0
    shift, wide = 0, elst[0] == 1
    for i in range(struct.unpack_from(">I", elst, 4)[0]):
        length, media_time = struct.unpack_from(">Qq" if wide else ">Ii", elst, 8 + i * (20 if wide else 12))
        if media_time >= 0:
            return shift - int(media_time)
        shift += length * timescale // max(movie_scale, 1)
    return shift


def _index(init_size: int, tracks: dict[int, _Track], found: list[tuple[int, int, bytes]]) -> FileIndex:
    video = next((t for t in tracks.values() if t.kind == "vide"), None)
    sound = next((t for t in tracks.values() if t.kind == "soun"), None)
    ends = {"vide": 0.0, "soun": 0.0}
    starts = []
    for _, _, moof in found:
        spans = _spans(moof, tracks)
        for kind, (_, end) in spans.items():
            ends[kind] = max(ends[kind], end)
        leader = spans.get("vide") or spans.get("soun")
        if leader is None:
            raise DamagedMedia("The result holds no video or audio data.")
        starts.append(leader[0])
    last = ends["vide"] if video else ends["soun"]
    until = [*starts[1:], max(last, starts[-1])]
    return FileIndex(
        init_size,
        tuple(
            Fragment(start, end - start, offset, size)
            for (offset, size, _), start, end in zip(found, starts, until, strict=True)
        ),
        codecs=",".join(track.codec for track in (video, sound) if track),
        width=video.width if video else None,
        height=video.height if video else None,
        video_end=ends["vide"] if video else None,
        audio_end=ends["soun"] if sound else None,
    )


def _spans(moof: bytes, tracks: dict[int, _Track]) -> dict[str, tuple[float, float]]:
    """Presentation start and end (seconds) of each kind of track in a fragment."""
    spans: dict[str, tuple[float, float]] = {}
    for kind, traf in boxes(moof):
        if kind != "traf":
            continue
        track = tracks[struct.unpack_from(">I", find(traf, "tfhd"), 4)[0]]
        start, end = _traf_span(traf, track)
        before = spans.get(track.kind, (start, end))
        spans[track.kind] = min(before[0], start), max(before[1], end)
    return spans


def _traf_span(traf: bytes, track: _Track) -> tuple[float, float]:
    tfdt = find(traf, "tfdt")
    at = struct.unpack_from(">Q" if tfdt[0] == 1 else ">I", tfdt, 4)[0]
    default = _default_duration(find(traf, "tfhd"), track.default_duration)
    shown, length = [], 0
    for kind, trun in boxes(traf):
        if kind == "trun":
            for length, offset in _samples(trun, default):
                shown.append(at + offset)
                at += length
    # A sample's length counts decoding time: with B-frames, a gap lengthens a frame that is shown well after it. The
    # last one's is the encoder's own.
    first, last = (min(shown), max(shown) + length) if shown else (at, at)
    return (first + track.shift) / track.timescale, (last + track.shift) / track.timescale


def _default_duration(tfhd: bytes, default: int) -> int:
    """The fragment's own default, if its header has one, else the track's."""
    flags = int.from_bytes(tfhd[1:4], "big")
    if not flags & 0x08:
        return default
    at = 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0)
    return int(struct.unpack_from(">I", tfhd, at)[0])


def _samples(trun: bytes, default: int) -> Iterator[tuple[int, int]]:
    """Duration and composition offset of each sample of a run."""
    flags = int.from_bytes(trun[1:4], "big")
    count = struct.unpack_from(">I", trun, 4)[0]
    at = 8 + (4 if flags & 0x01 else 0) + (4 if flags & 0x04 else 0)
    present = [field for field in SAMPLE_FIELDS if flags & field]
    for _ in range(count):
        values = dict(zip(present, struct.unpack_from(f">{len(present)}I", trun, at), strict=True))
        offset = values.get(0x800, 0)
        yield values.get(0x100, default), offset - (1 << 32) if offset >= 1 << 31 else offset
        at += 4 * len(present)
