"""A request's body as it comes: not too slowly, not too much of it, and of the right kind."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from reelscribe.problems import Problem, RequestTimeout
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


async def paced(chunks: AsyncIterator[bytes], pace: Pace) -> AsyncIterator[bytes]:
    """The chunks, as long as the client keeps sending. Raises a 408. Only time spent waiting for it counts."""
    clock = asyncio.get_running_loop().time
    began = clock()
    waited, received = 0.0, 0
    while True:
        asked = clock()
        try:
            async with asyncio.timeout(pace.timeout):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RequestTimeout(f"Nothing came for {pace.timeout:g} seconds; the upload was given up.") from None
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
