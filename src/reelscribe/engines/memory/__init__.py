"""Memory that all processes share: revoked tokens, rate limits, bits of Bloom filters. Database embedded, or Redis.

What is written here is seen by every process at once and outlives them all. It may forget what has expired, not sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Hits", "SharedMemory"]


@dataclass(frozen=True, slots=True)
class Hits:
    """`count` hits in the running window, this one included; it ends in `resets_in` seconds (for Retry-After)."""

    count: int
    resets_in: float


class SharedMemory(Protocol):
    async def revoke(self, token_id: str, until: datetime) -> None:
        """Remember a token (its `jti`) as revoked until it would have expired anyway (aware, UTC). Idempotent."""
        ...

    async def is_revoked(self, token_id: str) -> bool:
        """Whether `revoke` was called for this token, in any process, and its `until` has not passed."""
        ...

    async def hit(self, bucket: str, window_seconds: int) -> Hits:
        """Count one more event in `bucket`, atomically. A fixed window begins with the first hit and then forgets."""
        ...

    async def set_bits(self, name: str, positions: Sequence[int]) -> None:
        """Set bits (from 0) of a bitmap, which grows as needed. Concurrent calls never lose each other's bits."""
        ...

    async def has_bits(self, name: str, positions: Sequence[int]) -> bool | None:
        """Whether all these bits are set; None when there is no such bitmap (ask the table itself, then).

        A bit beyond the bitmap's end is not set.
        """
        ...

    async def replace_bits(self, name: str, bitmap: bytes) -> None:
        """Put a new bitmap in place atomically; bit 0 is the highest bit of byte 0, as in Redis.

        Bits set since the caller gathered `bitmap` are lost: gather what is new since then, and `set_bits` it after.
        """
        ...
