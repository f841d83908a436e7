"""The table of accounts."""

import enum
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, BigId, UtcDateTime, utc_now


class Role(enum.StrEnum):
    """What an account may do; the first account is the administrator."""

    ADMIN = "admin"
    MEMBER = "member"


class User(Base):
    """An account. `email` is kept trimmed and in lower case, which is how it is compared."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default=Role.MEMBER)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)
