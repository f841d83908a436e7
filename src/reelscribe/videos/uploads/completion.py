"""The completion of an upload session: its parts become the object, the object the video."""

from collections.abc import Mapping

from reelscribe.accounts.dependencies import Account
from reelscribe.engines.storage import ObjectNotFound, PartRefused, UploadNotFound
from reelscribe.problems import Conflict, Problem
from reelscribe.videos.accept import Received
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.uploads import ledger, sessions
from reelscribe.videos.uploads.body import check_media
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.sniff import SNIFF_BYTES


async def complete(uploads: Uploads, account: Account, public_id: str, etags: Mapping[int, str]) -> Video:
    """Make the video of its parts. Called again, it answers the same and does nothing."""
    video, row = await sessions.find(uploads, account, public_id)
    if row.completed_at is None:
        size = await _publish(uploads, video, row, etags)
        if size is not None:
            await _accept(uploads, video, row, size)
    async with uploads.database.read() as session:
        current = await session.get(Video, video.id)
    if current is None:
        raise ledger.gone()
    return current


async def _publish(uploads: Uploads, video: Video, row: UploadMetadata, etags: Mapping[int, str]) -> int | None:
    """Put the parts together; the object's size, or None when another call has done everything meanwhile.

    That the storage knows the upload no more may also mean that its object is there: a process died right after, or
    another call is between these two steps. Then this one goes on from there.
    """
    try:
        return (await uploads.parts.complete(sessions.storage_id_of(row), etags)).size
    except PartRefused as error:
        raise Conflict(f"The upload is not complete: {error}") from None
    except UploadNotFound:
        stored = await uploads.storage.head(ledger.original_key(video.public_id, row.upload_id))
    if stored is not None:
        return stored.size
    if await ledger.is_completed(uploads.database, row.upload_id):
        return None
    raise ledger.gone()


async def _accept(uploads: Uploads, video: Video, row: UploadMetadata, size: int) -> None:
    key = ledger.original_key(video.public_id, row.upload_id)
    try:
        await _check_content(uploads, key)
        async with uploads.database.write() as session:
            current = await session.get(Video, video.id)
            if current is None:
                raise ledger.gone()
            received = Received(key, size, current.captions_key, current.size)
            await ledger.finish(session, row.upload_id, current, received, limit=uploads.limits.quota_bytes)
    except Problem:
        await uploads.discard(row.upload_id)
        raise


async def _check_content(uploads: Uploads, key: str) -> None:
    try:
        head = b"".join([chunk async for chunk in uploads.storage.read(key, 0, SNIFF_BYTES)])
    except ObjectNotFound:
        raise ledger.gone() from None
    check_media(head)
