"""What was rendered of a transcript, kept: 120,000 words take a second of CPU, and players ask again and again."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from reelscribe.videos.serving import Content

KEPT_BYTES: Final = 32 << 20
"""All of them together, in each process: 120,000 words, which is half a day of talk, are 1.1 MB as WebVTT."""


class Renderings:
    """The latest used of them, `limit` bytes at most; what is not there is made, one at a time.

    One at a time, because each takes a thread of Python, and many at once would hold up everybody's requests.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[str, str], Content] = OrderedDict()
        self._bytes = 0
        self._making = asyncio.Lock()

    async def get(self, name: tuple[str, str], make: Callable[[], Awaitable[Content]]) -> Content:
        """The rendering of this name: kept, or made by `make`, whose errors go to who asked and are not kept."""
        if name in self._kept:
            return self._again(name)
        async with self._making:
            if name in self._kept:
                return self._again(name)
            content = await make()
            self._keep(name, content)
            return content

    def _again(self, name: tuple[str, str]) -> Content:
        self._kept.move_to_end(name)
        return self._kept[name]

    def _keep(self, name: tuple[str, str], content: Content) -> None:
        if content.size > self._limit:
            return
        self._kept[name] = content
        self._bytes += content.size
        while self._bytes > self._limit:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size
