"""The Bloom filter of addresses: never a false no, seldom a false maybe."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert
from tests.support.memory import sqlite_database

from reelscribe.accounts.email_filter import SHAPE, EmailFilter, sync
from reelscribe.accounts.models import User
from reelscribe.database.session import Database
from reelscribe.engines.memory.bloom import shape_for
from reelscribe.engines.memory.sql import SqlMemory

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with sqlite_database(tmp_path) as opened:
        yield opened


async def add_users(database: Database, emails: list[str]) -> None:
    rows = [{"name": "N", "email": email, "password_hash": "x", "token_epoch": "e"} for email in emails]
    async with database.write() as session:
        await session.execute(insert(User), rows)


async def sync_now(emails: EmailFilter, database: Database) -> None:
    """A rebuild as soon as the last one is a second old."""
    async with asyncio.timeout(30):
        while not await emails.sync(database, apart_seconds=1):  # noqa: ASYNC110 - the database's clock rings no bell
            await asyncio.sleep(0)


async def maybes(emails: EmailFilter, asked: list[str]) -> int:
    return sum([await emails.may_hold(email) for email in asked])


async def test_before_it_is_built_the_filter_always_says_maybe(database: Database) -> None:
    emails = EmailFilter(SqlMemory(database))
    await emails.add("ada@example.com")
    assert await emails.may_hold("ada@example.com")
    assert await emails.may_hold("nobody@example.com")


async def test_once_built_it_holds_the_table_and_what_is_added(database: Database) -> None:
    memory = SqlMemory(database)
    await add_users(database, ["ada@example.com"])
    assert await sync(database, memory)
    emails = EmailFilter(memory)
    assert await emails.may_hold("ada@example.com")
    assert not await emails.may_hold("bob@example.com")
    await emails.add("bob@example.com")
    assert await emails.may_hold("bob@example.com")


async def test_an_address_that_is_gone_is_forgotten(database: Database) -> None:
    emails = EmailFilter(SqlMemory(database))
    await add_users(database, ["ada@example.com", "bob@example.com"])
    await sync_now(emails, database)
    async with database.write() as session:
        await session.execute(delete(User).where(User.email == "bob@example.com"))
    await sync_now(emails, database)
    assert await emails.may_hold("ada@example.com")
    assert not await emails.may_hold("bob@example.com")


async def test_two_rebuilds_do_not_run_at_once(database: Database) -> None:
    memory = SqlMemory(database)
    done = await asyncio.gather(*(sync(database, memory) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]


async def test_a_bitmap_that_was_lost_and_begun_anew_answers_maybe(database: Database) -> None:
    memory = SqlMemory(database)
    emails = EmailFilter(memory)
    await add_users(database, ["ada@example.com"])
    await sync_now(emails, database)
    for name in ("emails.0", "emails.1"):
        await memory.replace_bits(name, b"")
    await emails.add("bob@example.com")
    assert await emails.may_hold("ada@example.com")


async def test_never_a_false_no_while_signups_race_rebuilds(database: Database) -> None:
    """Each address is added as a signup does it, and from then on asked for while the filter is built anew."""
    memory = SqlMemory(database)
    emails = EmailFilter(memory, shape_for(2000, 0.01))
    await add_users(database, [f"old{n}@example.com" for n in range(200)])
    await sync_now(emails, database)
    answered: list[str] = []
    missing: list[str] = []
    over = asyncio.Event()

    async def sign_up(worker: int) -> None:
        for n in range(40):
            email = f"{worker}.{n}@example.com"
            await emails.add(email)
            await add_users(database, [email])
            await emails.add(email)
            answered.append(email)

    async def rebuild() -> int:
        rounds = 0
        while not over.is_set():
            rounds += await emails.sync(database, apart_seconds=1)
            await asyncio.sleep(0)
        return rounds

    async def ask() -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            wanted = answered[-(turn % 20) - 1 :][:1]
            missing.extend([email for email in wanted if not await emails.may_hold(email)])
            await asyncio.sleep(0)

    async def sign_all_up() -> None:
        await asyncio.gather(*(sign_up(worker) for worker in range(3)))
        over.set()

    _, rounds, *_ = await asyncio.gather(sign_all_up(), rebuild(), ask(), ask())
    assert missing == []
    assert rounds >= 1
    assert len(answered) == 120
    for email in answered:
        assert await emails.may_hold(email)


async def test_a_signup_whose_row_comes_after_the_table_was_read_is_in_the_new_filter(database: Database) -> None:
    """The rebuild is stopped exactly between its reading of the table and the swap."""

    class Paused(SqlMemory):
        async def replace_bits(self, name: str, bitmap: bytes) -> None:
            if name != "emails.in_use":
                await EmailFilter(self, shape).add("late@example.com")
                await add_users(database, ["late@example.com"])
                await EmailFilter(self, shape).add("late@example.com")
            await super().replace_bits(name, bitmap)

    shape = shape_for(1000, 0.01)
    await add_users(database, ["ada@example.com"])
    assert await EmailFilter(Paused(database), shape).sync(database)
    assert await EmailFilter(SqlMemory(database), shape).may_hold("late@example.com")


async def test_the_false_positive_rate_at_100_000_addresses_is_the_promised_one(database: Database) -> None:
    """At the size it was made for, a filter of 1% says maybe to at most 1.2% of 20,000 strangers, and to members."""
    count, strangers = 100_000, 20_000
    members = [f"user{n}@example.com" for n in range(count)]
    await add_users(database, members)
    shape = shape_for(count, 0.01)
    emails = EmailFilter(SqlMemory(database), shape)
    await sync_now(emails, database)
    bitmap = shape.bitmap(members)

    def holds(email: str) -> bool:
        return all(bitmap[position >> 3] & (0x80 >> (position & 7)) for position in shape.positions(email))

    asked = [f"stranger{n}@example.org" for n in range(strangers)]
    expected = [holds(email) for email in asked]
    rate = sum(expected) / strangers
    assert 0.008 < rate < 0.012
    assert all(holds(email) for email in members)
    # What the database keeps is that very bitmap: asked through it, every answer is the same.
    for email, maybe in list(zip(asked, expected, strict=True))[:500]:
        assert await emails.may_hold(email) is maybe
    assert await maybes(emails, members[::1000]) == 100


async def test_the_platforms_own_filter_is_nearly_never_wrong_at_100_000_addresses(database: Database) -> None:
    await add_users(database, [f"user{n}@example.com" for n in range(100_000)])
    emails = EmailFilter(SqlMemory(database))
    await sync_now(emails, database)
    assert await maybes(emails, [f"stranger{n}@example.org" for n in range(500)]) == 0
    assert SHAPE.false_positive_rate(100_000) < 1e-6
    assert SHAPE.false_positive_rate(1_000_000) < 0.0101
