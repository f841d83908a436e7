"""Build the search index anew from the database."""

from reelscribe.search.document import all_documents
from reelscribe.settings import Settings
from reelscribe.wiring import open_platform


async def rebuild_index(settings: Settings) -> int:
    """Rebuild beside the old index and swap; gives the number of videos."""
    async with open_platform(settings) as platform:
        documents = all_documents(platform.database, platform.storage, platform.embedder)
        return await platform.search.rebuild(documents)
