"""The terms of a text and their places, worked out once when it is indexed, so that highlighting only compares numbers.

A term is kept as 32 bits: two different ones are taken for each other in one of four thousand million comparisons.
"""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from reelscribe.engines.search.analysis import Token


class Marks(NamedTuple):
    """Term i of a text: its hash, and the code points `[starts[i], ends[i])` where it stands."""

    hashes: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]


def marks(found: Sequence[Token]) -> Marks:
    """The marks of a text's tokens."""
    return Marks(
        [hash_of(token.term) for token in found],
        [token.start for token in found],
        [token.end for token in found],
    )


def hash_of(term: str) -> int:
    """32 bits for a term, the same in every process and on every machine."""
    return crc32(term.encode("utf-8", "surrogatepass"))
