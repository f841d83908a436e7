"""Small objects as a whole: transcripts, summaries and playlists as JSON and text."""

from collections.abc import AsyncIterator

from reelscribe.engines.storage import ObjectReader, ObjectWriter, StoredObject, WrongSize

READ_LIMIT = 256 << 20
"""Bytes; ten hours of speech with a time for each word are about 50 MB of JSON."""


async def put_bytes(storage: ObjectWriter, key: str, data: bytes, *, content_type: str) -> StoredObject:
    """Store `data` under `key`, durably and at once."""

    async def once() -> AsyncIterator[bytes]:
        yield data

    return await storage.put(key, once(), content_type=content_type, size=len(data))


async def read_bytes(storage: ObjectReader, key: str, *, limit: int = READ_LIMIT) -> bytes:
    """The whole object. Raises `ObjectNotFound`, and `WrongSize` rather than fill the memory with more than `limit`."""
    data = bytearray()
    async for chunk in storage.read(key, 0, limit + 1):
        data += chunk
    if len(data) > limit:
        raise WrongSize(f"{key} is larger than the {limit:,} bytes that may be read at once")
    return bytes(data)
