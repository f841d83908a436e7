"""A video's name in the world: random, so that videos can neither be counted nor guessed."""

import secrets
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.videos.models import Video

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
"""Base58: no 0, O, I and l, which people confuse."""

LENGTH: Final = 11
"""58^11 is 2^64: among a million videos the next id is taken with a chance of 1 in 2 * 10^13."""


def is_public_id(text: str) -> bool:
    """Whether this can be a video's id at all; what cannot need not, and often must not, reach a database."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET)


def new_public_id() -> str:
    """11 random base58 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


async def unused_public_id(session: AsyncSession) -> str:
    """A public id that no video has. The unique key on the column has the last word."""
    while True:
        public_id = new_public_id()
        taken = select(Video.id).where(Video.public_id == public_id)
        if (await session.execute(taken)).first() is None:
            return public_id
