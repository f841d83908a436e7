"""Bring the schema up to date, without opening any other engine."""

from reelscribe.database.migrate import upgrade
from reelscribe.settings import Settings
from reelscribe.wiring import open_database


async def migrate_database(settings: Settings) -> str:
    """Run every migration that is missing; gives the revision reached."""
    database = open_database(settings)
    try:
        return await upgrade(database.engine)
    finally:
        await database.close()
