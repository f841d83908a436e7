"""Throw an upload away that has not ended: rows, bytes, and the video that it was to become.

First the rows, in one transaction with a chore that removes the objects: from then on nobody can end the upload, and
the bytes go even if this process dies. An upload that has ended is never touched, whatever its caller believed.
"""

from pathlib import Path

from anyio import to_thread
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import Database
from reelscribe.engines.storage import ObjectStorage, PartUploads
from reelscribe.jobs import chores
from reelscribe.videos.models import Status, UploadMetadata, Video
from reelscribe.videos.uploads import growing, ledger


async def discard(
    database: Database, storage: ObjectStorage, parts: PartUploads, upload_id: str, *, staging: Path | None
) -> bool:
    """Throw one upload away; False when it has ended, or is not there. `staging`: the folder of tus uploads."""
    async with database.write() as session:
        struck = await _strike_off(session, upload_id)
        if struck is None:
            return False
        row, folder = struck
        chores.add(session, chores.DELETE_OBJECTS, folder)
    await storage.delete_prefix(folder)
    if row.part_size is not None and row.storage_upload_id is not None:
        await parts.abort(row.storage_upload_id)
    if staging is not None:
        await to_thread.run_sync(growing.remove, staging, upload_id)
    return True


async def _strike_off(session: AsyncSession, upload_id: str) -> tuple[UploadMetadata, str] | None:
    """Delete the rows; gives what they said, and the folder of the upload's objects."""
    wanted = (
        select(UploadMetadata, Video.public_id)
        .outerjoin(Video, Video.id == UploadMetadata.video_id)
        .where(UploadMetadata.upload_id == upload_id, UploadMetadata.completed_at.is_(None))
        .with_for_update(of=UploadMetadata)
    )
    found = (await session.execute(wanted)).one_or_none()
    if found is None:
        return None
    row, public_id = found
    await session.execute(delete(UploadMetadata).where(UploadMetadata.id == row.id))
    if row.video_id is not None:
        await session.execute(delete(Video).where(Video.id == row.video_id, Video.status == Status.UPLOADING))
        return row, ledger.original_folder(public_id, upload_id)
    # A form has no video yet: its row says where its objects lie.
    assert row.storage_upload_id is not None  # noqa: S101 - `multipart` put it there
    return row, row.storage_upload_id
