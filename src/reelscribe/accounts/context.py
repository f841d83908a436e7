"""What the routes of accounts work with, out of what wiring handed to the application."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from reelscribe.accounts import limits
from reelscribe.accounts.belongings import Belongings
from reelscribe.accounts.email_filter import EmailFilter
from reelscribe.accounts.passwords import Passwords
from reelscribe.accounts.signup import Signup
from reelscribe.accounts.tokens import Tokens
from reelscribe.database.session import Database
from reelscribe.engines.memory import SharedMemory


@dataclass(frozen=True, slots=True)
class Context:
    """Routes open their own transactions: hashing and the shared memory must stay outside of them."""

    connection: HTTPConnection
    database: Database
    memory: SharedMemory
    tokens: Tokens
    passwords: Passwords
    belongings: Belongings
    emails: EmailFilter
    signup: Signup
    attempts: int

    async def limit_client(self, action: str, weight: int = 1) -> None:
        """Count an action of this client. Raises `TooManyRequests`."""
        await limits.count(self.memory, limits.client_bucket(action, self.connection), self.attempts * weight)

    async def limit_account(self, action: str, email: str) -> None:
        """Count an action on this account. Raises `TooManyRequests`."""
        await limits.count(self.memory, limits.account_bucket(action, email), self.attempts)


def _context(connection: HTTPConnection) -> Context:
    state = connection.app.state
    return Context(
        connection=connection,
        database=state.database,
        memory=state.memory,
        tokens=state.tokens,
        passwords=state.passwords,
        belongings=state.belongings,
        emails=EmailFilter(state.memory),
        signup=state.settings.accounts.signup,
        attempts=state.settings.accounts.attempts_per_minute,
    )


AccountContext = Annotated[Context, Depends(_context)]
