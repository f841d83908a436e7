"""An account's videos follow its changes: they bear its name, and go with it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.belongings import AfterCommit
from reelscribe.engines.storage import PartUploads
from reelscribe.jobs import chores
from reelscribe.videos.delete import OpenUpload, delete_video, drop
from reelscribe.videos.models import UploadMetadata, Video


@dataclass(frozen=True, slots=True)
class OwnedVideos:
    """See `accounts.belongings`. `parts` and `staging` hold the bytes of uploads under way."""

    parts: PartUploads
    staging: Path

    async def rename_owner(self, session: AsyncSession, user_id: int, name: str) -> None:
        """Videos show and search knows their owner's name."""
        mine = Video.user_id == user_id
        values = {"user_name": name, "revision": Video.revision + 1, "updated_at": Video.updated_at}
        await session.execute(update(Video).where(mine).values(values))
        for public_id in await session.scalars(select(Video.public_id).where(mine)):
            chores.add(session, chores.REFRESH_DOCUMENT, public_id)

    async def remove(self, session: AsyncSession, user_id: int) -> AfterCommit:
        """Delete every video; objects and search documents follow as chores, bytes of open uploads after the commit."""
        left: list[OpenUpload] = []
        for video in (await session.scalars(select(Video).where(Video.user_id == user_id))).all():
            left += await delete_video(session, video)
        for folder in await _folders_of_forms(session, user_id):
            chores.forget_objects(session, folder)
        return partial(drop, left, self.parts, self.staging)


async def _folders_of_forms(session: AsyncSession, user_id: int) -> list[str]:
    """Forms that are being received have no video yet: their rows, which go with the account, say where bytes lie."""
    receiving = select(UploadMetadata.storage_upload_id).where(
        UploadMetadata.user_id == user_id,
        UploadMetadata.video_id.is_(None),
        UploadMetadata.completed_at.is_(None),
    )
    return [folder for folder in await session.scalars(receiving) if folder is not None]
