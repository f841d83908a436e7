"""A video's transcript as it was stored, and as the files that players and people want."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from typing import Final, Literal

from anyio import to_thread
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import State

from reelscribe.engines.storage import ObjectNotFound, ObjectReader
from reelscribe.problems import NotFound
from reelscribe.text.captions import to_srt, to_txt, to_vtt
from reelscribe.text.transcript import Transcript
from reelscribe.videos.artifacts import read_transcript
from reelscribe.videos.models import Video, VideoTranscript
from reelscribe.videos.renderings import Renderings
from reelscribe.videos.serving import Content, made

Format = Literal["json", "vtt", "srt", "txt"]

_WRITERS: Final[dict[str, tuple[Callable[[Transcript], str], str]]] = {
    "vtt": (to_vtt, "text/vtt; charset=utf-8"),
    "srt": (to_srt, "application/x-subrip; charset=utf-8"),
    "txt": (to_txt, "text/plain; charset=utf-8"),
}
EXPORTED: Final = tuple(media_type.partition(";")[0] for _, media_type in _WRITERS.values())
"""The media types of the files; JSON comes beside them."""


class WordOut(BaseModel):
    """One word; seconds."""

    start: float
    end: float
    word: str
    probability: float


class SegmentOut(BaseModel):
    """A stretch of speech, usually a sentence; seconds. `words` is empty where no word times are known."""

    id: int
    start: float
    end: float
    text: str
    words: list[WordOut]


class TranscriptOut(BaseModel):
    """What was said. Documents the stored JSON, which is sent as it is."""

    video_id: str
    language: str | None
    duration: float
    segments: list[SegmentOut]
    model_info: dict[str, object]


async def transcript_key(session: AsyncSession, video: Video) -> str:
    """Where the transcript lies. Raises `NotFound` before there is one; no speech is a transcript without segments."""
    wanted = select(VideoTranscript.transcript_path).where(VideoTranscript.video_id == video.id)
    key = await session.scalar(wanted)
    if key is None:
        raise _none_yet()
    return key


async def stored_json(storage: ObjectReader, key: str, public_id: str, download_as: str | None = None) -> Content:
    """The stored JSON with the video's id put in front: streamed and never parsed, since it may be 50 MB.

    Raises `NotFound`.
    """
    found = await storage.head(key)
    if found is None:
        raise _none_yet()
    front = json.dumps({"video_id": public_id}).encode()[:-1] + b", "
    # The stored object begins with its brace, which `front` already has.
    lead = len(front) - 1

    async def read(start: int, end: int) -> AsyncIterator[bytes]:
        if start < len(front):
            yield front[start : min(end, len(front))]
        async for chunk in storage.read(key, max(1, start - lead), max(1, end - lead)):
            yield chunk

    return Content(found.size + lead, found.etag, "application/json", read, download_as=download_as)


async def exported(state: State, key: str, wanted: str, download_as: str | None = None) -> Content:
    """The transcript as `vtt`, `srt` or `txt`: made once and kept for a while. Raises `NotFound`."""
    renderings: Renderings = state.renderings
    content = await renderings.get((key, wanted), partial(_rendered, state.storage, key, wanted))
    return replace(content, download_as=download_as)


async def _rendered(storage: ObjectReader, key: str, wanted: str) -> Content:
    write, media_type = _WRITERS[wanted]
    try:
        transcript = await read_transcript(storage, key)
    except ObjectNotFound:
        raise _none_yet() from None
    body = await to_thread.run_sync(lambda: write(transcript).encode())
    return made(body, media_type)


def _none_yet() -> NotFound:
    return NotFound("There is no transcript of this video yet.", title="No transcript yet")
