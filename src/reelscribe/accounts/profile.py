"""Changes to an account by its owner."""

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.belongings import Belongings
from reelscribe.accounts.models import User, new_epoch
from reelscribe.accounts.signup import flush_unique
from reelscribe.problems import Unauthorized


async def find(session: AsyncSession, user_id: int) -> User:
    """The account. Raises `Unauthorized` where it was removed since its token was read."""
    user = await session.get(User, user_id)
    if user is None:
        raise Unauthorized("This account is gone.")
    return user


async def change(
    session: AsyncSession,
    user: User,
    belongings: Belongings,
    *,
    name: str | None,
    email: str | None,
    password_hash: str | None,
) -> None:
    """Change what is not None. A new password ends every token. Raises `Conflict` for a taken address."""
    if name is not None and name != user.name:
        user.name = name
        await belongings.rename_owner(session, user.id, name)
    if email is not None:
        user.email = email
    if password_hash is not None:
        user.password_hash = password_hash
        user.token_epoch = new_epoch()
    await flush_unique(session)
