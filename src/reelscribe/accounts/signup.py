"""New accounts; the first one is the administrator."""

from typing import Final, Literal

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import Role, User
from reelscribe.problems import Conflict, FieldError, Forbidden

Signup = Literal["open", "closed"]

_LOCK: Final = 0x7265656C  # "reel": any number that nothing else locks


async def one_at_a_time(session: AsyncSession) -> None:
    """Hold off every other signup and removal until this transaction ends, so that "first" and "last" are facts.

    SQLite's writing transactions are alone already.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def refuse_when_closed(session: AsyncSession, signup: Signup) -> None:
    """Raises `Forbidden` where SIGNUP=closed, unless there is no account yet."""
    if signup == "closed" and await session.scalar(select(exists().where(User.id.is_not(None)))):
        raise Forbidden("Signing up is closed here. Ask the administrator for an account.")


async def create(session: AsyncSession, user: User, signup: Signup) -> User:
    """Add the account in the caller's transaction. Raises `Conflict` for a taken address, and `Forbidden`."""
    await one_at_a_time(session)
    await refuse_when_closed(session, signup)
    is_first = not await session.scalar(select(exists().where(User.id.is_not(None))))
    user.role = Role.ADMIN if is_first else Role.MEMBER
    session.add(user)
    await flush_unique(session)
    return user


async def flush_unique(session: AsyncSession) -> None:
    """Write what is pending. The one thing of an account that must be unique is its address: raises `Conflict`."""
    try:
        await session.flush()
    except IntegrityError as error:
        taken = FieldError(field="body.email", message="an account has this address already", code="taken")
        raise Conflict("An account has this address already.", errors=[taken]) from error
