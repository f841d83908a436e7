"""Removing an account with everything that is its owner's."""

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.belongings import AfterCommit, Belongings
from reelscribe.accounts.models import Role, User
from reelscribe.accounts.signup import one_at_a_time
from reelscribe.problems import Conflict


async def remove(session: AsyncSession, user_id: int, belongings: Belongings) -> AfterCommit:
    """Remove the account and its belongings in the caller's transaction; gives what is to be done after the commit.

    Raises `Conflict` for the last administrator while others are here.
    """
    await one_at_a_time(session)
    # Locked: an upload that begins now waits, and then finds no account.
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        return _nothing
    await _refuse_last_administrator(session, user)
    after_commit = await belongings.remove(session, user_id)
    await session.execute(delete(User).where(User.id == user_id))
    return after_commit


async def _nothing() -> None:
    return None


async def _refuse_last_administrator(session: AsyncSession, user: User) -> None:
    others = User.id != user.id
    if user.role != Role.ADMIN or await session.scalar(select(exists().where(others, User.role == Role.ADMIN))):
        return
    if await session.scalar(select(exists().where(others))):
        raise Conflict("You are the only administrator, and other accounts are here: the platform would have none.")
