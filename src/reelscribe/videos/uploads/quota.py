"""How much room a user has: what the videos take, and what is on its way."""

from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import User
from reelscribe.database.clock import from_now
from reelscribe.problems import TooManyRequests, Unauthorized
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.uploads.problems import over_quota

MAX_UNDER_WAY: Final = 500
"""Uploads of one user at a time: each costs a row and files, however small it is."""


async def check(session: AsyncSession, user_id: int, *, wanted: int, quota: int, beside: str = "") -> None:
    """Raise a 413 unless `wanted` more bytes fit, a 429 when too many uploads are under way.

    The upload `beside` holds room for just these bytes and is not counted.

    Locks the user's row until the transaction ends, so that of two uploads only one can take the last room. (SQLite has
    one writer at a time and needs no lock.)
    """
    locked = await session.execute(select(User.id).where(User.id == user_id).with_for_update())
    if locked.first() is None:
        raise Unauthorized("This account is gone.")
    if await _under_way(session, user_id, beside=beside) >= MAX_UNDER_WAY:
        raise TooManyRequests("You have too many unfinished uploads: complete some, or give them up.", retry_after=60)
    used = await used_bytes(session, user_id, beside=beside)
    if used + wanted > quota:
        raise over_quota(quota, used)


async def _under_way(session: AsyncSession, user_id: int, *, beside: str) -> int:
    return int((await session.scalars(select(func.count()).where(*_unfinished(user_id, beside)))).one())


async def used_bytes(session: AsyncSession, user_id: int, *, beside: str = "") -> int:
    """Bytes of a user's originals with their captions, and of uploads under way as they were announced."""
    kept = select(func.coalesce(func.sum(Video.size), 0)).where(Video.user_id == user_id)
    announced = func.coalesce(UploadMetadata.size, UploadMetadata.received_bytes)
    coming = select(func.coalesce(func.sum(announced), 0)).where(*_unfinished(user_id, beside))
    return int((await session.scalars(kept)).one()) + int((await session.scalars(coming)).one())


def _unfinished(user_id: int, beside: str) -> tuple[ColumnElement[bool], ...]:
    return (
        UploadMetadata.user_id == user_id,
        UploadMetadata.completed_at.is_(None),
        UploadMetadata.expires_at > from_now(),
        UploadMetadata.upload_id != beside,
    )
