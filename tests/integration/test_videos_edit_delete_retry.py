"""Changing videos: edits, deletion in any state, retry and replay."""

import base64

import pytest
from sqlalchemy import select, update
from starlette.requests import HTTPConnection
from tests.support.app import API, open_app
from tests.support.pipeline import add_job, job_status, one
from tests.support.videos import START, add_ready_video, add_renditions, add_transcript, add_video, said

from reelscribe.events.models import OutboxEvent, VideoEvent
from reelscribe.jobs import lease
from reelscribe.jobs.models import Chore, Job, JobStatus
from reelscribe.pipeline import record
from reelscribe.pipeline.stages import STAGES
from reelscribe.pipeline.upkeep import Upkeep
from reelscribe.videos.models import (
    UploadMetadata,
    Video,
    VideoSummary,
    VideoTranscript,
    VideoVariant,
)
from reelscribe.videos.replay import STARTS
from reelscribe.videos.uploads.context import uploads_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


async def send(app, person, method, video, tail="", body=None):  # noqa: PLR0917 - a request in one line
    return await app.http.request(method, f"{API}/videos/{video.public_id}{tail}", headers=person.headers, json=body)


async def rows(app, model):
    async with app.platform.database.read() as session:
        return list(await session.scalars(select(model)))


async def do_chores(app):
    """Everything that is due, and also the second look that is due in an hour."""
    platform = app.platform
    async with platform.database.write() as session:
        await session.execute(update(Chore).values(due_at=START))
    await Upkeep(platform.database, platform.storage, platform.search, platform.embedder).run_due()


async def objects_of(app, video):
    return [item.key async for item in app.platform.storage.list(f"videos/{video.public_id}/")]


async def test_an_edit_is_seen_at_once_and_found_after_its_chore(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    answer = await send(app, ada, "PATCH", video, body={"title": "  Zebra\ncrossing ", "description": "Stripes."})
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["description"]) == ("Zebra crossing", "Stripes.")
    assert (await send(app, ada, "GET", video)).json() == answer.json()
    row = await one(app.platform.database, Video, id=video.id)
    assert row.revision == 2
    line = await one(app.platform.database, VideoEvent, video_id=video.id)
    assert (line.kind, line.data) == ("edited", {"fields": ["description", "title"]})
    await do_chores(app)
    found = await app.http.get(f"{API}/videos/search", headers=ada.headers, params={"q": "zebra"})
    assert [item["video"]["id"] for item in found.json()["items"]] == [video.public_id]


async def test_until_the_index_follows_an_edit_the_old_words_are_not_shown(app, ada):
    video = await add_ready_video(app.platform, ada.id, title="Secret lighthouse", description="A hidden lighthouse.")
    await send(app, ada, "PATCH", video, body={"title": "Plain", "description": ""})
    found = await app.http.get(f"{API}/videos/search", headers=ada.headers, params={"q": "lighthouse"})
    assert "Secret" not in found.text
    assert "hidden" not in found.text


