"""The terms of a text and their places, worked out once when it is indexed, so that highlighting only compares bytes.

A term is kept as 32 bits: two different ones are taken for each other in one of four thousand million comparisons.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from zlib import crc32

from reelscribe.engines.search.analysis import Token

_WIDTH: Final = 4


class Marks(NamedTuple):
    """The terms of a text in order: `hashes` of four bytes each, and term i stands at `[starts[i], ends[i])`."""

    hashes: bytes
    starts: Sequence[int]
    ends: Sequence[int]

    def places(self, hashes: bytes) -> Iterator[int]:
        """Where these terms stand, one after the other: for each time, the place of the first among all terms."""
        at = self.hashes.find(hashes)
        while at >= 0:
            if at % _WIDTH == 0:
                yield at // _WIDTH
            at = self.hashes.find(hashes, at + 1)


def marks(found: Sequence[Token]) -> Marks:
    """The marks of a text's tokens."""
    starts, ends = [token.start for token in found], [token.end for token in found]
    return Marks(hashes_of(token.term for token in found), starts, ends)


def hashes_of(terms: Iterable[str]) -> bytes:
    """Four bytes a term, the same in every process and on every machine."""
    return b"".join([crc32(term.encode("utf-8", "surrogatepass")).to_bytes(_WIDTH, "little") for term in terms])
