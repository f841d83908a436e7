"""The demo: a real talk, made on the spot, through the whole pipeline of a platform that then keeps serving."""

import asyncio
import contextlib
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console

from reelscribe.client.api import Client, ClientError, Json, keep_secret, open_visitor
from reelscribe.client.ingest import ingest
from reelscribe.client.show import marked, timed
from reelscribe.media.errors import MediaError
from reelscribe.media.tools import find_tools
from reelscribe.samples import SampleMissing, Talk, build_talk
from reelscribe.settings import Settings, ensure_private

EMAIL = "demo@reelscribe.example"
PASSWORD_FILE = "demo-password"  # noqa: S105 - a file's name
READY_SECONDS = 60.0
ASK_SECONDS = 0.1
LOG_FILE = "serve.log"
QUERY = "the age of wisdom"


def run_demo(settings: Settings) -> int:
    """Run the demo and then serve until a signal; gives the exit code. The platform logs into a file."""
    console = Console(highlight=False, markup=False)
    if asyncio.run(_answers(settings)):
        console.print("A platform serves at this port already. End it first, or choose another PORT.", style="red")
        return 1
    log = ensure_private(settings.data_dir) / LOG_FILE
    with log.open("ab") as file:
        server = subprocess.Popen([sys.executable, "-m", "reelscribe", "serve"], stdout=file, stderr=file)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        asyncio.run(_show(settings, server, console))
        console.print(f"Its log is {log}. Press Ctrl+C to end it.")
        return server.wait()
    except (ClientError, MediaError, SampleMissing) as error:
        console.print(f"{error}\nThe platform's log is {log}.", style="red")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.terminate()
        server.wait()


async def _answers(settings: Settings) -> bool:
    """Whether something serves there before ours: the demo's account and talk are not for a stranger's platform."""
    async with open_visitor(settings) as client:
        with contextlib.suppress(httpx.TransportError):
            await client.http.get("/")
            return True
    return False


async def _show(settings: Settings, server: "subprocess.Popen[bytes]", console: Console) -> None:
    console.print("Starting Reelscribe, and making a short talk out of a real recording ...")
    with tempfile.TemporaryDirectory() as folder:
        making = asyncio.to_thread(_make_talk, settings, Path(folder))
        async with open_visitor(settings) as client:
            talk, _ = await asyncio.gather(making, _until_ready(client, server))
            password = await _sign_in(client, ensure_private(settings.data_dir) / PASSWORD_FILE)
            console.print(f"The talk: {talk.title} ({talk.duration:.0f} s), {talk.path.stat().st_size / 1e6:.1f} MB")
            videos = await ingest(client, {talk.path: talk.title}, wait=True, console=console)
            if not videos:
                raise ClientError("The talk was not taken; the reason stands above.")
            await _report(client, videos[0], console)
            _say_where(client, videos[0], password, console)


def _make_talk(settings: Settings, folder: Path) -> Talk:
    tools = find_tools(settings.media.ffmpeg, settings.media.ffprobe)
    return build_talk(tools.ffmpeg, folder / "a-tale-of-two-cities.mp4")


async def _until_ready(client: Client, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(ClientError):
            await client.get("/health/ready")
            return
        if server.poll() is not None:
            raise ClientError("The platform did not start.")
        await asyncio.sleep(ASK_SECONDS)
    raise ClientError(f"The platform was not ready within {READY_SECONDS:.0f} s.")


async def _sign_in(client: Client, kept: Path) -> str:
    """Sign in as the demo's account; make it, with a password that is kept, on the first run."""
    password = await asyncio.to_thread(_kept_password, kept)
    if password is None:
        password = secrets.token_urlsafe(12)
        await client.post("/auth/signup", {"name": "Demo", "email": EMAIL, "password": password})
        await asyncio.to_thread(keep_secret, kept, password)
    await client.login(EMAIL, password)
    return password


def _kept_password(kept: Path) -> str | None:
    return kept.read_text() if kept.is_file() else None


async def _report(client: Client, video: Json, console: Console) -> None:
    if video["status"] != "ready":
        raise ClientError(f"The talk could not be processed: {video['status_message']}")
    path = f"/videos/{video['id']}"
    transcript, summary = await client.get(f"{path}/transcript"), await client.get(f"{path}/summary")
    console.print("\nTranscript", style="bold")
    for segment in transcript["segments"]:
        console.print(timed(segment["start"], segment["text"].strip()))
    console.print(f"\nSummary (quality {summary['quality_score']:.2f})", style="bold")
    for sentence in summary["sentences"]:
        console.print(timed(sentence["start"], sentence["text"]))
    console.print(f"\nSearch for: {QUERY}", style="bold")
    found = await client.get("/videos/search", q=QUERY, limit=100)
    # The folder may hold other videos in which the same is said.
    hits = [hit for hit in found["items"] if hit["video"]["id"] == video["id"]]
    for hit in hits:
        console.print(f"  {hit['video']['title']}")
        for moment in hit["moments"][:1]:
            console.print(timed(moment["start"], marked(moment)))


def _say_where(client: Client, video: Json, password: str, console: Console) -> None:
    address = str(client.http.base_url).rstrip("/")
    console.print("\nReelscribe is serving", style="bold green")
    console.print(f"  {address}/")
    console.print(f"  account   {EMAIL}")
    console.print(f"  password  {password}")
    console.print(f"  the talk  {video['id']}")
    console.print("\nIn another terminal, sign in and search it:")
    console.print(f"  export REELSCRIBE_URL={address}")
    console.print(f"  .venv/bin/reelscribe login --email {EMAIL}")
    console.print('  .venv/bin/reelscribe search "season of light"\n')
