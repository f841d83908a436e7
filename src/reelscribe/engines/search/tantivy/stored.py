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
_HASH: Final = "I"
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
    parts = _Parts(data)
    return StoredVideo(parts.text(), tuple([(name, parts.marked()) for name in FIELDS]))


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
    parts = _Parts(data, _TIMES.size)
    said = parts.marked()
    length = len(said.text)
    code = _code(length)
    words, word_times = parts.integers(code), parts.seconds()
    sentences, sentence_times = parts.integers(code), parts.seconds()
    return StoredMoment(said, Timeline(start, end, length, words, word_times, sentences, sentence_times))


class _Parts:
    """Parts of packed bytes, read one after the other."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self._data = data
        self._place = place

    def bytes(self) -> bytes:
        start = self._place + _LENGTH.size
        self._place = start + _LENGTH.unpack_from(self._data, self._place)[0]
        return self._data[start : self._place]

    def text(self) -> str:
        return str(self.bytes(), "utf-8", "surrogatepass")

    def integers(self, code: _Integers) -> "array[int]":
        return array(code, self.bytes())

    def seconds(self) -> "array[float]":
        return array(_SECONDS, self.bytes())

    def marked(self) -> StoredText:
        text = self.text()
        code = _code(len(text))
        return StoredText(text, Marks(self.integers(_HASH), self.integers(code), self.integers(code)))


def _pack_text(text: str, found: Sequence[Token]) -> bytes:
    hashes, starts, ends = marks(found)
    parts = [_packed(_bytes(text)), _packed(array(_HASH, hashes).tobytes())]
    return b"".join([*parts, _pack_places(len(text), starts), _pack_places(len(text), ends)])


def _pack_places(length: int, places: Iterable[int]) -> bytes:
    return _packed(array(_code(length), places).tobytes())


def _code(length: int) -> _Integers:
    """How places in a text of so many code points are kept: in two bytes, or in four."""
    return "H" if length < 1 << 16 else "I"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _packed(part: bytes) -> bytes:
    return _LENGTH.pack(len(part)) + part
