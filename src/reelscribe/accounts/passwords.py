"""Passwords: argon2id by pwdlib, in threads, a few at a time (each takes 64 MiB and a core for about 50 ms)."""

import secrets
from collections.abc import Callable
from typing import Final, TypeVar

import anyio
import anyio.to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

AT_ONCE: Final = 4
_T = TypeVar("_T")


class Passwords:
    """Hashes and verifies, at most `at_once` at a time in this process."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._at_once = at_once
        self._limiter: anyio.CapacityLimiter | None = None
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """A salted hash, with its parameters."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hash's. For an account that is not there (None) this takes the same time."""
        dummy = await self._dummy_hash()
        known = password_hash if password_hash is not None else dummy
        matches = await self._in_thread(lambda: self._matches(password, known))
        return matches and password_hash is not None

    def _matches(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password, password_hash)
        except PwdlibError:
            # A hash that no hasher here knows: this password is not proven to be its.
            return False

    async def _dummy_hash(self) -> str:
        if self._dummy is None:
            self._dummy = await self.hash(secrets.token_urlsafe(16))
        return self._dummy

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._at_once)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
