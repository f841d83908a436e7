"""What an answer shows, packed into one stored field: JSON for a video, flat arrays for a moment (read 60 a search)."""

import json
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import overload

from reelscribe.engines.search import Field, MomentDocument, VideoDocument
from reelscribe.engines.search.languages import normal_language

_HEAD = struct.Struct("<ddIII")


@dataclass(frozen=True, slots=True)
class StoredVideo:
    """The texts of a video that a hit shows."""

    id: str
    title: str
    description: str
    summary: str
    language: str

    def fields(self) -> tuple[tuple[Field, str], ...]:
        """Name and text of each field in the order of an answer."""
        return (("title", self.title), ("description", self.description), ("summary", self.summary))


class _Words(Sequence[tuple[int, int, float]]):
    """Words read one by one: of some 90 in a moment a search looks at seven."""

    def __init__(self, places: "memoryview[int]", times: "memoryview[float]", count: int) -> None:
        self._places, self._times, self._count = places, times, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, i: int) -> tuple[int, int, float]: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[tuple[int, int, float]]: ...
    def __getitem__(self, i: int | slice) -> tuple[int, int, float] | Sequence[tuple[int, int, float]]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(self._count))]
        if not -self._count <= i < self._count:
            raise IndexError(i)
        i %= self._count
        return self._places[2 * i], self._places[2 * i + 1], self._times[i]


def pack_video(document: VideoDocument) -> bytes:
    """The inverse of `unpack_video`."""
    language = normal_language(document.language)
    texts = [document.id, document.title, document.description, document.summary, language]
    return json.dumps(texts).encode()


def unpack_video(data: bytes) -> StoredVideo:
    """A video as it was packed."""
    return StoredVideo(*json.loads(data))


def pack_moment(moment: MomentDocument) -> bytes:
    """The inverse of `unpack_moment`, except for the vector."""
    text = moment.text.encode("utf-8", "surrogatepass")
    head = _HEAD.pack(moment.start, moment.end, len(text), len(moment.words), len(moment.sentence_starts))
    places = array("i", [place for start, end, _ in moment.words for place in (start, end)])
    places.extend(start for start, _ in moment.sentence_starts)
    times = array("d", [at for _, _, at in moment.words])
    times.extend(at for _, at in moment.sentence_starts)
    return head + text + places.tobytes() + times.tobytes()


def unpack_moment(data: bytes) -> MomentDocument:
    """A moment as it was packed."""
    start, end, text_bytes, words, sentences = _HEAD.unpack_from(data)
    view = memoryview(data)
    cuts = [_HEAD.size, text_bytes, 4 * (2 * words + sentences), 8 * (words + sentences)]
    for i in range(1, len(cuts)):
        cuts[i] += cuts[i - 1]
    text, place_bytes, time_bytes = (view[a:b] for a, b in pairwise(cuts))
    places, times = place_bytes.cast("i"), time_bytes.cast("d")
    return MomentDocument(
        start=start,
        end=end,
        text=str(text, "utf-8", "surrogatepass"),
        words=_Words(places, times, words),
        sentence_starts=tuple(zip(places[2 * words :], times[words:], strict=True)),
    )
