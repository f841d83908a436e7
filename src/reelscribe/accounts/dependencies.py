"""Who asks: the account behind a request's bearer token.

These take short transactions of their own, so that a request that streams for minutes holds none.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from starlette.requests import HTTPConnection

from reelscribe.accounts.models import Role, User
from reelscribe.accounts.tokens import Claims, InvalidToken, Tokens
from reelscribe.database.http import database_of
from reelscribe.engines.memory import SharedMemory
from reelscribe.problems import Unauthorized

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="The `access_token` of POST /auth/login.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
_INVALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Account:
    """The account that asks."""

    id: int
    name: str
    email: str
    role: str

    @property
    def is_admin(self) -> bool:
        """The administrator sees and may mend everything."""
        return self.role == Role.ADMIN


def memory_of(connection: HTTPConnection) -> SharedMemory:
    """The shared memory that wiring handed to this application."""
    memory: SharedMemory = connection.app.state.memory
    return memory


def tokens_of(connection: HTTPConnection) -> Tokens:
    """The tokens that wiring handed to this application."""
    tokens: Tokens = connection.app.state.tokens
    return tokens


async def current_claims(connection: HTTPConnection, credentials: _Credentials) -> Claims | None:
    """What the request's token says; None without one. A bad, expired or revoked token is refused, never ignored."""
    if credentials is None:
        return None
    try:
        claims = tokens_of(connection).read(credentials.credentials)
    except InvalidToken:
        raise Unauthorized("The access token is not valid, or no longer.", headers=_INVALID) from None
    if await memory_of(connection).is_revoked(claims.token_id):
        raise Unauthorized("This access token was signed out.", headers=_INVALID)
    return claims


async def optional_account(
    connection: HTTPConnection, claims: Annotated[Claims | None, Depends(current_claims)]
) -> Account | None:
    """The account that asks, or None when no token was sent."""
    if claims is None:
        return None
    columns = (User.id, User.name, User.email, User.role)
    wanted = select(*columns).where(User.id == claims.user_id, User.token_epoch == claims.epoch)
    async with database_of(connection).read() as session:
        row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise Unauthorized("This access token is no longer good: sign in again.", headers=_INVALID)
    connection.scope.setdefault("state", {})["user_id"] = row.id
    return Account(row.id, row.name, row.email, row.role)


async def current_account(account: Annotated[Account | None, Depends(optional_account)]) -> Account:
    """The account that asks; 401 when no token was sent."""
    if account is None:
        raise Unauthorized
    return account


OptionalAccount = Annotated[Account | None, Depends(optional_account)]
CurrentAccount = Annotated[Account, Depends(current_account)]
