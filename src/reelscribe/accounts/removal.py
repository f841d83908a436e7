"""Removing an account with everything that is its owner's."""

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import Role, User
from reelscribe.accounts.signup import one_at_a_time
from reelscribe.problems import Conflict
from reelscribe.videos.delete import delete_video
from reelscribe.videos.models import UploadMetadata, Video


async def remove(session: AsyncSession, user_id: int) -> list[str]:
    """Remove the account and its videos in the caller's transaction.

    Gives the storage's uploads in parts that were under way, for the caller to abort after the commit. Objects and
    search documents follow as chores. Raises `Conflict` for the last administrator while others are here.
    """
    await one_at_a_time(session)
    # Locked: an upload that begins now waits, and then finds no account.
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        return []
    await _refuse_last_administrator(session, user)
    uploads = await _uploads_under_way(session, user_id)
    await _remove_videos(session, user_id)
    await session.execute(delete(User).where(User.id == user_id))
    return uploads


async def _refuse_last_administrator(session: AsyncSession, user: User) -> None:
    others = User.id != user.id
    if user.role != Role.ADMIN or await session.scalar(select(exists().where(others, User.role == Role.ADMIN))):
        return
    if await session.scalar(select(exists().where(others))):
        raise Conflict("You are the only administrator, and other accounts are here: the platform would have none.")


async def _uploads_under_way(session: AsyncSession, user_id: int) -> list[str]:
    under_way = select(UploadMetadata.storage_upload_id).where(
        UploadMetadata.user_id == user_id,
        UploadMetadata.completed_at.is_(None),
        UploadMetadata.storage_upload_id.is_not(None),
    )
    return [upload for upload in await session.scalars(under_way) if upload is not None]


async def _remove_videos(session: AsyncSession, user_id: int) -> None:
    for video in (await session.scalars(select(Video).where(Video.user_id == user_id))).all():
        await delete_video(session, video)
