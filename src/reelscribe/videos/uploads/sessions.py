"""An upload session: the client PUTs each part to its own signed address, straight to object storage."""

from datetime import timedelta
from typing import Final

from anyio import CancelScope
from sqlalchemy import select

from reelscribe.accounts.dependencies import Account
from reelscribe.database.base import utc_now
from reelscribe.engines.storage import MAX_PARTS, UploadNotFound
from reelscribe.problems import Conflict, NotFound, Problem
from reelscribe.videos import status
from reelscribe.videos.models import Status, UploadMetadata, Video
from reelscribe.videos.public_id import is_public_id, unused_public_id
from reelscribe.videos.uploads import ledger
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.details import display_name
from reelscribe.videos.uploads.ledger import Announced
from reelscribe.videos.uploads.multipart import store_captions
from reelscribe.videos.uploads.problems import too_large
from reelscribe.videos.uploads.schemas import PartTarget, SessionIn, SessionOut, UploadedPart

PROTOCOL: Final = "parts"


async def begin(uploads: Uploads, account: Account, wanted: SessionIn) -> tuple[Video, SessionOut]:
    """Begin a session: the video is `uploading`, the parts have their addresses."""
    if wanted.size > uploads.limits.max_bytes:
        raise too_large(uploads.limits.max_bytes)
    announced = Announced(display_name(wanted.filename), wanted.size, wanted.content_type)
    upload_id = ledger.new_upload_id()
    async with uploads.database.read() as session:
        public_id = await unused_public_id(session)
    video = ledger.new_video(account, public_id, wanted, announced.file_name)
    status.uploading(video)
    try:
        if wanted.captions:
            captions = wanted.captions.encode()
            video.captions_key = await store_captions(uploads, public_id, upload_id, captions)
            video.size = len(captions)
        row = await _begin(uploads, account, video, announced, upload_id)
    except BaseException:
        with CancelScope(shield=True):
            await uploads.storage.delete_prefix(ledger.original_folder(public_id, upload_id))
        raise
    return video, _answer(uploads, row)


async def _begin(
    uploads: Uploads, account: Account, video: Video, announced: Announced, upload_id: str
) -> UploadMetadata:
    """Begin it in the object storage, then in the database; what has no row there goes when it is old."""
    assert announced.size is not None  # noqa: S101 - sessions say it
    part_size = _part_size(announced.size, uploads.limits.part_bytes)
    key = ledger.original_key(video.public_id, upload_id)
    kind = announced.content_type
    storage_id = await uploads.parts.begin(key, size=announced.size, part_size=part_size, content_type=kind)
    try:
        async with uploads.database.write() as session:
            return await ledger.begin(
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
    except Problem:
        await uploads.parts.abort(storage_id)
        raise


async def describe(uploads: Uploads, account: Account, public_id: str) -> SessionOut:
    """How far a session is, with fresh addresses, so that a client can go on."""
    video, row = await find(uploads, account, public_id)
    if row.completed_at is not None or video.status != Status.UPLOADING:
        raise Conflict("This video's upload is complete.")
    try:
        parts = await uploads.parts.parts(storage_id_of(row))
    except UploadNotFound:
        raise ledger.gone() from None
    async with uploads.database.write() as session:
        await ledger.touch(session, row.upload_id, uploads.limits, received=sum(part.size for part in parts))
    row.expires_at = uploads.limits.expires_at()
    done = [UploadedPart(number=part.number, size=part.size, etag=part.etag) for part in parts]
    return _answer(uploads, row).model_copy(update={"received": done})


async def give_up(uploads: Uploads, account: Account, public_id: str) -> None:
    """End a session that will not be completed: its parts and its video go."""
    _, row = await find(uploads, account, public_id)
    if row.completed_at is not None:
        raise Conflict("This video's upload is complete; delete the video itself.")
    await uploads.discard(row.upload_id)


async def find(uploads: Uploads, account: Account, public_id: str) -> tuple[Video, UploadMetadata]:
    """A session and its video, if they are this account's. Raises a 404."""
    if not is_public_id(public_id):
        raise NotFound("There is no such upload session of yours.")
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


def storage_id_of(row: UploadMetadata) -> str:
    """The upload's id in the object storage."""
    assert row.storage_upload_id is not None  # noqa: S101 - `begin` put it there
    return row.storage_upload_id


def _part_size(size: int, preferred: int) -> int:
    """The preferred size, or what keeps the number of parts within bounds."""
    return max(preferred, -(-size // MAX_PARTS))


def _answer(uploads: Uploads, row: UploadMetadata) -> SessionOut:
    assert row.size is not None  # noqa: S101 - `begin` put both there
    assert row.part_size is not None  # noqa: S101 - the same
    lifetime = timedelta(seconds=uploads.limits.expiry)
    count = -(-row.size // row.part_size)
    return SessionOut(
        id=row.upload_id,
        size=row.size,
        part_size=row.part_size,
        parts=[
            PartTarget(number=number, url=uploads.parts.part_url(storage_id_of(row), number, expires_in=lifetime))
            for number in range(1, count + 1)
        ],
        expires_at=row.expires_at,
    )
