"""A stored object as it is served."""

from datetime import UTC
from functools import partial
from typing import Final, Protocol, runtime_checkable

from reelscribe.engines.storage import ObjectReader
from reelscribe.engines.storage.content_types import content_type_of
from reelscribe.videos.serving import Content

MAX_AGE: Final = 300
"""Seconds that a browser asks nobody: an object never changes, but the permission to see it may."""


@runtime_checkable
class SignsForUs(Protocol):
    """A storage whose signed addresses are paths on our own origin: its objects are served by us."""

    def verify(self, token: str, key: str, *, download_as: str | None = None) -> bool:
        """Whether an address is genuine and has not expired."""
        ...


async def stored(storage: ObjectReader, key: str, download_as: str | None = None) -> Content | None:
    """The object, typed by its key; None when it is not there. Raises `InvalidKey`."""
    found = await storage.head(key)
    if found is None:
        return None
    return Content(
        size=found.size,
        etag=found.etag,
        media_type=content_type_of(key),
        read=partial(storage.read, key),
        max_age=MAX_AGE,
        modified=found.modified.astimezone(UTC),
        download_as=download_as,
    )
