"""A request's transaction, as FastAPI dependencies.

The scope is the function's: with FastAPI's default one the commit would come after the answer was sent (measured), and
a client could read before its own write. A route that streams takes short transactions from `app.state.database`.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from reelscribe.database.session import Database


def database_of(connection: HTTPConnection) -> Database:
    """The database that wiring handed to this application."""
    database = connection.app.state.database
    assert isinstance(database, Database)  # noqa: S101 - `create_app` put it there
    return database


async def _reading(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    async with database_of(connection).read() as session:
        yield session


async def _writing(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    async with database_of(connection).write() as session:
        yield session


ReadSession = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""For reading: each statement sees one state of the database, two may see two."""

WriteSession = Annotated[AsyncSession, Depends(_writing, scope="function")]
"""One transaction for the whole request: committed before the answer is sent, rolled back when the route raises.

It begins with the first statement; do slow things (hashing, other engines) before that.
"""
