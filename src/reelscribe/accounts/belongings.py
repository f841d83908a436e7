"""What accounts own in the features above, of which nothing is known here: the service hands it in."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

AfterCommit = Callable[[], Awaitable[None]]


class Belongings(Protocol):
    """Follows an account's changes in the transaction that makes them. The adapter is `videos.owned`."""

    async def rename_owner(self, session: AsyncSession, user_id: int, name: str) -> None:
        """Show the account's new name wherever it is kept beside what it owns."""
        ...

    async def remove(self, session: AsyncSession, user_id: int) -> AfterCommit:
        """Remove all that the account owns; gives what is left to do once that has been committed."""
        ...
