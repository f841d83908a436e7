"""The tables of the embedded shared memory. Nothing in them is missed for long when it is lost."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reelscribe.database.base import Base, UtcDateTime


class RevokedToken(Base):
    """A token that was signed out, until it would have expired anyway."""

    __tablename__ = "revoked_tokens"

    token_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RateWindow(Base):
    """How often something happened since the window began."""

    __tablename__ = "rate_windows"

    bucket: Mapped[str] = mapped_column(String(255), primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BitmapChunk(Base):
    """A stretch of a bitmap, so that one more bit rewrites a page or two and not a megabyte."""

    __tablename__ = "bitmap_chunks"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    chunk: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bits: Mapped[bytes] = mapped_column(LargeBinary)
