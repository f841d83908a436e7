"""The table of accounts."""

import enum
import secrets
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, BigId, UtcDateTime, utc_now


class Role(enum.StrEnum):
    """What an account may do; the first account is the administrator."""

    ADMIN = "admin"
    MEMBER = "member"


def new_epoch() -> str:
    """A fresh `token_epoch`: random, so that no token of one account or time is ever good for another."""
    return secrets.token_urlsafe(16)


class User(Base):
    """An account. `email` is kept trimmed and in lower case, which is how it is compared.

    A token is good while its `epoch` is the account's `token_epoch`; a changed password begins a new one.
    """

    __tablename__ = "users"
    # Without AUTOINCREMENT SQLite gives the key of a deleted account to the next one that comes.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own form

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default=Role.MEMBER)
    token_epoch: Mapped[str] = mapped_column(String(32), default=new_epoch)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)
