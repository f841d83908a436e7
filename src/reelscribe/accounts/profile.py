"""Changes to an account by its owner."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import User, new_epoch
from reelscribe.accounts.signup import flush_unique
from reelscribe.jobs import chores
from reelscribe.problems import Unauthorized
from reelscribe.videos.models import Video


async def find(session: AsyncSession, user_id: int) -> User:
    """The account. Raises `Unauthorized` where it was removed since its token was read."""
    user = await session.get(User, user_id)
    if user is None:
        raise Unauthorized("This account is gone.")
    return user


async def change(
    session: AsyncSession, user: User, *, name: str | None, email: str | None, password_hash: str | None
) -> None:
    """Change what is not None. A new password ends every token. Raises `Conflict` for a taken address."""
    if name is not None and name != user.name:
        user.name = name
        await _rename_videos(session, user.id, name)
    if email is not None:
        user.email = email
    if password_hash is not None:
        user.password_hash = password_hash
        user.token_epoch = new_epoch()
    await flush_unique(session)


async def _rename_videos(session: AsyncSession, user_id: int, name: str) -> None:
    """Videos show and search knows their owner's name."""
    mine = Video.user_id == user_id
    values = {"user_name": name, "revision": Video.revision + 1, "updated_at": Video.updated_at}
    await session.execute(update(Video).where(mine).values(values))
    for public_id in await session.scalars(select(Video.public_id).where(mine)):
        chores.add(session, chores.REFRESH_DOCUMENT, public_id)
