"""Alembic's entry: the connection is handed in by `database.migrate`, never read from a file."""

from alembic import context
from sqlalchemy import Connection

from reelscribe import tables


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
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
