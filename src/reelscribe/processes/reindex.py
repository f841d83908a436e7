"""Build the search index anew from the database."""

from reelscribe.database.migrate import check
from reelscribe.search.document import all_documents
from reelscribe.settings import Settings
from reelscribe.wiring import open_platform


async def rebuild_index(settings: Settings) -> int:
    """Rebuild beside the old index and swap; gives the number of videos. Raises SchemaBehindError."""
    async with open_platform(settings) as platform:
        await check(platform.database.engine)
        documents = all_documents(platform.database, platform.storage, platform.embedder)
        return await platform.search.rebuild(documents)
