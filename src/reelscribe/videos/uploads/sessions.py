"""An upload session: the client PUTs each part to its own signed address, straight to object storage."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from anyio import CancelScope
from sqlalchemy import select

from reelscribe.accounts.dependencies import Account
from reelscribe.database.base import utc_now
from reelscribe.engines.storage import ObjectNotFound, PartRefused, UploadNotFound
from reelscribe.problems import Conflict, NotFound, Problem
from reelscribe.videos import status
from reelscribe.videos.accept import Received
from reelscribe.videos.models import Status, UploadMetadata, Video
from reelscribe.videos.public_id import unused_public_id
from reelscribe.videos.uploads import ledger
from reelscribe.videos.uploads.body import check_media
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.details import display_name
from reelscribe.videos.uploads.ledger import Announced
from reelscribe.videos.uploads.multipart import store_captions
from reelscribe.videos.uploads.problems import too_large
from reelscribe.videos.uploads.schemas import PartTarget, SessionIn, SessionOut, UploadedPart
from reelscribe.videos.uploads.sniff import SNIFF_BYTES

PROTOCOL: Final = "parts"
MAX_PARTS: Final = 10_000
"""S3's limit, and so ours."""


async def begin(uploads: Uploads, account: Account, wanted: SessionIn) -> tuple[Video, SessionOut]:
    """Begin a session: the video is `uploading`, the parts have their addresses."""
    if wanted.size > uploads.limits.max_bytes:
        raise too_large(uploads.limits.max_bytes)
    announced = Announced(display_name(wanted.filename), wanted.size, wanted.content_type)
    upload_id = ledger.new_upload_id()
    async with uploads.database.read() as session:
        public_id = await unused_public_id(session)
    key = ledger.original_key(public_id, upload_id)
    part_size = _part_size(wanted.size, uploads.limits.part_bytes)
    video = ledger.new_video(account, public_id, wanted, announced.file_name)
    status.uploading(video)
    if wanted.captions:
        video.captions_key = await store_captions(uploads, public_id, upload_id, wanted.captions.encode())
    storage_id = await uploads.parts.begin(key, size=wanted.size, part_size=part_size, content_type=wanted.content_type)
    try:
        async with uploads.database.write() as session:
            row = await ledger.begin(
                session,
                account,
                announced,
                uploads.limits,
                upload_id=upload_id,
                protocol=PROTOCOL,
                video=video,
                storage_upload_id=storage_id,
                part_size=part_size,
            )
    except BaseException:
        with CancelScope(shield=True):
            await _remove_bytes(uploads, video, upload_id, storage_id)
        raise
    return video, _answer(uploads, row)


async def describe(uploads: Uploads, account: Account, public_id: str) -> SessionOut:
    """How far a session is, with fresh addresses, so that a client can go on."""
    video, row = await _find(uploads, account, public_id)
    if row.completed_at is not None or video.status != Status.UPLOADING:
        raise Conflict("This video's upload is complete.")
    try:
        parts = await uploads.parts.parts(_storage_id(row))
    except UploadNotFound:
        raise ledger.gone() from None
    async with uploads.database.write() as session:
        await ledger.touch(session, row.upload_id, uploads.limits, received=sum(part.size for part in parts))
    row.expires_at = uploads.limits.expires_at()
    done = [UploadedPart(number=part.number, size=part.size, etag=part.etag) for part in parts]
    return _answer(uploads, row).model_copy(update={"received": done})


async def complete(uploads: Uploads, account: Account, public_id: str, etags: Mapping[int, str]) -> Video:
    """Make the video of its parts. Called again, it answers the same and does nothing."""
    video, row = await _find(uploads, account, public_id)
    if row.completed_at is None:
        size = await _publish(uploads, video, row, etags)
        if size is not None:
            await _accept(uploads, video, row, size)
    async with uploads.database.read() as session:
        current = await session.get(Video, video.id)
    if current is None:
        raise ledger.gone()
    return current


async def give_up(uploads: Uploads, account: Account, public_id: str) -> None:
    """End a session that will not be completed: its parts and its video go."""
    video, row = await _find(uploads, account, public_id)
    if row.completed_at is not None:
        raise Conflict("This video's upload is complete; delete the video itself.")
    await _discard(uploads, video, row)


async def _publish(uploads: Uploads, video: Video, row: UploadMetadata, etags: Mapping[int, str]) -> int | None:
    """Put the parts together; the object's size, or None when another call has done everything meanwhile.

    That the storage knows the upload no more may also mean that its object is there: a process died right after, or
    another call is between these two steps. Then this one goes on from there.
    """
    try:
        return (await uploads.parts.complete(_storage_id(row), etags)).size
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
            received = Received(key, size, current.captions_key)
            await ledger.finish(session, row.upload_id, current, received, limit=uploads.limits.quota_bytes)
    except Problem:
        await _discard(uploads, video, row)
        raise


async def _check_content(uploads: Uploads, key: str) -> None:
    try:
        head = b"".join([chunk async for chunk in uploads.storage.read(key, 0, SNIFF_BYTES)])
    except ObjectNotFound:
        raise ledger.gone() from None
    check_media(head)


async def _discard(uploads: Uploads, video: Video, row: UploadMetadata) -> None:
    """First the rows: whoever still completes the upload then finds that it is gone."""
    async with uploads.database.write() as session:
        await ledger.discard(session, row.upload_id)
    await _remove_bytes(uploads, video, row.upload_id, _storage_id(row))


async def _remove_bytes(uploads: Uploads, video: Video, upload_id: str, storage_id: str) -> None:
    await uploads.parts.abort(storage_id)
    await uploads.storage.delete_prefix(ledger.original_folder(video.public_id, upload_id))


async def _find(uploads: Uploads, account: Account, public_id: str) -> tuple[Video, UploadMetadata]:
    """A session and its video, if they are this account's. Raises a 404."""
    wanted = (
        select(Video, UploadMetadata)
        .join(UploadMetadata, UploadMetadata.video_id == Video.id)
        .where(Video.public_id == public_id, UploadMetadata.user_id == account.id, UploadMetadata.protocol == PROTOCOL)
    )
    async with uploads.database.read() as session:
        found = (await session.execute(wanted)).first()
    if found is None:
        raise NotFound("There is no such upload session of yours.")
    video, row = found
    if row.completed_at is None and row.expires_at <= utc_now():
        raise ledger.gone()
    return video, row


def _storage_id(row: UploadMetadata) -> str:
    assert row.storage_upload_id is not None  # noqa: S101 - `begin` put it there
    return row.storage_upload_id


def _part_size(size: int, preferred: int) -> int:
    """The preferred size, or what keeps the number of parts within bounds."""
    return max(preferred, -(-size // MAX_PARTS))


def _answer(uploads: Uploads, row: UploadMetadata) -> SessionOut:
    assert row.size is not None  # noqa: S101 - `begin` put both there
    assert row.part_size is not None  # noqa: S101
    lifetime = timedelta(seconds=uploads.limits.expiry)
    count = -(-row.size // row.part_size)
    return SessionOut(
        id=row.upload_id,
        size=row.size,
        part_size=row.part_size,
        parts=[
            PartTarget(number=number, url=uploads.parts.part_url(_storage_id(row), number, expires_in=lifetime))
            for number in range(1, count + 1)
        ],
        expires_at=row.expires_at,
    )
