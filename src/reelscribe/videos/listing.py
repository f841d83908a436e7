"""The list of videos, newest first, whose cost does not grow with the table.

Each visibility that the viewer may find is one slice; an index that begins with the equalities of a slice stands in the
list's order, so each slice gives its newest rows without a scan or a sort, and at most 8 slices are merged.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from reelscribe.database.base import BigId, UtcDateTime
from reelscribe.engines.search import Viewer
from reelscribe.videos.cursor import Place
from reelscribe.videos.models import Status, Video
from reelscribe.videos.visibility import findable_slices

MAX_LIMIT = 100
BRIEFLY = (defer(Video.storyboard, raiseload=True), defer(Video.warnings, raiseload=True))
"""Left out wherever many videos are read: a storyboard is 10 KB of JSON."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which videos; `created_from` is inclusive, `created_to` exclusive, both aware."""

    viewer: Viewer
    limit: int = 20
    status: Status | None = None
    user_id: int | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    after: Place | None = None

    def beginning_after(self, place: Place | None) -> Self:
        """The same list, further down."""
        return replace(self, after=place)

    @property
    def scope(self) -> str:
        """What a cursor of this list is bound to: its filters."""
        return repr((self.status, self.user_id, self.created_from, self.created_to))


async def newest(session: AsyncSession, request: ListRequest) -> tuple[list[Video], Place | None]:
    """One page, and the place where the next one begins; None on the last page."""
    statement = page_statement(request)
    if statement is None:
        return [], None
    rows = list((await session.scalars(statement)).all())
    page = rows[: request.limit]
    more = len(rows) > request.limit
    return page, Place(page[-1].created_at, page[-1].id) if more else None


def page_statement(request: ListRequest) -> Select[Video] | None:
    """The page's rows and one more, as one statement; None where nothing can be found."""
    slices = [_slice(condition, request) for condition in findable_slices(request.viewer, request.user_id)]
    if not slices:
        return None
    merged = union(*slices).subquery("page")
    return (
        select(Video)
        .options(*BRIEFLY)
        .join(merged, merged.c.id == Video.id)
        .order_by(merged.c.created_at.desc(), merged.c.id.desc())
        .limit(request.limit + 1)
    )


def _slice(condition: ColumnElement[bool], request: ListRequest) -> Select[int, datetime]:
    rows = (
        select(Video.id, Video.created_at)
        .where(condition, *_filters(request))
        .order_by(Video.created_at.desc(), Video.id.desc())
        .limit(request.limit + 1)
        .subquery()
    )
    # SQLite takes a LIMIT inside a UNION only in a subquery.
    return select(rows.c.id, rows.c.created_at)


def _filters(request: ListRequest) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if request.status is not None:
        filters.append(Video.status == request.status)
    if request.created_from is not None:
        filters.append(Video.created_at >= request.created_from)
    if request.created_to is not None:
        filters.append(Video.created_at < request.created_to)
    if request.after is not None:
        place = tuple_(literal(request.after.created_at, UtcDateTime()), literal(request.after.id, BigId))
        filters.append(tuple_(Video.created_at, Video.id) < place)
    return filters
