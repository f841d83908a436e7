"""Who is writing to which upload in this process, so that a client that lost its connection can go on at once.

A dead connection looks like a slow one until BODY_TIMEOUT. A client that comes back asks first how far its upload is:
at that moment its old request can only be in the way, so it is stopped, with every byte kept that it brought.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from reelscribe.videos.uploads.body import Brake
from reelscribe.videos.uploads.growing import UploadBusyError

STOPPING_SECONDS = 10.0
"""A stopped writer has at most 2 MiB to write to the disk."""


class Writers:
    """The requests that bring bytes to uploads, one at most for each."""

    def __init__(self) -> None:
        self._brakes: dict[str, tuple[Brake, asyncio.Event]] = {}

    @contextmanager
    def writing(self, upload_id: str) -> Iterator[Brake]:
        """Be the writer of an upload. Raises `UploadBusyError` when another request is."""
        if upload_id in self._brakes:
            raise UploadBusyError
        brake, is_over = Brake(), asyncio.Event()
        self._brakes[upload_id] = brake, is_over
        try:
            yield brake
        finally:
            del self._brakes[upload_id]
            is_over.set()

    async def stop(self, upload_id: str) -> None:
        """Stop the writer of an upload, if there is one here, and wait until it has put down what it holds."""
        if upload_id not in self._brakes:
            return
        brake, is_over = self._brakes[upload_id]
        brake.pull()
        try:
            async with asyncio.timeout(STOPPING_SECONDS):
                await is_over.wait()
        except TimeoutError:
            raise UploadBusyError from None
