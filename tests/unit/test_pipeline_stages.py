from pathlib import Path

import reelscribe
from reelscribe.events import topics
from reelscribe.pipeline.stages import STAGES, next_status, stage_on
from reelscribe.videos import objects
from reelscribe.videos.models import Status


def test_every_topic_starts_exactly_one_stage_and_each_stage_leads_to_the_next():
    assert tuple(stage.on for stage in STAGES) == topics.TOPICS
    assert [stage_on(stage.emits).name for stage in STAGES[:-1]] == ["transcribe", "summarize", "index"]
    assert [next_status(stage) for stage in STAGES] == [
        Status.TRANSCRIBING,
        Status.SUMMARIZING,
        Status.INDEXING,
        Status.READY,
    ]


def test_the_queues_are_the_contract_s():
    queues = [stage.queue for stage in STAGES]
    assert queues == ["video-transcode", "video-transcribe", "video-summarize", "video-search-index"]


def test_only_one_module_changes_a_video_s_status():
    source = Path(reelscribe.__file__).parent
    setters = {
        path.relative_to(source).as_posix() for path in source.rglob("*.py") if "video.status = " in path.read_text()
    }
    assert setters == {"videos/status.py"}


def test_only_older_attempts_of_the_same_stage_are_pruned():
    kept = "videos/v/transcode/2-3/"
    assert objects.is_older("videos/v/transcode/2-2/720p.mp4", kept)
    assert objects.is_older("videos/v/transcode/1-9/720p.mp4", kept)
    assert not objects.is_older("videos/v/transcode/2-3/720p.mp4", kept)
    assert not objects.is_older("videos/v/transcode/2-10/720p.mp4", kept)
    assert not objects.is_older("videos/v/transcode/10-1/720p.mp4", kept)
    assert not objects.is_older("videos/v/transcribe/1-1/transcript.json", kept)
