"""Deleting a video: its rows at once, everything else by chores that commit with that."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import ring_after_commit
from reelscribe.events.history import HISTORY_BELL
from reelscribe.jobs import chores
from reelscribe.videos import objects
from reelscribe.videos.models import UploadMetadata, Video


async def delete_video(session: AsyncSession, video: Video) -> list[str]:
    """Delete a video in whatever state, in the caller's transaction; every dependent row goes with it.

    A worker in the middle of it loses its lease at its next heartbeat, and an upload on its way finds no row to end at.
    Gives the storage's ids of uploads in parts that were under way: abort them after the commit. Should that not
    happen, the scheduled clean-up finds them as abandoned.
    """
    open_uploads = select(UploadMetadata.storage_upload_id).where(
        UploadMetadata.video_id == video.id,
        UploadMetadata.completed_at.is_(None),
        UploadMetadata.storage_upload_id.is_not(None),
    )
    upload_ids = [upload_id for upload_id in (await session.scalars(open_uploads)).all() if upload_id]
    await session.execute(delete(Video).where(Video.id == video.id).execution_options(synchronize_session=False))
    chores.forget(session, objects.video_prefix(video.public_id), video.public_id)
    ring_after_commit(session, HISTORY_BELL)
    return upload_ids
