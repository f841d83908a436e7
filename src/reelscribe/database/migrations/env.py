"""Alembic's entry: the connection is handed in by `database.migrate`, never read from a file."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from reelscribe import tables
from reelscribe.database.base import UtcDateTime


def plain_types(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Migrations name the database's types: a later change of our own types must not change an old migration."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Run the migrations on the connection that was handed in."""
    connection = context.config.attributes["connection"]
    if not isinstance(connection, Connection):
        raise TypeError("run migrations through `reelscribe migrate`")
    context.configure(
        connection=connection,
        target_metadata=tables.metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=plain_types,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
