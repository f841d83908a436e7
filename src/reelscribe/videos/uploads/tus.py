"""Resumable uploads by tus 1.0. docs/decisions says why this is our own: in short, a library's offset was not true."""

from collections.abc import AsyncIterator
from typing import Final

from anyio import CancelScope, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from reelscribe.accounts.dependencies import Account
from reelscribe.engines.storage import UploadNotFound
from reelscribe.engines.storage.local.guarded import released
from reelscribe.engines.storage.streams import write_behind
from reelscribe.problems import Conflict, PayloadTooLarge, Problem, RequestTimeout
from reelscribe.videos import status
from reelscribe.videos.public_id import unused_public_id
from reelscribe.videos.uploads import growing, ledger, tus_upload
from reelscribe.videos.uploads.body import Brake, at_most, of_media, paced
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.growing import GrowingFile, UploadBusyError
from reelscribe.videos.uploads.ledger import Announced
from reelscribe.videos.uploads.multipart import store_captions
from reelscribe.videos.uploads.problems import UnsupportedMedia, too_large
from reelscribe.videos.uploads.sniff import SNIFF_BYTES
from reelscribe.videos.uploads.tus_headers import Metadata
from reelscribe.videos.uploads.tus_upload import PROTOCOL, Upload

LOCKED: Final = 423


async def create(uploads: Uploads, account: Account, metadata: Metadata, length: int) -> Upload:
    """Begin an upload: the video is `uploading`."""
    if length > uploads.limits.max_bytes:
        raise too_large(uploads.limits.max_bytes)
    upload_id = ledger.new_upload_id()
    async with uploads.database.read() as session:
        public_id = await unused_public_id(session)
    try:
        return await _begin(uploads, account, metadata, length, public_id=public_id, upload_id=upload_id)
    except BaseException:
        with CancelScope(shield=True):
            await tus_upload.remove_bytes(uploads, public_id, upload_id)
        raise


async def _begin(
    uploads: Uploads, account: Account, metadata: Metadata, length: int, *, public_id: str, upload_id: str
) -> Upload:
    video = ledger.new_video(account, public_id, metadata.details, metadata.file_name)
    status.uploading(video)
    if metadata.captions:
        captions = metadata.captions.encode()
        video.captions_key = await store_captions(uploads, public_id, upload_id, captions)
        video.size = len(captions)
    await to_thread.run_sync(GrowingFile(uploads.staging, upload_id, length).create, metadata.raw)
    async with uploads.database.write() as session:
        row = await ledger.begin(
            session,
            account,
            Announced(metadata.file_name, length, metadata.file_type),
            uploads.limits,
            upload_id=upload_id,
            protocol=PROTOCOL,
            video=video,
            storage_upload_id=upload_id,
        )
    return Upload(upload_id, public_id, length, is_completed=False, expires_at=row.expires_at)


async def append(request: Request, uploads: Uploads, upload: Upload, offset: int) -> int:
    """Receive a request's body at `offset`; returns the new offset. The last byte makes the video.

    Raises a 409 for another offset than the upload's, a 423 while another request writes. A body that breaks off counts
    as far as it came.
    """
    try:
        with uploads.writers.writing(upload.id) as brake:
            async with released(upload.file(uploads)) as file:
                await to_thread.run_sync(file.open)
                if file.size != offset:
                    raise Conflict(f"The upload is at offset {file.size}, not {offset}: ask with HEAD and go on there.")
                await _receive(request, uploads, upload, file, brake)
                return file.size
    except UploadBusyError:
        raise _busy() from None
    except UploadNotFound:
        raise ledger.gone() from None
    except UnsupportedMedia:
        await uploads.discard(upload.id)
        raise


async def _receive(request: Request, uploads: Uploads, upload: Upload, file: GrowingFile, brake: Brake) -> None:
    rest = upload.length - file.size
    coming = _coming(request)
    if coming is not None and coming > rest:
        raise _beyond(upload)
    chunks = at_most(paced(request.stream(), uploads.limits.pace, brake), rest, _beyond(upload))
    if file.size == 0 and coming is not None and (coming >= SNIFF_BYTES or coming == upload.length):
        chunks = of_media(chunks)  # small first chunks are judged when the file is whole
    body = _Kept(chunks)
    await write_behind(body.chunks(), file.append)
    async with uploads.database.write() as session:
        await ledger.touch(session, upload.id, uploads.limits, received=file.size)
    if file.size == upload.length:
        await tus_upload.finish(uploads, upload, file)
    elif body.broken_by is not None:
        raise body.broken_by


class _Kept:
    """A body that may break off: what came is kept, and the reason told afterwards.

    An HTTPException is how the service's own guard of bodies tells of a slow one.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.broken_by: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                yield chunk
        except (ClientDisconnect, RequestTimeout, Conflict, HTTPException) as error:
            self.broken_by = error


async def offset_of(uploads: Uploads, upload: Upload) -> int:
    """How far an upload is. A request that still writes to it is stopped: who asks has left that one.

    What is whole but was not made a video, because a process died in between, is made one now.
    """
    if upload.is_completed:
        return upload.length
    try:
        await uploads.writers.stop(upload.id)
        size = await to_thread.run_sync(growing.size_of, uploads.staging, upload.id)
        if size == upload.length:
            await tus_upload.finish_if_whole(uploads, upload)
    except UploadBusyError:
        raise _busy() from None
    except UploadNotFound:
        if await ledger.is_completed(uploads.database, upload.id):
            return upload.length
        raise ledger.gone() from None
    return size


async def terminate(uploads: Uploads, upload: Upload) -> None:
    """Throw an upload away, also while a request writes to it."""
    if upload.is_completed:
        raise Conflict("This upload is complete; delete the video itself.")
    try:
        await uploads.writers.stop(upload.id)
    except UploadBusyError:
        raise _busy() from None
    await uploads.discard(upload.id)


def _coming(request: Request) -> int | None:
    length = request.headers.get("content-length")
    return None if length is None else int(length)


def _beyond(upload: Upload) -> Problem:
    return PayloadTooLarge(f"More bytes came than the {upload.length:,} that this upload was announced with.")


def _busy() -> Problem:
    return Problem("Another request writes to this upload. Try again in a moment.", status=LOCKED)
