"""Bring the schema up to date, and tell whether it is."""

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaBehindError(Exception):
    """The database's schema is not the one that this version works with."""


async def upgrade(engine: AsyncEngine) -> str:
    """Run every migration that is missing; gives the revision reached.

    Several processes may do so at once: the first holds the write lock, and the others then find nothing to do.
    """
    async with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        await connection.run_sync(_upgrade)
        return await connection.run_sync(_current) or ""


async def check(engine: AsyncEngine) -> None:
    """Raises SchemaBehindError, with what to do, unless the schema is at the newest revision."""
    async with engine.connect() as connection:
        current = await connection.run_sync(_current)
    newest = newest_revision()
    if current != newest:
        raise SchemaBehindError(f"The schema is at {current or 'nothing'}, not at {newest}: run `reelscribe migrate`.")


def newest_revision() -> str:
    """The newest migration's id: the files are named by their ids, which sort in order."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    if _current(connection) == newest_revision():
        return
    # Alembic tells of its own plugins while it is imported.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
