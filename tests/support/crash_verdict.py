"""What must be true of a platform when every video is through, whoever died on the way."""

import json
from collections import Counter
from datetime import timedelta

from tests.support.crash import until

from reelscribe.settings import Settings
from reelscribe.videos.uploads import cleanup
from reelscribe.wiring import open_platform

STAGES = ("transcode", "transcribe", "summarize", "index")
TOPICS = ("video.uploaded", "video.transcoded", "video.transcribed", "video.summarized")


async def all_quiet(fleet, titles, *, seconds):
    """Wait until every video is ready, every event published and every due chore done."""

    def standing():
        videos = dict(fleet.rows("SELECT title, status || coalesce(': ' || status_message, '') FROM videos"))
        return {title: videos.get(title, "nowhere") for title in titles if videos.get(title) != "ready"}

    await until(lambda: not standing(), lambda: f"{standing()}\n{fleet.logs()}", seconds=seconds, every=0.1)
    events = "SELECT count(*) FROM outbox_events WHERE NOT published"
    waiting = f"SELECT ({events}) + (SELECT count(*) FROM chores WHERE due_at <= datetime('now'))"  # noqa: S608 - no input
    await until(lambda: fleet.value(waiting) == 0, lambda: fleet.rows("SELECT * FROM chores"), seconds=30)


def judge_rows(fleet, titles):
    """Exactly one of everything, and a history that agrees with the jobs."""
    assert sorted(title for (title,) in fleet.rows("SELECT title FROM videos")) == sorted(titles)
    for video, key, public_id, audio in fleet.rows("SELECT id, key, public_id, audio_key FROM videos"):
        assert key is not None
        for table in ("video_transcripts", "video_summaries"):
            assert fleet.value(f"SELECT count(*) FROM {table} WHERE video_id = ?", video) == 1, table  # noqa: S608 - our own names
        qualities = [
            quality for (quality,) in fleet.rows("SELECT quality FROM video_variants WHERE video_id = ?", video)
        ]
        assert qualities == ["720p"]
        text = fleet.value("SELECT transcript_text FROM video_transcripts WHERE video_id = ?", video)
        assert bool(text) == (audio is not None), f"a transcript of {text!r} beside the sound {audio!r}"
        topics = Counter(
            topic for (topic,) in fleet.rows("SELECT topic FROM outbox_events WHERE video_key = ?", public_id)
        )
        assert topics == dict.fromkeys(TOPICS, 1)
        judge_history(fleet, video)


def judge_history(fleet, video):
    """One `completed` for each stage, in order; and for each attempt a beginning and an end."""
    history = fleet.rows("SELECT kind, stage, attempt FROM video_events WHERE video_id = ? ORDER BY id", video)
    kinds = Counter(kind for kind, _, _ in history)
    assert kinds["uploaded"] == kinds["ready"] == 1, kinds
    assert kinds["failed"] == 0, kinds
    assert [stage for kind, stage, _ in history if kind == "completed"] == list(STAGES)
    assert history[0][0] == "uploaded"
    assert history[-1][0] == "ready"
    jobs = fleet.rows("SELECT stage, status, attempt, failures FROM jobs WHERE video_id = ? ORDER BY id", video)
    assert [(stage, status) for stage, status, _, _ in jobs] == [(stage, "done") for stage in STAGES]
    for stage, _, attempt, failures in jobs:
        of_stage = [(kind, number) for kind, name, number in history if name == stage]
        assert [number for kind, number in of_stage if kind == "started"] == list(range(1, attempt + 1)), of_stage
        assert sum(kind in ("lost", "retrying") for kind, _ in of_stage) == failures, of_stage
        assert len(of_stage) == 2 * attempt, of_stage


async def judge_objects(fleet):
    """With the platform at rest: the objects of every row are there, and no others once abandoned uploads ran out."""
    fleet.rows("UPDATE upload_metadata SET expires_at = '2000-01-01 00:00:00.000000' RETURNING 1")
    async with open_platform(Settings(data_dir=fleet.data)) as platform:
        async with platform.database.write() as session:
            from sqlalchemy import text

            await session.execute(text("UPDATE upload_metadata SET expires_at = '2000-01-01 00:00:00.000000'"))
        await cleanup.abandoned(platform.database, platform.storage, platform.parts)
        await platform.storage.clean_up(timedelta(0))
        present = {stored.key async for stored in platform.storage.list("")}
    assert present == named_objects(fleet), "objects on disk that no row names, or rows that name none"
    assert list((fleet.data / "objects" / ".tmp").iterdir()) == []


def named_objects(fleet):
    """Every object that some row names."""
    keys = set()
    for *plain, storyboard in fleet.rows("SELECT key, captions_key, audio_key, poster_key, storyboard FROM videos"):
        keys.update(plain)
        keys.update(json.loads(storyboard)["sheets"] if storyboard else [])
    for pair in fleet.rows("SELECT key, index_key FROM video_variants"):
        keys.update(pair)
    keys.update(path for (path,) in fleet.rows("SELECT transcript_path FROM video_transcripts"))
    for (path,) in fleet.rows("SELECT summary_path FROM video_summaries"):
        keys.update((path, path.replace(".json", ".txt")))
    return keys - {None}


async def judge_search(client, titles):
    """Each video is found by its own word, once."""
    for title in titles:
        page = await client.json("GET", "/videos/search", params={"q": f'"{title}"'})
        assert [hit["video"]["title"] for hit in page["items"]] == [title]
        assert page["total"] == 1


def judge_leftovers(fleet):
    """No FFmpeg goes on without its worker, and nobody's scratch folder stays."""
    assert fleet.working_there() == []
    scratch = fleet.data / "scratch"
    assert [path.name for path in scratch.iterdir() if path.is_dir()] == []
