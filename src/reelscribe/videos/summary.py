"""A video's summary on the wire."""

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.videos.models import Video, VideoSummary


class SummarySentence(BaseModel):
    """One sentence and where in the video it is supported; seconds, null where nothing supports it."""

    text: str
    start: float | None
    end: float | None


class Chapter(BaseModel):
    """One chapter; seconds."""

    title: str
    start: float
    end: float


class SummaryOut(BaseModel):
    """What a video says, in a few sentences."""

    video_id: str
    text: str
    sentences: list[SummarySentence]
    chapters: list[Chapter]
    quality_score: float = Field(description="From 0 to 1.")
    model_info: dict[str, object]


async def summary_of(session: AsyncSession, video: Video) -> SummaryOut | None:
    """The summary; None before there is one."""
    row = await session.scalar(select(VideoSummary).where(VideoSummary.video_id == video.id))
    if row is None:
        return None
    return SummaryOut.model_validate(
        {
            "video_id": video.public_id,
            "text": row.summary_text,
            "sentences": row.sentences,
            "chapters": row.chapters,
            "quality_score": row.quality_score,
            "model_info": row.model_info,
        }
    )
