"""The demo, as a newcomer runs it: one command, a real talk, real Whisper, and a platform that keeps serving."""

import asyncio
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import jiwer
import pytest
from tests.support.crash import environment, free_port, until

from reelscribe.samples.script import REFERENCE_TEXT

ROOT = Path(__file__).parents[2]
SERVING = "Reelscribe is serving"
API = "/api/v1"
END_SECONDS = 10.0

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
async def demo(tmp_path_factory):
    """The running demo: its address, and what it printed until it served."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    printed = folder / "terminal.txt"
    variables = environment(folder / "data", port) | {"COLUMNS": "160", "WHISPER_MODEL": "base", "WHISPER_THREADS": "2"}
    with printed.open("wb") as terminal:
        process = await asyncio.to_thread(
            subprocess.Popen,
            [sys.executable, "-m", "reelscribe", "demo"],
            cwd=ROOT,
            env=variables,
            stdout=terminal,
            stderr=terminal,
        )
    try:
        await until(
            lambda: "Ctrl+C" in printed.read_text() or process.poll() is not None,
            printed.read_text,
            seconds=180,
        )
        yield f"http://127.0.0.1:{port}", printed.read_text(), process
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, END_SECONDS)


async def test_tells_the_whole_story_of_the_talk(demo):
    _, text, _ = demo
    assert SERVING in text, text
    for stage in ("transcode", "transcribe", "summarize", "index"):
        assert f"{stage}: done" in text
    said = " ".join(re.findall(r"^  \d\d:\d\d  (.*)$", text.split("Transcript")[1].split("Summary")[0], re.MULTILINE))
    assert jiwer.wer(plain(REFERENCE_TEXT), plain(said)) < 0.05
    assert re.search(r"Summary \(quality [01]\.\d\d\)\n  \d\d:\d\d  It was the best of times", text)
    assert re.search(r"Search for: .*\n  A Tale .*\n  \d\d:\d\d  .*wisdom", text)


async def test_another_demo_leaves_the_platform_alone(demo, tmp_path):
    address, _, _ = demo
    port = httpx.URL(address).port
    variables = environment(tmp_path / "data", port) | {"REELSCRIBE_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "reelscribe", "demo"]
    run = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=30, check=False
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert "choose another PORT" in run.stdout
    assert not (tmp_path / "data" / "reelscribe.db").exists()


async def test_leaves_the_platform_serving_the_account_that_it_printed(demo):
    address, text, _ = demo
    email = re.search(r"account +(\S+)", text)[1]
    password = re.search(r"password +(\S+)", text)[1]
    video = re.search(r"the talk +(\S+)", text)[1]
    async with httpx.AsyncClient(base_url=address) as http:
        token = (await http.post(f"{API}/auth/login", json={"email": email, "password": password})).json()[
            "access_token"
        ]
        http.headers["Authorization"] = f"Bearer {token}"
        assert (await http.get(f"{API}/videos/{video}")).json()["status"] == "ready"
        watch = (await http.get(f"{API}/videos/{video}/watch")).json()
        del http.headers["Authorization"]
        playlist = await http.get(watch["hls_url"])
        picture = await http.get(watch["variants"][0]["url"], headers={"Range": "bytes=0-99"})
    assert playlist.text.startswith("#EXTM3U")
    assert (picture.status_code, len(picture.content)) == (206, 100)


async def test_the_front_door_leads_to_the_documentation(demo):
    address, _, _ = demo
    async with httpx.AsyncClient(base_url=address, follow_redirects=True) as http:
        page = await http.get("/")
    assert page.status_code == 200
    assert page.url.path == "/docs"


def plain(text):
    return re.sub(r"[^a-z ]", "", text.lower().replace("-", " "))
