"""The Bloom filter of addresses: most questions whether an address is taken are answered without the table.

It never says no to an address that is taken. Two bitmaps take turns, and a third of one bit says which is in use:

- a signup sets its bits in both, before its row commits and once more after;
- `sync` builds the one that is not in use from the table, puts it in place, reads the table again for what came
  meanwhile, and only then lets it be used. So the one in use lacks no address whose signup was answered.

A bitmap counts only with its seal, a bit that `sync` sets last: a bitmap that was lost and begun anew has none.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from anyio import to_thread
from sqlalchemy import select

from reelscribe.accounts.models import User
from reelscribe.database.session import Database
from reelscribe.engines.memory import SharedMemory
from reelscribe.engines.memory.bloom import BloomShape, shape_for

SHAPE: Final = shape_for(1_000_000, 0.01)
"""1.2 MB for a million addresses at one false maybe in a hundred; beyond that the table is asked more often."""

SYNC_APART_SECONDS: Final = 60
"""Two rebuilds never begin nearer to each other, whichever processes run them."""

_BITMAPS: Final = ("emails.0", "emails.1")
_IN_USE: Final = "emails.in_use"
_PAGE: Final = 5000


class EmailFilter:
    """The filter of one platform; every process has its own object, the bits are in the shared memory."""

    def __init__(self, memory: SharedMemory, shape: BloomShape = SHAPE) -> None:
        self._memory = memory
        self._shape = shape

    async def add(self, email: str) -> None:
        """Let the filter know an address. Call it before its row commits and again after."""
        positions = self._shape.positions(email)
        for bitmap in _BITMAPS:
            await self._memory.set_bits(bitmap, positions)

    async def may_hold(self, email: str) -> bool:
        """False: no account has this address. True: perhaps one has, ask the table."""
        turn = await self._turn()
        if turn is None or await self._memory.has_bits(_BITMAPS[turn], self._shape.positions(email)) is not False:
            return True
        sealed = await self._memory.has_bits(_BITMAPS[turn], [self._seal])
        return not (sealed and turn == await self._turn())

    async def sync(self, database: Database, *, apart_seconds: int = SYNC_APART_SECONDS) -> bool:
        """Build the filter anew from the table; False where that was begun less than `apart_seconds` ago."""
        if (await self._memory.hit("email-filter-sync", apart_seconds)).count > 1:
            return False
        turn = 1 if await self._turn() == 0 else 0
        bitmap = await self._build(database)
        await self._memory.replace_bits(_BITMAPS[turn], bitmap)
        await self._add_newcomers(database, bitmap, _BITMAPS[turn])
        await self._memory.set_bits(_BITMAPS[turn], [self._seal])
        await self._memory.replace_bits(_IN_USE, b"\x80" if turn == 1 else b"\0")
        return True

    @property
    def _seal(self) -> int:
        return self._shape.bits

    async def _turn(self) -> int | None:
        second = await self._memory.has_bits(_IN_USE, [0])
        return None if second is None else int(second)

    async def _build(self, database: Database) -> bytes:
        filled = 0
        async for emails in _pages(database):
            part = await to_thread.run_sync(self._shape.bitmap, emails)
            filled |= int.from_bytes(part, "big")
        return filled.to_bytes(-(-self._shape.bits // 8), "big")

    async def _add_newcomers(self, database: Database, bitmap: bytes, name: str) -> None:
        async for emails in _pages(database):
            missing = await to_thread.run_sync(self._missing, bitmap, emails)
            await self._memory.set_bits(name, missing)

    def _missing(self, bitmap: bytes, emails: Sequence[str]) -> list[int]:
        wanted = {position for email in emails for position in self._shape.positions(email)}
        return [position for position in wanted if not bitmap[position >> 3] & (0x80 >> (position & 7))]


async def sync(database: Database, memory: SharedMemory) -> bool:
    """The scheduled job: bring the filter in step with the table, which also forgets addresses that are gone."""
    return await EmailFilter(memory).sync(database)


async def _pages(database: Database) -> AsyncIterator[list[str]]:
    """All addresses, each page in a transaction of its own, by key: whoever is there throughout is seen."""
    last = 0
    while True:
        wanted = select(User.id, User.email).where(User.id > last).order_by(User.id).limit(_PAGE)
        async with database.read() as session:
            rows = (await session.execute(wanted)).all()
        if not rows:
            return
        yield [row.email for row in rows]
        last = rows[-1].id
