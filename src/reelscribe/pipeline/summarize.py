"""Stage 3, `video.transcribed` -> `video.summarized`: a summary whose sentences keep their times, and chapters."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.storage import ObjectNotFound
from reelscribe.pipeline.stage import Context, StageError, TryAgainError
from reelscribe.text.map_reduce import Progress, summarize
from reelscribe.text.ports import LanguageModelError
from reelscribe.text.summary import Summary
from reelscribe.videos.artifacts import put_json, put_text, read_transcript
from reelscribe.videos.models import Video, VideoSummary, VideoTranscript


@dataclass(frozen=True, slots=True)
class Spoken:
    """Where the transcript is."""

    transcript_key: str


@dataclass(frozen=True, slots=True)
class Summarized:
    """The summary and where its JSON lies."""

    summary: Summary
    key: str


async def load(session: AsyncSession, video: Video) -> Spoken:
    """Find the transcript."""
    key = await session.scalar(select(VideoTranscript.transcript_path).where(VideoTranscript.video_id == video.id))
    if key is None:
        raise StageError("There is no transcript to summarize. Replay the video from transcribe.")
    return Spoken(key)


async def work(spoken: Spoken, context: Context) -> Summarized:
    """Summarize chunk by chunk, reduce, and keep the result as JSON and as text."""
    engines = context.engines
    try:
        transcript = await read_transcript(engines.storage, spoken.transcript_key)
        summary = await summarize(transcript, engines.language, engines.embedder, progress=_progress(context))
    except ObjectNotFound as error:
        raise StageError("The transcript is gone from storage. Replay the video from transcribe.") from error
    except LanguageModelError as error:
        raise TryAgainError(str(error), repr(error)) from error
    key = f"{context.prefix}summary.json"
    await put_json(engines.storage, key, summary.to_dict())
    await put_text(engines.storage, f"{context.prefix}summary.txt", summary.text)
    return Summarized(summary, key)


async def record(session: AsyncSession, video: Video, summarized: Summarized) -> dict[str, object]:
    """Put the summary in place of any earlier one."""
    summary = summarized.summary
    await session.execute(delete(VideoSummary).where(VideoSummary.video_id == video.id))
    session.add(
        VideoSummary(
            video_id=video.id,
            summary_text=summary.text,
            summary_path=summarized.key,
            sentences=[asdict(sentence) for sentence in summary.sentences],
            chapters=[asdict(chapter) for chapter in summary.chapters],
            model_info=summary.model_info,
            quality_score=summary.quality_score,
        )
    )
    return {"sentences": len(summary.sentences), "chapters": len(summary.chapters), "quality": summary.quality_score}


def _progress(context: Context) -> Progress:
    async def report(percent: float) -> None:
        context.report(percent)

    return report
