"""Stage 4, `video.summarized` -> ready: the video becomes findable, word by word."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.search import VideoDocument
from reelscribe.engines.storage import ObjectNotFound
from reelscribe.jobs import chores
from reelscribe.pipeline.stage import Context, StageError
from reelscribe.search.document import Sources, build, sources_of
from reelscribe.videos.models import Video


@dataclass(frozen=True, slots=True)
class Found:
    """What was indexed. `revision` is the video's at the time that its text was read."""

    document: VideoDocument
    revision: int


async def load(session: AsyncSession, video: Video) -> tuple[Sources, int]:
    """Read what is searched: title, description, summary, and where the transcript is."""
    return await sources_of(session, video), video.revision


async def work(loaded: tuple[Sources, int], context: Context) -> Found:
    """Put the video's document into the index, in place of any earlier one."""
    sources, revision = loaded
    try:
        document = await build(sources, context.engines.storage, context.engines.embedder)
    except ObjectNotFound as error:
        raise StageError("The transcript is gone from storage. Replay the video from transcribe.") from error
    context.report(50.0)
    await context.engines.search.index([document])
    return Found(document, revision)


async def record(session: AsyncSession, video: Video, found: Found) -> dict[str, object]:
    """Note what was indexed; an edit made meanwhile asks for a refresh."""
    if video.revision != found.revision:
        chores.add(session, chores.REFRESH_DOCUMENT, video.public_id)
    return {"moments": len(found.document.moments)}
