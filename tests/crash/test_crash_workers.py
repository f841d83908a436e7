"""Two special deaths: a worker that only seemed dead, and a job that kills whoever takes it."""

import os
import signal
from pathlib import Path

import pytest
from tests.support.crash import COMMANDS, Fleet, make_clip, until
from tests.support.crash_verdict import all_quiet, judge_leftovers, judge_objects, judge_rows, judge_search

pytestmark = [pytest.mark.anyio, pytest.mark.crash]
STAGES = ("transcode", "transcribe", "summarize", "index")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", start=3, seconds=2)


@pytest.fixture
def fleet(tmp_path):
    fleet = Fleet(tmp_path)
    fleet.migrate()
    yield fleet
    fleet.kill()


def state_of(process):
    """The kernel's letter for what a process does; T: it is stopped."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_workers_that_wake_up_after_their_lease_record_nothing(fleet, clip):
    for name in COMMANDS:
        fleet.start(name, f"{name}:frozen" if name in STAGES else None)
    client = fleet.client
    await client.sign_in()
    await client.upload(clip, "a talk")
    frozen = {}
    for stage in STAGES:
        process = frozen[stage] = fleet.running.pop(stage)
        await until(lambda process=process: state_of(process) == "T", fleet.logs)
        started = ("started", stage, 1)
        assert started in fleet.rows("SELECT kind, stage, attempt FROM video_events")
        fleet.start(stage)
    await all_quiet(fleet, ["a talk"], seconds=60)
    for stage, process in frozen.items():
        os.kill(process.pid, signal.SIGCONT)
        fleet.running[f"{stage}, woken"] = process
    lost = dict.fromkeys(STAGES, 0)

    def all_gave_up():
        for stage in STAGES:
            lost[stage] = (fleet.folder / f"{stage}.log").read_text().count('"event": "lease lost"')
        return set(lost.values()) == {1}

    await until(all_gave_up, lambda: lost)
    await all_quiet(fleet, ["a talk"], seconds=30)
    await judge_search(client, ["a talk"])
    assert set(fleet.stop().values()) == {0}
    judge_rows(fleet, ["a talk"])
    await judge_objects(fleet)
    judge_leftovers(fleet)


async def test_a_job_that_kills_every_worker_ends_failed_and_can_be_retried(fleet, clip):
    fleet.settings = {"JOB_MAX_ATTEMPTS": "2"}
    for name in COMMANDS:
        fleet.start(name, "transcode:work" if name == "transcode" else None)
    client = fleet.client
    await client.sign_in()
    video = await client.upload(clip, "a talk")
    for _ in range(2):
        await until(lambda: fleet.running["transcode"].poll() == -signal.SIGKILL, fleet.logs)
        fleet.start("transcode", "transcode:work")
    status = "SELECT status, failed_stage FROM videos"
    await until(lambda: fleet.rows(status) == [("failed", "transcode")], lambda: fleet.rows(status))
    told = await client.json("GET", f"/videos/{video['id']}")
    assert "2 in all" in told["status_message"]
    topics = [topic for (topic,) in fleet.rows("SELECT topic FROM outbox_events ORDER BY position")]
    assert topics == ["video.uploaded", "video.uploaded.dlq"]
    armed = fleet.running.pop("transcode")
    armed.kill()
    armed.wait()
    fleet.start("transcode")
    await client.json("POST", f"/videos/{video['id']}/retry", json={})
    await all_quiet(fleet, ["a talk"], seconds=60)
    await judge_search(client, ["a talk"])
