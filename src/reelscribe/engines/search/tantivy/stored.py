"""What an answer shows, packed into one stored field as flat arrays: some 80 are read for a page."""

import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reelscribe.engines.search import Field, MomentDocument, VideoDocument
from reelscribe.engines.search.analysis import Token
from reelscribe.engines.search.landing import Timeline
from reelscribe.engines.search.marks import Marks, marks

_TIMES = struct.Struct("<dd")
_LENGTH = struct.Struct("<I")
_Integers = Literal["H", "I"]
_SECONDS: Final = "d"
FIELDS: tuple[Field, ...] = ("title", "description", "summary")


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text that is shown, and the terms in it."""

    text: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class StoredVideo:
    """What a hit shows of a video: its texts in the order of an answer."""

    id: str
    fields: tuple[tuple[Field, StoredText], ...]


@dataclass(frozen=True, slots=True)
class StoredMoment:
    """What a hit shows of a window."""

    said: StoredText
    timeline: Timeline


def pack_video(document: VideoDocument, found: Mapping[Field, Sequence[Token]]) -> bytes:
    """The inverse of `unpack_video`; `found` are the tokens of its texts."""
    texts = (_pack_text(getattr(document, name), found[name]) for name in FIELDS)
    return b"".join([_packed(_bytes(document.id)), *texts])


def unpack_video(data: bytes) -> StoredVideo:
    """A video as it was packed."""
    video_id, *texts = _parts(data, 0)
    fields = [(name, _text(texts[4 * i : 4 * i + 4])) for i, name in enumerate(FIELDS)]
    return StoredVideo(str(video_id, "utf-8", "surrogatepass"), tuple(fields))


def pack_moment(moment: MomentDocument, found: Sequence[Token]) -> bytes:
    """The inverse of `unpack_moment`, for a moment and the tokens of its text: all but its vector."""
    timeline = Timeline.of(moment)
    return b"".join([
        _TIMES.pack(moment.start, moment.end),
        _pack_text(moment.text, found),
        _pack_places(len(moment.text), timeline.word_places),
        _packed(array(_SECONDS, timeline.word_times).tobytes()),
        _pack_places(len(moment.text), timeline.sentence_places),
        _packed(array(_SECONDS, timeline.sentence_times).tobytes()),
    ])  # fmt: skip


def unpack_moment(data: bytes) -> StoredMoment:
    """A moment as it was packed."""
    start, end = _TIMES.unpack_from(data)
    parts = _parts(data, _TIMES.size)
    said = _text(parts[:4])
    length = len(said.text)
    words, word_times, sentences, sentence_times = parts[4:]
    code = _code(length)
    timeline = Timeline(
        start,
        end,
        length,
        array(code, words),
        array(_SECONDS, word_times),
        array(code, sentences),
        array(_SECONDS, sentence_times),
    )
    return StoredMoment(said, timeline)


def _parts(data: bytes, place: int) -> list[bytes]:
    """What `_packed` made of each part, from a place on."""
    parts: list[bytes] = []
    while place < len(data):
        start = place + _LENGTH.size
        place = start + _LENGTH.unpack_from(data, place)[0]
        parts.append(data[start:place])
    return parts


def _text(parts: Sequence[bytes]) -> StoredText:
    encoded, hashes, starts, ends = parts
    text = str(encoded, "utf-8", "surrogatepass")
    code = _code(len(text))
    return StoredText(text, Marks(hashes, array(code, starts), array(code, ends)))


def _pack_text(text: str, found: Sequence[Token]) -> bytes:
    hashes, starts, ends = marks(found)
    return b"".join(
        [_packed(_bytes(text)), _packed(hashes), _pack_places(len(text), starts), _pack_places(len(text), ends)]
    )


def _pack_places(length: int, places: Iterable[int]) -> bytes:
    return _packed(array(_code(length), places).tobytes())


def _code(length: int) -> _Integers:
    """How places in a text of so many code points are kept: in two bytes, or in four."""
    return "H" if length < 1 << 16 else "I"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _packed(part: bytes) -> bytes:
    return _LENGTH.pack(len(part)) + part
