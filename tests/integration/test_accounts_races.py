"""Accounts while others do the same, in processes of their own where that matters."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.app import API, PASSWORD, open_app
from tests.support.memory import sqlite_database

from reelscribe.accounts import removal, signup
from reelscribe.accounts.models import Role, User
from reelscribe.database.session import Database
from reelscribe.engines.storage.local import LocalPartUploads
from reelscribe.problems import Conflict
from reelscribe.videos.owned import OwnedVideos

pytestmark = pytest.mark.anyio

SIGN_UP = """
import asyncio, pathlib, sys
from reelscribe.accounts import signup
from reelscribe.accounts.models import User
from reelscribe.database.session import Database, create_sqlite

async def main():
    database = Database(create_sqlite(pathlib.Path(sys.argv[1]) / "reelscribe.db"))
    await database.check()
    print("ready", flush=True)
    sys.stdin.readline()
    async with database.write() as session:
        user = User(name="N", email=f"{sys.argv[2]}@example.com", password_hash="x")
        print((await signup.create(session, user, sys.argv[3])).role)
    await database.close()

asyncio.run(main())
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def roles(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted((await session.scalars(select(User.role))).all())


def together(folder: Path, number: int, mode: str) -> list[tuple[str, str]]:
    """Sign up in so many processes at the same moment; what each said."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SIGN_UP, str(folder), str(n), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(number)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60) for process in processes]


async def test_of_processes_that_sign_up_first_at_once_exactly_one_makes_the_administrator(tmp_path: Path) -> None:
    async with sqlite_database(tmp_path) as database:
        said = await asyncio.to_thread(together, tmp_path, 6, "open")
        assert sorted(out.strip() for out, _ in said) == ["admin", *["member"] * 5]
        assert await roles(database) == ["admin", *["member"] * 5]


async def test_of_processes_that_sign_up_first_at_once_where_it_is_closed_exactly_one_may(tmp_path: Path) -> None:
    async with sqlite_database(tmp_path) as database:
        said = await asyncio.to_thread(together, tmp_path, 4, "closed")
        assert sorted(out.strip() for out, _ in said) == ["", "", "", "admin"]
        assert sum("Forbidden" in err for _, err in said) == 3
        assert await roles(database) == ["admin"]


async def test_of_many_who_want_one_address_exactly_one_gets_it(tmp_path: Path) -> None:
    async with open_app(tmp_path) as app:
        body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        answers = await asyncio.gather(*(app.http.post(f"{API}/auth/signup", json=body) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
        assert await roles(app.platform.database) == ["admin"]


async def test_two_administrators_who_leave_at_once_do_not_leave_the_others_without_one(tmp_path: Path) -> None:
    async with sqlite_database(tmp_path) as database:
        for turn in range(10):
            people = [
                User(name="A", email=f"{kind}{turn}@example.com", password_hash="x", role=role)
                for kind, role in (("a", Role.ADMIN), ("b", Role.ADMIN), ("m", Role.MEMBER))
            ]
            async with database.write() as session:
                session.add_all(people)
            left = await asyncio.gather(*(leave(database, person.id, tmp_path) for person in people[:2]))
            assert sorted(left) == [False, True]
            assert await roles(database) == ["admin", "member"]
            async with database.write() as session:
                await session.execute(User.__table__.delete())


async def test_a_signup_while_the_sole_account_leaves_never_ends_without_an_administrator(tmp_path: Path) -> None:
    async with sqlite_database(tmp_path) as database:
        for turn in range(10):
            sole = User(name="A", email=f"a{turn}@example.com", password_hash="x", role=Role.ADMIN)
            async with database.write() as session:
                session.add(sole)
            await asyncio.gather(leave(database, sole.id, tmp_path), join(database, f"b{turn}@example.com"))
            assert "admin" in await roles(database)
            async with database.write() as session:
                await session.execute(User.__table__.delete())


async def leave(database: Database, user_id: int, folder: Path) -> bool:
    try:
        async with database.write() as session:
            await removal.remove(session, user_id, OwnedVideos(LocalPartUploads(folder, secret=PASSWORD), folder))
    except Conflict:
        return False
    return True


async def join(database: Database, email: str) -> None:
    async with database.write() as session:
        await signup.create(session, User(name="B", email=email, password_hash="x"), "open")


async def test_an_answered_write_is_seen_by_the_next_read_of_another_process(tmp_path: Path) -> None:
    async with open_app(tmp_path) as app, open_app(tmp_path) as other:
        ada = await app.signup("ada@example.com")
        for turn in range(30):
            name = f"Ada {turn}"
            changed = await app.http.patch(f"{API}/users/me", headers=ada.headers, json={"name": name})
            assert changed.status_code == 200
            seen = await other.http.get(f"{API}/users/me", headers=ada.headers)
            assert seen.json()["name"] == name
