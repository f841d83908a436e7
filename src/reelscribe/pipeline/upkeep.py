"""Doing the chores: objects and documents follow what was deleted or edited in the database."""

from dataclasses import dataclass

import structlog
from sqlalchemy import select

from reelscribe.database.session import Database
from reelscribe.engines.embedding import Embedder
from reelscribe.engines.search import SearchEngine
from reelscribe.engines.storage import ObjectStorage
from reelscribe.jobs import chores
from reelscribe.jobs.chores import DueChore
from reelscribe.search.document import build_anyway, sources_of
from reelscribe.videos import objects
from reelscribe.videos.models import Video

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the chores need."""

    database: Database
    storage: ObjectStorage
    search: SearchEngine
    embedder: Embedder | None

    async def run_due(self) -> int:
        """Do the chores whose time has come; one that fails comes back later. Gives how many were looked at."""
        async with self.database.read() as session:
            due = await chores.due(session)
        for chore in due:
            await self._try(chore)
        return len(due)

    async def _try(self, chore: DueChore) -> None:
        try:
            await self._do(chore)
        except Exception as error:
            # An edge: a chore may meet any engine's error, and must come back whatever it was.
            log.exception("chore failed", chore=chore.kind, target=chore.target)
            async with self.database.write() as session:
                await chores.later(session, chore, repr(error))
        else:
            async with self.database.write() as session:
                await chores.done(session, chore)

    async def _do(self, chore: DueChore) -> None:
        if chore.kind == chores.DELETE_OBJECTS:
            await self.storage.delete_prefix(chore.target)
        elif chore.kind == chores.PRUNE_OBJECTS:
            await self._prune(chore.target)
        elif chore.kind == chores.DELETE_DOCUMENT:
            await self.search.delete([chore.target])
        elif chore.kind == chores.REFRESH_DOCUMENT:
            await self._refresh(chore.target)
        else:
            raise ValueError(f"nobody knows the chore {chore.kind!r}")

    async def _prune(self, kept_prefix: str) -> None:
        stage_prefix = kept_prefix.rstrip("/").rsplit("/", 1)[0] + "/"
        old = [item.key async for item in self.storage.list(stage_prefix) if objects.is_older(item.key, kept_prefix)]
        if old:
            await self.storage.delete(old)

    async def _refresh(self, public_id: str) -> None:
        """Index the video as it now is; before it was ever ready, its own index stage will."""
        async with self.database.read() as session:
            video = await session.scalar(select(Video).where(Video.public_id == public_id))
            if video is None or video.processed_at is None:
                return
            sources = await sources_of(session, video)
        await self.search.index([await build_anyway(sources, self.storage, self.embedder)])
