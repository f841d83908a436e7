"""What clients began and never finished goes away. The scheduler calls this every few minutes."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from reelscribe.database.clock import from_now
from reelscribe.database.session import Database
from reelscribe.engines.storage import ObjectStorage, PartUploads
from reelscribe.videos.models import UploadMetadata
from reelscribe.videos.uploads import growing
from reelscribe.videos.uploads.discard import discard

AT_ONCE: Final = 200
"""Uploads removed in one call; the rest is for the next."""

GRACE: Final = timedelta(hours=1)
"""Longer than any difference between the clocks of our machines, and than the end of an upload takes."""

DAY: Final = timedelta(days=1)


async def abandoned(
    database: Database,
    storage: ObjectStorage,
    parts: PartUploads,
    *,
    staging: Path | None = None,
    older_than: timedelta = DAY,
    grace: timedelta = GRACE,
) -> int:
    """Remove uploads that ran out, with rows, bytes and videos, and bytes that no row knows; returns how many.

    `staging`: the folder of tus uploads, without which their bytes stay. `older_than`: UPLOAD_EXPIRY.
    """
    count = 0
    for upload_id in await _run_out(database, grace):
        if staging is None or not await to_thread.run_sync(growing.is_locked, staging, upload_id):
            count += await discard(database, storage, parts, upload_id, staging=staging)
    if staging is not None:
        count += await _remove_orphans(database, staging, older_than + grace)
    return count + await _abort_orphans(database, parts, older_than + grace)


async def _run_out(database: Database, grace: timedelta) -> list[str]:
    wanted = (
        select(UploadMetadata.upload_id)
        .where(UploadMetadata.expires_at <= from_now(-grace.total_seconds()), UploadMetadata.completed_at.is_(None))
        .order_by(UploadMetadata.expires_at)
        .limit(AT_ONCE)
    )
    async with database.read() as session:
        return list(await session.scalars(wanted))


async def _remove_orphans(database: Database, staging: Path, age: timedelta) -> int:
    """Bytes of tus uploads whose rows went with their video, or with the upload's end."""
    found = await to_thread.run_sync(lambda: list(growing.untouched(staging, age.total_seconds())))
    orphans = set(found) - await _under_way(database, UploadMetadata.upload_id, found)
    for upload_id in orphans:
        await to_thread.run_sync(growing.remove, staging, upload_id)
    return len(orphans)


async def _abort_orphans(database: Database, parts: PartUploads, age: timedelta) -> int:
    found = await parts.abandoned(age)
    orphans = set(found) - await _under_way(database, UploadMetadata.storage_upload_id, found)
    for storage_id in orphans:
        await parts.abort(storage_id)
    return len(orphans)


async def _under_way(
    database: Database, column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ids: Sequence[str]
) -> set[str]:
    """Those of `ids` that rows of unfinished uploads name."""
    known: set[str] = set()
    async with database.read() as session:
        for start in range(0, len(ids), AT_ONCE):
            page = column.in_(ids[start : start + AT_ONCE])
            rows = await session.scalars(select(column).where(page, UploadMetadata.completed_at.is_(None)))
            known.update(name for name in rows if name is not None)
    return known
