"""Passwords: argon2id, as often for nobody as for somebody, a few at a time."""

import threading

import anyio
import pytest

from reelscribe.accounts.passwords import Passwords

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Watched(Passwords):
    """The real thing, which tells how often it verified, and how many did at once."""

    def __init__(self, at_once: int = 4) -> None:
        super().__init__(at_once)
        self.verified: list[str] = []
        self.now = self.most = 0
        self._count = threading.Lock()

    def _matches(self, password: str, password_hash: str) -> bool:
        with self._count:
            self.now += 1
            self.most = max(self.most, self.now)
        self.verified.append(password_hash)
        matches = super()._matches(password, password_hash)
        with self._count:
            self.now -= 1
        return matches


async def test_the_right_password_and_no_other_is_right() -> None:
    passwords = Passwords()
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert await passwords.verify("correct horse", kept)
    assert not await passwords.verify("correct horse ", kept)


async def test_the_same_password_is_kept_differently_twice() -> None:
    passwords = Passwords()
    assert await passwords.hash("same") != await passwords.hash("same")


async def test_nobodys_password_costs_the_same_verification_with_the_same_parameters() -> None:
    passwords = Watched()
    kept = await passwords.hash("somebody's")
    assert not await passwords.verify("wrong", kept)
    assert not await passwords.verify("wrong", None)
    somebody, nobody = passwords.verified
    assert somebody.rsplit("$", 2)[0] == nobody.rsplit("$", 2)[0] == "$argon2id$v=19$m=65536,t=3,p=4"


async def test_nobody_has_no_password_at_all() -> None:
    passwords = Passwords()
    assert not await passwords.verify("", None)


async def test_a_hash_that_is_none_matches_nothing() -> None:
    assert not await Passwords().verify("x", "not a hash")


async def test_no_more_than_so_many_are_verified_at_once() -> None:
    passwords = Watched(at_once=2)
    kept = await passwords.hash("x")
    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(passwords.verify, "x", kept)
    assert len(passwords.verified) == 8
    assert passwords.most == 2
