"""What stages leave in object storage for each other and for the API: JSON and text, written and read in one way."""

import json

from anyio import to_thread

from reelscribe.engines.storage import ObjectReader, ObjectStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes
from reelscribe.media.hls import SegmentIndex
from reelscribe.text.transcript import Transcript

JSON = "application/json"


async def put_json(storage: ObjectStorage, key: str, value: object) -> None:
    """Store a value as JSON."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    await put_bytes(storage, key, data, content_type=JSON)


async def put_text(storage: ObjectStorage, key: str, text: str) -> None:
    """Store text as UTF-8."""
    await put_bytes(storage, key, text.encode(), content_type="text/plain; charset=utf-8")


async def put_index(storage: ObjectStorage, key: str, index: SegmentIndex) -> None:
    """Store where a rendition's segments lie."""
    await put_bytes(storage, key, index.to_json().encode(), content_type=JSON)


async def read_index(storage: ObjectReader, key: str) -> SegmentIndex:
    """Where a rendition's segments lie. Raises `ObjectNotFound`."""
    return SegmentIndex.from_json((await read_bytes(storage, key)).decode())


async def read_transcript(storage: ObjectReader, key: str) -> Transcript:
    """A transcript as the transcribe stage kept it; that of ten hours takes seconds of a thread.

    Raises `ObjectNotFound`.
    """
    return await to_thread.run_sync(_transcript, await read_bytes(storage, key))


def _transcript(data: bytes) -> Transcript:
    return Transcript.from_dict(json.loads(data))
