"""JSON and text that the stages keep in object storage."""

import json

from reelscribe.engines.storage import ObjectStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes
from reelscribe.text.transcript import Transcript, TranscriptDict


async def put_json(storage: ObjectStorage, key: str, value: object) -> None:
    """Store a value as JSON."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    await put_bytes(storage, key, data, content_type="application/json")


async def put_text(storage: ObjectStorage, key: str, text: str) -> None:
    """Store text as UTF-8."""
    await put_bytes(storage, key, text.encode(), content_type="text/plain; charset=utf-8")


async def get_transcript(storage: ObjectStorage, key: str) -> Transcript:
    """A transcript as the transcribe stage kept it."""
    data: TranscriptDict = json.loads(await read_bytes(storage, key))
    return Transcript.from_dict(data)
