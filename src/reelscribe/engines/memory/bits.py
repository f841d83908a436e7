"""Bitmaps cut into chunks, in Redis' order: bit 0 is the highest bit of byte 0."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

CHUNK_BYTES: Final = 2048
_CHUNK_BITS: Final = CHUNK_BYTES * 8

Places = Mapping[int, list[int]]
"""Bits within each chunk, by the chunk's number, in the chunks' order."""


def places(positions: Iterable[int]) -> Places:
    """Which bits of which chunks these are."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for position in positions:
        if position < 0:
            raise ValueError("bits count from 0")
        found[position // _CHUNK_BITS].append(position % _CHUNK_BITS)
    return dict(sorted(found.items()))


def with_bits(chunk: bytes, bits: Iterable[int]) -> bytes:
    """The chunk with these bits set, longer where they need it."""
    wanted = list(bits)
    changed = bytearray(chunk.ljust(max(wanted) // 8 + 1, b"\0"))
    for bit in wanted:
        changed[bit >> 3] |= 0x80 >> (bit & 7)
    return bytes(changed)


def has_bits(chunk: bytes, bits: Iterable[int]) -> bool:
    """Whether all these bits are set; beyond the end none is."""
    return all(bit >> 3 < len(chunk) and chunk[bit >> 3] & (0x80 >> (bit & 7)) for bit in bits)


def cut(bitmap: bytes) -> list[bytes]:
    """The chunks of a bitmap, at least one, so that an empty one is there too."""
    return [bitmap[start : start + CHUNK_BYTES] for start in range(0, len(bitmap), CHUNK_BYTES)] or [b""]
