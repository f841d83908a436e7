"""An upload as one multipart form: the file goes straight to storage, the video is made when it is whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from anyio import CancelScope, to_thread
from starlette.requests import Request

from reelscribe.accounts.dependencies import Account
from reelscribe.engines.storage.whole import put_bytes
from reelscribe.text.captions import CaptionError, parse_captions
from reelscribe.videos.accept import Received
from reelscribe.videos.models import Video
from reelscribe.videos.public_id import unused_public_id
from reelscribe.videos.uploads import ledger
from reelscribe.videos.uploads.body import at_most, of_media, paced
from reelscribe.videos.uploads.context import Uploads
from reelscribe.videos.uploads.details import FIELDS, display_name, parse_details
from reelscribe.videos.uploads.form import FormPart, FormReader, boundary_of, text_of
from reelscribe.videos.uploads.ledger import Announced
from reelscribe.videos.uploads.problems import bad_field, too_large

PROTOCOL: Final = "multipart"
MAX_FIELD_BYTES: Final = 128 * 1024
"""A description of the greatest length in the widest UTF-8, and some."""

FORM_BYTES: Final = 4096
"""What boundaries and short fields take of a body, about: the room held for the file is that much less."""


class _Incoming:
    """A form as far as it has come: its parts are stored under the folder of this upload."""

    def __init__(self, uploads: Uploads, public_id: str, upload_id: str) -> None:
        self.public_id = public_id
        self.upload_id = upload_id
        self._uploads = uploads
        self._seen: set[str] = set()
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self.file: tuple[str, int] | None = None
        self.captions_key: str | None = None
        self.captions_size = 0

    async def take(self, part: FormPart) -> None:
        """Store or keep one part. Raises a problem for what does not belong here."""
        if part.name in self._seen:
            raise bad_field(part.name, "is there twice", "duplicate")
        self._seen.add(part.name)
        if part.name == "file":
            await self._take_file(part)
        elif part.name == "captions":
            await self._take_captions(part)
        elif part.name in FIELDS:
            self.fields[part.name] = await text_of(part, MAX_FIELD_BYTES)
        else:
            raise bad_field(part.name[:64], f"is not known; there are file, captions, {', '.join(sorted(FIELDS))}")

    async def _take_file(self, part: FormPart) -> None:
        limit = self._uploads.limits.max_bytes
        self.file_name = display_name(part.file_name or "")
        key = ledger.original_key(self.public_id, self.upload_id)
        chunks = of_media(at_most(part.chunks, limit, too_large(limit)))
        stored = await self._uploads.storage.put(key, chunks, content_type="application/octet-stream")
        self.file = key, stored.size

    async def _take_captions(self, part: FormPart) -> None:
        limit = self._uploads.limits.max_caption_bytes
        refused = bad_field("captions", f"is larger than {limit:,} bytes", "too_large")
        data = b"".join([chunk async for chunk in at_most(part.chunks, limit, refused)])
        if data:
            self.captions_key = await store_captions(self._uploads, self.public_id, self.upload_id, data)
            self.captions_size = len(data)

    def received(self) -> Received:
        """What is in storage now. Raises a 422 without a file."""
        if self.file is None:
            raise bad_field("file", "is missing: send the video as the part named file", "missing")
        key, size = self.file
        return Received(key, size, self.captions_key, self.captions_size)


async def receive_form(request: Request, account: Account, uploads: Uploads) -> Video:
    """Receive the request's form and make the video of it. Whatever goes wrong, nothing of it stays."""
    boundary = boundary_of(request.headers.get("content-type", ""))
    async with _announced(request, account, uploads) as incoming:
        chunks = paced(request.stream(), uploads.limits.pace)
        async for part in FormReader(chunks, boundary).parts():
            await incoming.take(part)
        return await _finish(account, uploads, incoming)


async def store_captions(uploads: Uploads, public_id: str, upload_id: str, data: bytes) -> str:
    """Store captions that can be read; returns their key. Raises a 422 that says why they cannot."""
    try:
        await to_thread.run_sync(parse_captions, data)
    except CaptionError as error:
        raise bad_field("captions", str(error), "captions") from None
    suffix = "vtt" if data.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT") else "srt"
    key = f"{ledger.original_folder(public_id, upload_id)}captions.{suffix}"
    await put_bytes(uploads.storage, key, data, content_type="text/plain")
    return key


@asynccontextmanager
async def _announced(request: Request, account: Account, uploads: Uploads) -> AsyncIterator[_Incoming]:
    """Hold room for the body, and give it back with every byte stored when the upload does not end well."""
    announced = Announced("", _file_bytes(request, uploads), "multipart/form-data")
    upload_id = ledger.new_upload_id()
    async with uploads.database.write() as session:
        public_id = await unused_public_id(session)
        folder = ledger.original_folder(public_id, upload_id)
        await ledger.begin(
            session,
            account,
            announced,
            uploads.limits,
            upload_id=upload_id,
            protocol=PROTOCOL,
            storage_upload_id=folder,
        )
    try:
        yield _Incoming(uploads, public_id, upload_id)
    except BaseException:
        with CancelScope(shield=True):
            await uploads.discard(upload_id)
        raise


def _file_bytes(request: Request, uploads: Uploads) -> int | None:
    """How large the file is about to be, by the body's length. Raises a 413 at once when that is too much."""
    length = request.headers.get("content-length")
    if length is None:
        return None
    limits = uploads.limits
    if int(length) > limits.max_bytes + limits.max_caption_bytes + MAX_FIELD_BYTES:
        raise too_large(limits.max_bytes)
    return max(0, int(length) - FORM_BYTES)


async def _finish(account: Account, uploads: Uploads, incoming: _Incoming) -> Video:
    received = incoming.received()
    details = parse_details(incoming.fields)
    video = ledger.new_video(account, incoming.public_id, details, incoming.file_name)
    async with uploads.database.write() as session:
        await ledger.finish(session, incoming.upload_id, video, received, limit=uploads.limits.quota_bytes)
    return video
