"""A request's transaction: committed before the answer begins, or not at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.support.memory import sqlite_database

from reelscribe.accounts.models import User
from reelscribe.database.http import ReadSession, WriteSession
from reelscribe.database.session import Database
from reelscribe.problems import Conflict
from reelscribe.services import problems

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with sqlite_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def app(database: Database) -> FastAPI:
    made = FastAPI()
    made.state.database = database
    problems.install(made)

    @made.post("/users/{email}")
    async def add(email: str, session: WriteSession) -> dict[str, str]:
        session.add(User(name="N", email=email, password_hash="x"))
        return {"email": email}

    @made.post("/refused")
    async def refuse(session: WriteSession) -> None:
        session.add(User(name="N", email="refused", password_hash="x"))
        await session.flush()
        raise Conflict("no")

    @made.get("/count")
    async def count(session: ReadSession) -> int | None:
        return await session.scalar(select(func.count()).select_from(User))

    return made


async def users(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def seen_when_the_answer_begins(app: FastAPI, database: Database, path: str) -> tuple[int, int]:
    """The answer's status, and how many rows another connection sees at the moment of its first byte."""
    seen: list[tuple[int, int]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            assert isinstance(status, int)
            seen.append((status, await users(database)))

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [], "http_version": "1.1"}
    await app(scope, receive, send)
    return seen[0]


async def test_what_was_written_is_committed_before_the_answer_begins(app: FastAPI, database: Database) -> None:
    assert await seen_when_the_answer_begins(app, database, "/users/ada") == (200, 1)


async def test_what_a_refused_request_wrote_is_rolled_back(app: FastAPI, database: Database) -> None:
    assert await seen_when_the_answer_begins(app, database, "/refused") == (409, 0)


async def test_a_commit_that_fails_is_never_answered_as_a_success(app: FastAPI, database: Database) -> None:
    assert await seen_when_the_answer_begins(app, database, "/users/ada") == (200, 1)
    with pytest.raises(Exception, match="UNIQUE"):
        await seen_when_the_answer_begins(app, database, "/users/ada")
    assert await users(database) == 1
