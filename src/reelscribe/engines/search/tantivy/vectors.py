"""Vectors beside a Tantivy index: files that only grow, written before the commit that names their rows.

A crash leaves rows that no video names; a rebuild leaves them behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelscribe.engines.search.dense import Block, Codes, Vectors, block, codes, cosines, nearest
from reelscribe.engines.search.fusion import Meaning, Windows

_ROWS, _CODES, _OWNERS, _DIMENSIONS = "vectors.i8", "codes.bits", "codes.versions", "vectors.dimensions"


def append(folder: Path, version: int, vectors: Vectors) -> int | None:
    """Keep a video's vectors; their first row, or None where the index holds vectors of another length."""
    dimensions = vectors.shape[1]
    known = folder / _DIMENSIONS
    if not known.exists():
        known.write_text(str(dimensions))
    if int(known.read_text()) != dimensions:
        return None
    coarse = codes(vectors)
    _append(folder / _OWNERS, np.full(len(coarse), version, dtype=np.uint64).tobytes(), 8)
    _append(folder / _CODES, coarse.tobytes(), coarse.shape[1])
    return _append(folder / _ROWS, block(vectors).tobytes(), dimensions)


@dataclass(frozen=True, slots=True)
class VectorFiles:
    """The files as they were when opened, mapped into memory."""

    rows: Block
    codes: Codes
    owners: NDArray[np.uint64]

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self.rows.shape[1])

    @classmethod
    def open(cls, folder: Path) -> "VectorFiles | None":
        """None where no vectors are kept."""
        if not (folder / _ROWS).exists():
            return None
        dimensions = int((folder / _DIMENSIONS).read_text())
        width = -(-dimensions // 64) * 8
        rows = _mapped(folder / _ROWS, dimensions).view(np.int8)
        kept, owners = _mapped(folder / _CODES, width), _mapped(folder / _OWNERS, 8)
        count = min(len(kept), len(owners))
        return cls(rows, kept[:count], owners[:count].view(np.uint64)[:, 0])

    def near(self, query: Vectors, limit: int) -> set[int]:
        """Versions of videos with a stretch whose code is among the `limit` nearest; some may be gone already."""
        return {int(version) for version in self.owners[nearest(self.codes, query, limit)]}

    def meaning(self, blocks: Sequence[tuple[int, int, int]], query: Vectors, videos: int) -> Meaning | None:
        """Cosines for the rows (place of the video, first row, rows) of some of `videos` videos."""
        if not blocks:
            return None
        cosine = cosines(np.concatenate([self.rows[first : first + count] for _, first, count in blocks]), query)
        counts = np.array([count for _, _, count in blocks])
        starts = np.cumsum(counts) - counts
        places = np.array([place for place, _, _ in blocks], dtype=np.int64)
        means = np.full(videos, np.nan)
        means[places] = cosine[starts]
        number = np.arange(cosine.size) - np.repeat(starts, counts) - 1
        window = number >= 0
        near = Windows(np.repeat(places, counts)[window], number[window], cosine[window].astype(np.float64))
        return Meaning(near, means)


def _append(file: Path, data: bytes, width: int) -> int:
    """Append whole rows and give the first one's number; half a row of a crash is cut off."""
    with file.open("ab") as target:
        first = target.tell() // width
        target.truncate(first * width)
        target.write(data)
    return first


def _mapped(file: Path, width: int) -> NDArray[np.uint8]:
    count = file.stat().st_size // width
    # As a plain array, which is cut and viewed in a tenth of a memmap's time.
    return np.asarray(np.memmap(file, dtype=np.uint8, mode="r", shape=(count, width)))
