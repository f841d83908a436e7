"""Deleting a video: its rows at once, everything else by chores that commit with that."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from anyio import to_thread
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import ring_after_commit
from reelscribe.engines.storage import PartUploads, StorageError
from reelscribe.events.history import HISTORY_BELL
from reelscribe.jobs import chores
from reelscribe.videos import objects
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.uploads import growing


class OpenUpload(NamedTuple):
    """An upload that was under way. `parts_id`: the storage's name for one in parts; None: it grows by tus."""

    upload_id: str
    parts_id: str | None


async def delete_video(session: AsyncSession, video: Video) -> list[OpenUpload]:
    """Delete a video in whatever state, in the caller's transaction; every dependent row goes with it.

    A worker in the middle of it loses its lease at its next heartbeat, and an upload on its way finds no row to end at.
    Gives the uploads that were under way: `drop` them after the commit. Should that not happen, the scheduled clean-up
    finds their bytes as abandoned.
    """
    columns = (UploadMetadata.upload_id, UploadMetadata.storage_upload_id, UploadMetadata.part_size)
    under_way = UploadMetadata.video_id == video.id, UploadMetadata.completed_at.is_(None)
    rows = (await session.execute(select(*columns).where(*under_way))).all()
    await session.execute(delete(Video).where(Video.id == video.id).execution_options(synchronize_session=False))
    chores.forget(session, objects.video_prefix(video.public_id), video.public_id)
    ring_after_commit(session, HISTORY_BELL)
    return [OpenUpload(row.upload_id, row.storage_upload_id if row.part_size else None) for row in rows]


async def drop(open_uploads: Sequence[OpenUpload], parts: PartUploads, staging: Path) -> None:
    """Remove the bytes of uploads whose rows are gone; what cannot be removed now, the clean-up finds as abandoned."""
    for upload_id, parts_id in open_uploads:
        with suppress(StorageError):
            if parts_id is not None:
                await parts.abort(parts_id)
            else:
                await to_thread.run_sync(growing.remove, staging, upload_id)
