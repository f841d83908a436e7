"""A Bloom filter's arithmetic (Bloom 1970); its bits live in `SharedMemory`, in the order that Redis counts them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class BloomShape:
    """`bits` of the filter, and how many of them (`hashes`) each value sets."""

    bits: int
    hashes: int

    def positions(self, value: str) -> list[int]:
        """The bits of `value`: enhanced double hashing (Dillinger & Manolios 2004, section 5.2) of 128 bits of BLAKE2b.

        The cubic term keeps the rate at its bound also where two plain strides would run alike.
        """
        digest = blake2b(value.encode(), digest_size=16).digest()
        start = int.from_bytes(digest[:8], "big")
        stride = int.from_bytes(digest[8:], "big")
        return [(start + i * stride + (i**3 - i) // 6) % self.bits for i in range(self.hashes)]

    def bitmap(self, values: Iterable[str]) -> bytes:
        """A filter that holds `values`: bit 0 is the highest bit of byte 0."""
        filled = bytearray(-(-self.bits // 8))
        for value in values:
            for position in self.positions(value):
                filled[position >> 3] |= 0x80 >> (position & 7)
        return bytes(filled)

    def false_positive_rate(self, values: int) -> float:
        """The expected share of strangers taken for members when the filter holds `values` of them."""
        return float((1 - math.exp(-self.hashes * values / self.bits)) ** self.hashes)


def shape_for(values: int, rate: float) -> BloomShape:
    """The smallest filter for so many values at this false-positive rate: m = -n ln p / (ln 2)^2, k = m/n ln 2."""
    if values < 1 or not 0 < rate < 1:
        raise ValueError("a filter is for at least 1 value, at a rate between 0 and 1")
    bits = math.ceil(-values * math.log(rate) / math.log(2) ** 2)
    return BloomShape(bits, max(1, round(bits / values * math.log(2))))
