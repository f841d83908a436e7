"""A clip through the real transcode stage, then played over HTTP by programs that we did not write."""

import shutil
import subprocess
from urllib.parse import urljoin

import pytest
from anyio import to_thread
from tests.support.app import API, open_app, serve
from tests.support.media import Clips
from tests.support.pipeline import add_job, one
from tests.support.videos import add_transcript, add_video, said

from reelscribe.engines.storage.whole import put_bytes
from reelscribe.media.tools import find_tools
from reelscribe.pipeline.run import Runner
from reelscribe.videos.models import Status, Video

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return Clips(find_tools(), tmp_path_factory.mktemp("clips")).compliant()


def packets(url):
    """How many video packets ffprobe reads from an address or a file, and how many seconds it says that this plays."""
    command = [find_tools().ffprobe, "-v", "error", "-count_packets", "-select_streams", "v:0"]
    command += ["-show_entries", "stream=nb_read_packets:format=duration", "-of", "default=nw=1:nk=1", str(url)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.split()
    return int(lines[0]), float(lines[-1])


async def test_a_transcoded_clip_plays_whole_over_hls_and_as_mp4(tmp_path, clip):
    async with open_app(tmp_path) as app:
        platform, ada = app.platform, await app.signup()
        video = await add_video(platform.database, ada.id, status=Status.PENDING, visibility="public")
        key = f"videos/{video.public_id}/original/1/original.mp4"
        await put_bytes(platform.storage, key, clip.read_bytes(), content_type="video/mp4")
        async with platform.database.write() as session:
            (await session.get(Video, video.id)).key = key
        await add_job(platform.database, video, "transcode")
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        runner = Runner(platform.database, platform.doorbell, platform.stage_engines, scratch, "test", 30.0, 1)
        assert await runner.run_next(["video-transcode"])
        row = await one(platform.database, Video, id=video.id)
        assert row.status == Status.TRANSCRIBING, row.status_message
        await add_transcript(platform, row, said("Hello and welcome."))
        shutil.rmtree(scratch)

        async with serve(app.app) as address:
            found = (await app.http.get(f"{API}/videos/{video.public_id}/watch")).json()
            original = await to_thread.run_sync(packets, clip)
            for variant in found["variants"]:
                count, seconds = await to_thread.run_sync(packets, address + variant["url"])
                playlist = address + found["hls_url"].replace("master", variant["quality"])
                assert count == original[0]
                assert seconds == pytest.approx(original[1], abs=0.1)
                assert await to_thread.run_sync(packets, playlist) == (count, pytest.approx(seconds, abs=0.1))
            count, seconds = await to_thread.run_sync(packets, address + found["hls_url"])
            assert count == original[0]
        sheet = (await app.http.get(found["storyboard_url"])).text.split("\n")[3].partition("#")[0]
        assert (await app.http.get(urljoin(found["storyboard_url"], sheet))).content[:2] == b"\xff\xd8"
        assert (await app.http.get(found["poster_url"])).content[:2] == b"\xff\xd8"
