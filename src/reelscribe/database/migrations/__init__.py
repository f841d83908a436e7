"""Migrations: Alembic's, shipped inside the package, run by `reelscribe migrate`."""
