"""A request's body as it comes: not too slowly, not too much of it, and of the right kind."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from reelscribe.problems import Conflict, Problem, RequestTimeout
from reelscribe.videos.uploads.problems import UnsupportedMedia, empty_file
from reelscribe.videos.uploads.sniff import SNIFF_BYTES, container_of, refusal

MIN_BYTES_PER_SECOND = 1024
"""A slower client is not uploading a video; one that trickles would hold a connection, a row and a file for days."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a client may be. `timeout`: seconds between two chunks; `limit`: seconds for the whole body."""

    timeout: float
    limit: float
    min_rate: float = MIN_BYTES_PER_SECOND


class Brake:
    """Stops a body that is being received, from outside."""

    def __init__(self) -> None:
        self.is_pulled = False
        self._waiting: asyncio.Timeout | None = None

    def pull(self) -> None:
        """No further chunk is waited for; who receives them is told by a 409."""
        self.is_pulled = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def next(self, chunks: AsyncIterator[bytes], seconds: float) -> bytes:
        """The next chunk, within so many seconds."""
        try:
            async with asyncio.timeout(seconds) as self._waiting:
                return await anext(chunks)
        except TimeoutError:
            if self.is_pulled:
                raise Conflict("Another request took this upload over.") from None
            raise RequestTimeout(f"Nothing came for {seconds:g} seconds; the upload was given up.") from None
        finally:
            self._waiting = None


async def paced(chunks: AsyncIterator[bytes], pace: Pace, brake: Brake | None = None) -> AsyncIterator[bytes]:
    """The chunks, as long as the client keeps sending. Raises a 408. Only time spent waiting for it counts."""
    brake = brake if brake is not None else Brake()
    clock = asyncio.get_running_loop().time
    began = clock()
    waited, received = 0.0, 0
    while True:
        asked = clock()
        try:
            chunk = await brake.next(chunks, 0 if brake.is_pulled else pace.timeout)
        except StopAsyncIteration:
            return
        now = clock()
        waited += now - asked
        received += len(chunk)
        if received < pace.min_rate * (waited - pace.timeout) or now - began > pace.limit:
            raise RequestTimeout("The upload came too slowly and was given up. Use a resumable upload (tus).")
        yield chunk


async def at_most(chunks: AsyncIterable[bytes], limit: int, problem: Problem) -> AsyncIterator[bytes]:
    """The chunks, until they are more than `limit` bytes: then `problem` is raised."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise problem
        yield chunk


async def of_media(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks, if they begin like a recording. Raises a 415, or a 422 when there is nothing, before the first."""
    head = bytearray()
    is_known = False
    async for chunk in chunks:
        if is_known:
            yield chunk
            continue
        head += chunk
        if len(head) >= SNIFF_BYTES:
            check_media(head)
            is_known = True
            yield bytes(head)
    if not is_known:
        check_media(head)
        yield bytes(head)


def check_media(head: bytes | bytearray) -> None:
    """Raise unless a file may begin so."""
    if not head:
        raise empty_file()
    beginning = bytes(head[:SNIFF_BYTES])
    if container_of(beginning) is None:
        raise UnsupportedMedia(refusal(beginning))