async def test_an_edit_that_changes_nothing_leaves_no_trace(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    for body in ({}, {"title": video.title}, {"visibility": "internal", "description": ""}):
        assert (await send(app, ada, "PATCH", video, body=body)).status_code == 200
    assert await rows(app, VideoEvent) == []
    assert await rows(app, Chore) == []
    assert (await one(app.platform.database, Video, id=video.id)).revision == 1


async def test_a_language_that_is_given_is_kept_and_null_has_it_detected_again(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    assert (await send(app, ada, "PATCH", video, body={"language": "de-AT"})).json()["language"] == "de"
    assert (await one(app.platform.database, Video, id=video.id)).language_given
    assert (await send(app, ada, "PATCH", video, body={"language": None})).json()["language"] is None
    assert not (await one(app.platform.database, Video, id=video.id)).language_given


BAD_EDITS = [
    {"title": ""},
    {"title": " \n\t"},
    {"title": "\u202e\x00"},
    {"title": None},
    {"title": 7},
    {"title": "x" * 501},
    {"description": "x" * 20_001},
    {"visibility": "secret"},
    {"visibility": None},
    {"language": "klingon"},
    {"status": "ready"},
    {"user_id": 1},
    [],
    "title",
    None,
]


async def test_bad_edits_are_refused_whole(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    for body in BAD_EDITS:
        answer = await send(app, ada, "PATCH", video, body=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"]
    half = await app.http.patch(
        f"{API}/videos/{video.public_id}",
        headers={**ada.headers, "Content-Type": "application/json"},
        content=b'{"title": "lone \\ud800 surrogate"}',
    )
    assert half.status_code in (200, 422)
    assert (await send(app, ada, "GET", video)).status_code == 200


async def test_deletion_leaves_nothing_in_the_database_the_storage_or_the_index(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    kept = await add_ready_video(app.platform, ada.id)
    assert await objects_of(app, video)
    assert (await send(app, ada, "DELETE", video)).status_code == 204
    for tail in ("", "/watch", "/transcript", "/summary", "/events"):
        assert (await send(app, ada, "GET", video, tail)).status_code == 404
    assert (await send(app, ada, "DELETE", video)).status_code == 404
    for model in (VideoVariant, VideoTranscript, VideoSummary):
        assert {row.video_id for row in await rows(app, model)} == {kept.id}
    found = await app.http.get(f"{API}/videos/search", headers=ada.headers, params={"q": "lighthouse"})
    assert [item["video"]["id"] for item in found.json()["items"]] == [kept.public_id]
    await do_chores(app)
    assert await objects_of(app, video) == []
    assert await objects_of(app, kept)
    assert await rows(app, Chore) == []


async def test_deletion_in_the_middle_of_a_stage_takes_the_lease_from_its_worker(app, ada):
    database = app.platform.database
    video = await add_video(database, ada.id, status="transcoding")
    job_id = await add_job(database, video, "transcode")
    async with database.write() as session:
        held = await lease.claim_job(session, job_id, "worker", 30)
    await add_renditions(app.platform, video)
    assert (await send(app, ada, "DELETE", video)).status_code == 204
    with pytest.raises(lease.LeaseLostError):
        async with database.write() as session:
            await record.completed(session, held, None)
    await do_chores(app)
    assert await objects_of(app, video) == []
    for model in (Job, VideoVariant, VideoEvent, OutboxEvent):
        assert await rows(app, model) == []


async def test_deletion_in_the_middle_of_an_upload_in_parts_removes_the_parts(app, ada):
    announced = {"filename": "talk.mp4", "size": 1 << 20, "content_type": "video/mp4"}
    begun = await app.http.post(f"{API}/videos/upload", headers=ada.headers, json=announced)
    assert begun.status_code == 201, begun.text
    upload = await one(app.platform.database, UploadMetadata)
    url = begun.json()["upload"]["parts"][0]["url"]
    size = announced["size"]
    assert (await app.http.put(url, content=b"\0" * size)).status_code == 200
    assert len(await app.platform.parts.parts(upload.storage_upload_id)) == 1
    gone = await app.http.delete(f"{API}/videos/{begun.json()['video']['id']}", headers=ada.headers)
    assert gone.status_code == 204
    assert await rows(app, UploadMetadata) == []
    assert (await app.http.put(url, content=b"\0" * size)).status_code == 404


async def test_deletion_in_the_middle_of_a_tus_upload_removes_what_came_in(app, ada):
    head = {"Tus-Resumable": "1.0.0", **ada.headers}
    name = base64.b64encode(b"talk.mp4").decode()
    begun = await app.http.post(
        f"{API}/videos/upload/tus", headers={**head, "Upload-Length": "1000", "Upload-Metadata": f"filename {name}"}
    )
    assert begun.status_code == 201, begun.text
    chunk = {**head, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = await app.http.patch(begun.headers["location"], headers=chunk, content=b"\0" * 500)
    assert sent.status_code == 204, sent.text
    upload = await one(app.platform.database, UploadMetadata)
    staging = uploads_of(httpx_connection(app)).staging
    assert [path for path in staging.rglob("*") if upload.upload_id in path.name]
    gone = await app.http.delete(f"{API}/videos/{begun.headers['x-video-id']}", headers=ada.headers)
    assert gone.status_code == 204
    assert [path for path in staging.rglob("*") if upload.upload_id in path.name] == []
    resumed = await app.http.head(begun.headers["location"], headers=head)
    assert resumed.status_code == 404


def httpx_connection(app):
    return HTTPConnection({"type": "http", "app": app.app, "headers": []})


def test_a_replay_starts_each_stage_as_the_pipeline_does():
    assert {stage.name: (stage.on, stage.status) for stage in STAGES} == {
        name: tuple(start) for name, start in STARTS.items()
    }
    assert [stage.name for stage in STAGES] == list(STARTS)


async def test_a_failed_video_is_retried_from_the_stage_that_failed(app, ada):
    database = app.platform.database
    video = await add_video(
        database, ada.id, status="failed", failed_stage="transcribe", status_message="No model.", key="k", duration=8.0
    )
    await add_job(database, video, "transcode", status=JobStatus.DONE)
    old = await add_job(database, video, "transcribe", status=JobStatus.QUEUED)
    answer = await send(app, ada, "POST", video, "/retry")
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert (found["status"], found["status_message"], found["failed_stage"]) == ("transcribing", None, None)
    assert found["progress"] == {"stage": "transcribe", "percent": 0.0}
    event = await one(database, OutboxEvent)
    assert (event.topic, event.payload["run"], event.payload["video_id"]) == ("video.transcoded", 2, video.public_id)
    assert (await one(database, VideoEvent)).kind == "replayed"
    assert (await one(database, Video, id=video.id)).run == 2
    assert await job_status(database, old) is JobStatus.SUPERSEDED


async def test_a_second_retry_finds_the_video_at_work(app, ada):
    video = await add_video(app.platform.database, ada.id, status="failed", failed_stage="transcode", key="k")
    assert (await send(app, ada, "POST", video, "/retry")).status_code == 202
    again = await send(app, ada, "POST", video, "/retry")
    assert again.status_code == 409
    assert "being processed" in again.json()["detail"]
    assert len(await rows(app, OutboxEvent)) == 1


@pytest.mark.parametrize("status", ["uploading", "pending", "transcoding", "transcribing", "summarizing", "indexing"])
async def test_a_video_at_work_is_not_retried(app, ada, status):
    video = await add_video(app.platform.database, ada.id, status=status, key="k")
    for body in (None, {}, {"from_stage": "transcode"}):
        assert (await send(app, ada, "POST", video, "/retry", body)).status_code == 409
    assert await rows(app, OutboxEvent) == []


@pytest.mark.parametrize("stage", list(STARTS))
async def test_a_ready_video_is_replayed_from_any_stage(app, ada, stage):
    video = await add_ready_video(app.platform, ada.id)
    answer = await send(app, ada, "POST", video, "/retry", {"from_stage": stage})
    assert (answer.status_code, answer.json()["status"]) == (202, STARTS[stage].status)
    assert (await one(app.platform.database, OutboxEvent)).topic == STARTS[stage].on
    assert (await send(app, ada, "GET", video, "/watch")).status_code == 200


async def test_a_ready_video_without_a_stage_is_replayed_whole(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    assert (await send(app, ada, "POST", video, "/retry", {})).json()["status"] == "transcoding"


async def test_a_retry_never_begins_after_the_stage_that_failed(app, ada):
    video = await add_video(app.platform.database, ada.id, status="failed", failed_stage="transcribe", key="k")
    answer = await send(app, ada, "POST", video, "/retry", {"from_stage": "index"})
    assert answer.status_code == 409
    assert "transcribe" in answer.json()["detail"]
    assert (await send(app, ada, "POST", video, "/retry", {"from_stage": "upload"})).status_code == 422


async def test_a_stage_whose_input_is_not_there_is_not_begun(app, ada):
    database = app.platform.database
    failed = {"status": "failed", "failed_stage": "index", "key": "k"}
    bare = await add_video(database, ada.id, **{**failed, "key": None})
    answer = await send(app, ada, "POST", bare, "/retry", {"from_stage": "transcode"})
    assert (answer.status_code, "Upload it again" in answer.json()["detail"]) == (409, True)
    video = await add_video(database, ada.id, **failed)
    for ready, stage, missing in (
        (None, "transcribe", "transcode"),
        (add_renditions, "summarize", "transcribe"),
        (_transcribed, "index", "summarize"),
    ):
        if ready is not None:
            await ready(app.platform, video)
        answer = await send(app, ada, "POST", video, "/retry", {"from_stage": stage})
        assert (answer.status_code, f"Replay it from {missing}" in answer.json()["detail"]) == (409, True), stage
    assert (await one(database, Video, id=video.id)).run == 1


async def _transcribed(platform, video):
    await add_transcript(platform, video, said("Hello."))


async def test_the_administrator_mends_what_others_own(app, ada):
    eve = await app.signup()
    video = await add_video(
        app.platform.database, eve.id, visibility="private", status="failed", failed_stage="transcode", key="k"
    )
    assert (await send(app, ada, "POST", video, "/retry")).status_code == 202
    assert (await send(app, ada, "PATCH", video, body={"title": "Mended"})).status_code == 200
    assert (await send(app, ada, "DELETE", video)).status_code == 204
