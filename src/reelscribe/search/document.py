"""The search document of a video, built from its rows and from the transcript in object storage."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from anyio import to_thread
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.database.session import Database
from reelscribe.engines.search import MomentDocument, VideoDocument
from reelscribe.engines.storage import ObjectNotFound, ObjectReader
from reelscribe.text.ports import Embedder
from reelscribe.text.transcript import Transcript
from reelscribe.text.windows import windows
from reelscribe.videos.artifacts import read_transcript
from reelscribe.videos.models import Status, Video, VideoSummary, VideoTranscript, Visibility

log = structlog.get_logger(__name__)

BATCH = 50
"""Videos read in one short transaction while the whole index is built."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the database knows of a video's document; the transcript itself lies in object storage."""

    id: str
    title: str
    description: str
    summary: str
    user_id: int
    user_name: str
    status: str
    visibility: Visibility
    created_at: datetime
    duration: float
    language: str | None
    transcript_key: str | None


async def sources_of(session: AsyncSession, video: Video) -> Sources:
    """Read what is searched. A video that is being indexed is written down as the ready one that it is about to be."""
    summary = await session.scalar(select(VideoSummary.summary_text).where(VideoSummary.video_id == video.id))
    key = await session.scalar(select(VideoTranscript.transcript_path).where(VideoTranscript.video_id == video.id))
    return Sources(
        id=video.public_id,
        title=video.title,
        description=video.description,
        summary=summary or "",
        user_id=video.user_id,
        user_name=video.user_name,
        status=Status.READY if video.status == Status.INDEXING else video.status,
        visibility=Visibility(video.visibility),
        created_at=video.created_at,
        duration=video.duration or 0.0,
        language=video.language,
        transcript_key=key,
    )


async def build(sources: Sources, storage: ObjectReader, embedder: Embedder | None) -> VideoDocument:
    """The document, with a vector for each moment where there is an embedder. Raises `ObjectNotFound`."""
    moments: list[MomentDocument] = []
    if sources.transcript_key is not None:
        transcript = await read_transcript(storage, sources.transcript_key)
        moments = await to_thread.run_sync(_moments, transcript, embedder)
    return VideoDocument(
        id=sources.id,
        title=sources.title,
        description=sources.description,
        summary=sources.summary,
        user_id=sources.user_id,
        user_name=sources.user_name,
        status=sources.status,
        visibility=sources.visibility.value,
        created_at=sources.created_at,
        duration=sources.duration,
        language=sources.language,
        moments=moments,
    )


async def build_anyway(sources: Sources, storage: ObjectReader, embedder: Embedder | None) -> VideoDocument:
    """As `build`; without its moments where the transcript is lost, which must not keep the video from being found."""
    try:
        return await build(sources, storage, embedder)
    except ObjectNotFound:
        log.warning("transcript_lost", video=sources.id)
        return await build(replace(sources, transcript_key=None), storage, embedder)


async def all_documents(
    database: Database, storage: ObjectReader, embedder: Embedder | None
) -> AsyncIterator[VideoDocument]:
    """Every video that was ever ready, oldest first, in short transactions: what an index is built from anew."""
    after = 0
    while batch := await _next_batch(database, after):
        for _, sources in batch:
            yield await build_anyway(sources, storage, embedder)
        after = batch[-1][0]


async def _next_batch(database: Database, after: int) -> list[tuple[int, Sources]]:
    wanted = select(Video).where(Video.id > after, Video.processed_at.is_not(None)).order_by(Video.id).limit(BATCH)
    async with database.read() as session:
        return [(video.id, await sources_of(session, video)) for video in (await session.scalars(wanted)).all()]


def _moments(transcript: Transcript, embedder: Embedder | None) -> list[MomentDocument]:
    found = windows(transcript)
    vectors = embedder.embed([window.text for window in found]) if embedder is not None and found else None
    return [
        MomentDocument(
            start=window.start,
            end=window.end,
            text=window.text,
            words=window.words,
            sentence_starts=window.sentence_starts,
            vector=None if vectors is None else vectors[place],
        )
        for place, window in enumerate(found)
    ]
