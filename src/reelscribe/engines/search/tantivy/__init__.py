"""Search in the process itself, on Tantivy: nothing to install or start, shared by all processes of one machine."""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from pathlib import Path

from anyio import to_thread

from reelscribe.engines.search import SearchPage, SearchRequest, VideoDocument
from reelscribe.engines.search.tantivy.answer import answer
from reelscribe.engines.search.tantivy.folder import Folder
from reelscribe.engines.search.tantivy.reader import Reader
from reelscribe.engines.search.tantivy.writer import Writer

BATCH = 256
"""Videos that a rebuild commits at once; other writers wait that long."""


class OutdatedIndexError(OSError):
    """Searches answer, but not from what an older release indexed; a rebuild mends it."""


class TantivySearch:
    """The embedded `SearchEngine`. Every process opens the same folder; Tantivy's calls run in threads."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path)
        self._writer = Writer(self._folder)
        self._reader = Reader(self._folder)

    async def index(self, documents: Iterable[VideoDocument]) -> None:
        """See `SearchEngine.index`."""
        if batch := list(documents):
            await to_thread.run_sync(self._writer.replace, batch)

    async def delete(self, video_ids: Iterable[str]) -> None:
        """See `SearchEngine.delete`."""
        if batch := list(video_ids):
            await to_thread.run_sync(self._writer.remove, batch)

    async def search(self, request: SearchRequest) -> SearchPage:
        """See `SearchEngine.search`."""
        return await to_thread.run_sync(self._answer, request)

    async def check(self) -> None:
        """See `SearchEngine.check`.

        Raises:
            OutdatedIndexError: the index in use is empty or half full, since it takes the place of an older release's.
        """
        await to_thread.run_sync(self._reader.snapshot)
        if await to_thread.run_sync(lambda: self._folder.is_outdated):
            raise OutdatedIndexError("another release wrote the search index: build it anew with `reelscribe reindex`")

    async def clear(self) -> None:
        """See `SearchEngine.clear`."""
        await to_thread.run_sync(self._writer.clear)

    async def rebuild(self, documents: AsyncIterator[VideoDocument]) -> int:
        """See `SearchEngine.rebuild`."""
        rebuilding = self._folder.rebuilding()
        following = await to_thread.run_sync(rebuilding.__enter__)
        try:
            count = await self._filled(following, documents)
            await to_thread.run_sync(self._swap, following)
        finally:
            await to_thread.run_sync(partial(rebuilding.__exit__, None, None, None))
        return count

    async def close(self) -> None:
        """See `SearchEngine.close`."""
        self._reader.close()

    def _answer(self, request: SearchRequest) -> SearchPage:
        return answer(self._reader.snapshot(), request)

    def _swap(self, following: Path) -> None:
        with self._folder.writing():
            self._folder.use(following)

    async def _filled(self, following: Path, documents: AsyncIterator[VideoDocument]) -> int:
        count = 0
        batch: list[VideoDocument] = []
        async for document in documents:
            batch.append(document)
            if len(batch) == BATCH:
                count += await to_thread.run_sync(self._writer.fill, following, batch)
                batch = []
        return count + (await to_thread.run_sync(self._writer.fill, following, batch) if batch else 0)
