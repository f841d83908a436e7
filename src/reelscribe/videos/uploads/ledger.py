"""The rows of uploads: begun with room held for them, ended once."""

import re
import secrets
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.dependencies import Account
from reelscribe.database.base import utc_now
from reelscribe.database.session import Database
from reelscribe.problems import NotFound, Problem
from reelscribe.videos.accept import Received, accept
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.objects import original_prefix
from reelscribe.videos.uploads import quota
from reelscribe.videos.uploads.details import Details
from reelscribe.videos.uploads.limits import Limits

UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Announced:
    """What a client says of the file that it is about to send. `size` in bytes, None where it is not known."""

    file_name: str
    size: int | None
    content_type: str = "application/octet-stream"


def new_upload_id() -> str:
    """An id that nobody guesses, fit for a file's name."""
    return secrets.token_hex(16)


def original_folder(public_id: str, upload_id: str) -> str:
    """Where the objects of one upload lie; ends in "/"."""
    return f"{original_prefix(public_id)}{upload_id}/"


def original_key(public_id: str, upload_id: str) -> str:
    """The key of the file itself; its type is told by its content alone."""
    return f"{original_folder(public_id, upload_id)}source"


async def begin(
    session: AsyncSession,
    account: Account,
    announced: Announced,
    limits: Limits,
    *,
    upload_id: str,
    protocol: str,
    video: Video | None = None,
    storage_upload_id: str,
    part_size: int | None = None,
) -> UploadMetadata:
    """Hold room for an upload in the caller's transaction. Raises a 413 when there is none."""
    # A video that is begun has its captions already, and their size.
    captions_size = 0 if video is None else video.size
    await quota.check(session, account.id, wanted=(announced.size or 0) + captions_size, quota=limits.quota_bytes)
    if video is not None:
        session.add(video)
        await session.flush()
    row = UploadMetadata(
        upload_id=upload_id,
        video_id=None if video is None else video.id,
        user_id=account.id,
        protocol=protocol,
        file_name=announced.file_name,
        size=announced.size,
        content_type=announced.content_type[:127],
        storage_upload_id=storage_upload_id,
        part_size=part_size,
        expires_at=limits.expires_at(),
    )
    session.add(row)
    return row


def new_video(account: Account, public_id: str, details: Details, file_name: str) -> Video:
    """A video of this account that has no bytes yet."""
    return Video(
        public_id=public_id,
        title=details.titled(file_name),
        description=details.description,
        user_id=account.id,
        user_name=account.name,
        file_name=file_name,
        size=0,
        visibility=details.visibility,
        language=details.language,
        language_given=details.language is not None,
    )


async def finish(session: AsyncSession, upload_id: str, video: Video, received: Received, *, limit: int) -> bool:
    """End an upload in the caller's transaction: the video enters the pipeline. False when it had ended before.

    Raises a 413 when the bytes that came do not fit into the user's room of `limit` bytes after all, and a 404 when the
    upload was given up meanwhile.
    """
    row = await locked(session, upload_id)
    if row.completed_at is not None:
        return False
    # Captions that came before the file are a begun video's size, and so counted.
    wanted = received.size + (received.captions_size if row.video_id is None else 0)
    await quota.check(session, row.user_id, wanted=wanted, quota=limit, beside=upload_id)
    await accept(session, video, received, protocol=row.protocol)
    row.video_id = video.id
    row.file_name = video.file_name
    row.size = row.received_bytes = received.size
    row.completed_at = utc_now()
    return True


async def locked(session: AsyncSession, upload_id: str) -> UploadMetadata:
    """The row of an upload, held until the transaction ends. Raises a 404 when there is none."""
    wanted = select(UploadMetadata).where(UploadMetadata.upload_id == upload_id).with_for_update()
    row = (await session.scalars(wanted)).one_or_none()
    if row is None:
        raise gone()
    return row


async def is_completed(database: Database, upload_id: str) -> bool:
    """Whether an upload has ended well by now."""
    known = select(UploadMetadata.completed_at).where(UploadMetadata.upload_id == upload_id)
    async with database.read() as session:
        return (await session.scalars(known)).one_or_none() is not None


async def touch(session: AsyncSession, upload_id: str, limits: Limits, *, received: int) -> None:
    """Note how far an upload has come, and let it live on from now."""
    await session.execute(
        update(UploadMetadata)
        .where(UploadMetadata.upload_id == upload_id, UploadMetadata.completed_at.is_(None))
        .values(received_bytes=received, expires_at=limits.expires_at())
    )


def gone() -> Problem:
    """404: no such upload for this account."""
    return NotFound("There is no such upload: it was given up, or it ran out, or it is not yours.")
