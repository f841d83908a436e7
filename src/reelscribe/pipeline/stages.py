"""The pipeline, as one table.

    upload -> transcode -> transcribe -> summarize -> index -> ready

An upload ends with `video.uploaded` (`videos.accept`). Each event starts the stage that stands on it: `dispatch` turns
the event into a job, a worker claims the job, `run` loads, works and records it, and the record adds the next event to
the outbox, which the `relay` publishes.
"""

from typing import Any, Final

from reelscribe.events import topics
from reelscribe.pipeline import index, summarize, transcode, transcribe
from reelscribe.pipeline.stage import Stage, load_embedder
from reelscribe.videos.models import Status

AnyStage = Stage[Any, Any]

STAGES: Final[tuple[AnyStage, ...]] = (
    Stage(
        "transcode",
        on=topics.VIDEO_UPLOADED,
        status=Status.TRANSCODING,
        load=transcode.load,
        work=transcode.work,
        record=transcode.record,
        emits=topics.VIDEO_TRANSCODED,
        queue="video-transcode",
        service=topics.API_SERVICE,
    ),
    Stage(
        "transcribe",
        on=topics.VIDEO_TRANSCODED,
        status=Status.TRANSCRIBING,
        load=transcribe.load,
        work=transcribe.work,
        record=transcribe.record,
        emits=topics.VIDEO_TRANSCRIBED,
        queue="video-transcribe",
        service=topics.API_SERVICE,
        prepare=transcribe.prepare,
    ),
    Stage(
        "summarize",
        on=topics.VIDEO_TRANSCRIBED,
        status=Status.SUMMARIZING,
        load=summarize.load,
        work=summarize.work,
        record=summarize.record,
        emits=topics.VIDEO_SUMMARIZED,
        queue="video-summarize",
        service=topics.SUMMARIZER_SERVICE,
        prepare=load_embedder,
    ),
    Stage(
        "index",
        on=topics.VIDEO_SUMMARIZED,
        status=Status.INDEXING,
        load=index.load,
        work=index.work,
        record=index.record,
        emits=None,
        queue="video-search-index",
        service=topics.API_SERVICE,
        prepare=load_embedder,
    ),
)


def stage_named(name: str) -> AnyStage:
    """The stage of that name; raises KeyError."""
    return {stage.name: stage for stage in STAGES}[name]


def stage_on(topic: str) -> AnyStage:
    """The stage that an event starts; raises KeyError."""
    return {stage.on: stage for stage in STAGES}[topic]


def next_status(stage: AnyStage) -> Status:
    """Where a video stands when the stage is through: at the next stage's work, or ready."""
    return Status.READY if stage.emits is None else stage_on(stage.emits).status
