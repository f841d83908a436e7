"""One tus upload: found for its owner, finished, or thrown away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anyio import to_thread
from sqlalchemy import select

from reelscribe.database.base import utc_now
from reelscribe.engines.storage.local.guarded import released
from reelscribe.problems import Problem
from reelscribe.videos.accept import Received
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.uploads import growing, ledger
from reelscribe.videos.uploads.body import check_media
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.growing import GrowingFile
from reelscribe.videos.uploads.sniff import SNIFF_BYTES

PROTOCOL: Final = "tus"


@dataclass(frozen=True, slots=True)
class Upload:
    """What its row says. `length` in bytes."""

    id: str
    public_id: str
    length: int
    is_completed: bool
    expires_at: datetime

    def file(self, uploads: Uploads) -> GrowingFile:
        """Its bytes so far."""
        return GrowingFile(uploads.staging, self.id, self.length)


async def find(uploads: Uploads, upload_id: str, *, user_id: int | None) -> Upload:
    """The upload of this user, or with None of anybody. Raises a 404: not there, not theirs, or run out."""
    if not ledger.UPLOAD_ID.fullmatch(upload_id):
        raise ledger.gone()
    wanted = (
        select(UploadMetadata, Video.public_id)
        .join(Video, Video.id == UploadMetadata.video_id)
        .where(UploadMetadata.upload_id == upload_id, UploadMetadata.protocol == PROTOCOL)
    )
    async with uploads.database.read() as session:
        found = (await session.execute(wanted)).one_or_none()
    if found is None:
        raise ledger.gone()
    row, public_id = found
    length = row.size
    assert length is not None  # noqa: S101 - `create` put it there
    is_completed = row.completed_at is not None
    if user_id is not None and (row.user_id != user_id or not (is_completed or row.expires_at > utc_now())):
        raise ledger.gone()
    return Upload(row.upload_id, public_id, length, is_completed, row.expires_at)


async def finish_if_whole(uploads: Uploads, upload: Upload) -> bool:
    """Finish an upload whose bytes are all here, as its last request would have. Raises `UploadBusyError`."""
    async with released(upload.file(uploads)) as file:
        await to_thread.run_sync(file.open)
        if file.size != upload.length:
            return False
        await finish(uploads, upload, file)
        return True


async def finish(uploads: Uploads, upload: Upload, file: GrowingFile) -> None:
    """Make the object and the video of a whole file, which the caller holds. Any step may be the last before a crash.

    Raises a 415 or 413, and throws the upload away, when it may not become a video after all.
    """
    try:
        check_media(await to_thread.run_sync(file.head, SNIFF_BYTES))
        await _accept(uploads, upload, file)
    except Problem:
        await uploads.discard(upload.id)
        raise
    await to_thread.run_sync(file.remove)


async def _accept(uploads: Uploads, upload: Upload, file: GrowingFile) -> None:
    key = ledger.original_key(upload.public_id, upload.id)
    stored = await uploads.storage.put_file(key, file.path, content_type="application/octet-stream")
    async with uploads.database.write() as session:
        video = (await session.scalars(select(Video).where(Video.public_id == upload.public_id))).one_or_none()
        if video is None:
            raise ledger.gone()
        received = Received(key, stored.size, video.captions_key, video.size)
        await ledger.finish(session, upload.id, video, received, limit=uploads.limits.quota_bytes)


async def remove_bytes(uploads: Uploads, public_id: str, upload_id: str) -> None:
    """Everything outside the database."""
    await to_thread.run_sync(growing.remove, uploads.staging, upload_id)
    await uploads.storage.delete_prefix(ledger.original_folder(public_id, upload_id))
