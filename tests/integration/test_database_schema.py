"""The schema: what migrations make is what the models say, whoever runs them, and an old one is refused in words."""

import asyncio
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from tests.support.crash import environment, free_port
from tests.support.pipeline import add_video, open_database

from reelscribe import tables
from reelscribe.database import migrate
from reelscribe.database.session import Database, create_sqlite

pytestmark = pytest.mark.anyio


def differences(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, tables.metadata())


async def test_migrations_make_what_the_models_say(tmp_path):
    async with open_database(tmp_path) as database, database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def indexes_of(connection):
    """Whole definitions: a comparison by name would not see that a partial index lost its condition."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    return {name: " ".join(sql.split()) for name, sql in rows}


async def test_migrated_indexes_are_those_of_the_models_with_their_conditions(tmp_path):
    async with open_database(tmp_path) as database, database.engine.connect() as connection:
        migrated = await connection.run_sync(indexes_of)
    engine = create_sqlite(tmp_path / "models.db")
    async with engine.begin() as connection:
        await connection.run_sync(tables.metadata().create_all)
        assert await connection.run_sync(indexes_of) == migrated
    await engine.dispose()
    assert "WHERE status = 'queued'" in migrated["ix_jobs_queued"]


async def test_upgrading_twice_changes_nothing(tmp_path):
    async with open_database(tmp_path) as database:
        assert await migrate.upgrade(database.engine) == migrate.newest_revision()
        await migrate.check(database.engine)


async def test_four_processes_may_migrate_at_once(tmp_path):
    settings = environment(tmp_path / "data", free_port())
    command = [sys.executable, "-m", "reelscribe", "migrate"]
    running = [
        await asyncio.create_subprocess_exec(*command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = await asyncio.gather(*(process.communicate() for process in running))
    assert [process.returncode for process in running] == [0, 0, 0, 0], said
    assert all(migrate.newest_revision().encode() in out for out, _ in said)


@pytest.mark.parametrize("left", ["nothing", "an older revision"])
async def test_a_schema_that_is_behind_is_refused_with_what_to_run(tmp_path, left):
    database = Database(create_sqlite(tmp_path / "old.db"))
    if left != "nothing":
        await migrate.upgrade(database.engine)
        async with database.write() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(migrate.SchemaBehindError, match="reelscribe migrate"):
        await migrate.check(database.engine)
    await database.close()


async def test_the_key_of_a_deleted_account_is_never_used_again(tmp_path):
    async with open_database(tmp_path) as database:
        await add_video(database)
        async with database.write() as session:
            await session.execute(text("DELETE FROM videos"))
            await session.execute(text("DELETE FROM users"))
        again = await add_video(database)
        assert again.user_id == 2
