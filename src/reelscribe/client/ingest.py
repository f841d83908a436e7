"""Upload files through the public API and, if asked, follow each through the pipeline."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from reelscribe.client.api import PREFIX, Client, ClientError, Json

CHUNK = 1024 * 1024
STAGES = ("transcode", "transcribe", "summarize", "index")
ENDED = frozenset({"ready", "failed"})
RECONNECT_SECONDS = 1.0


async def ingest(client: Client, files: Sequence[Path], *, wait: bool, console: Console) -> list[Json]:
    """Upload the files one after the other; with `wait`, until each is ready or failed. Gives their videos."""
    videos: list[Json] = []
    with Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TextColumn("{task.percentage:>4.0f} %"),
        DownloadColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        for file in files:
            video = await upload(client, file, bars)
            console.print(f"{file.name}: uploaded as {video['id']}", highlight=False)
            videos.append(await follow(client, video, bars, console) if wait else video)
    return videos


async def upload(client: Client, file: Path, bars: Progress) -> Json:
    """Upload in signed parts, straight to object storage."""
    size = _size(file)
    bar = bars.add_task(f"upload {file.name}"[:28], total=size)
    body = {"filename": file.name, "size": size, "content_type": "application/octet-stream"}
    session = await client.post("/videos/upload", body)
    part_size = int(session["upload"]["part_size"])
    etags = [
        {"number": part["number"], "etag": await _put(client, part, file, part_size, bars, bar)}
        for part in session["upload"]["parts"]
    ]
    return await client.post(f"/videos/{session['video']['id']}/upload/complete", {"parts": etags})


def _size(file: Path) -> int:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise ClientError(f"{file} can not be read: {error.strerror}.") from error
    if not file.is_file():
        raise ClientError(f"{file} is not a file.")
    if size == 0:
        raise ClientError(f"{file} is empty.")
    return size


async def _put(client: Client, part: Json, file: Path, part_size: int, bars: Progress, bar: TaskID) -> str:
    start = (int(part["number"]) - 1) * part_size
    length = min(part_size, file.stat().st_size - start)
    body = _slice(file, start, length, bars, bar)
    headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
    try:
        response = await client.http.put(str(part["url"]), content=body, headers=headers)
    except httpx.TransportError as error:
        raise ClientError(
            f"The upload of {file.name} broke off: {error or type(error).__name__}. Try it again."
        ) from error
    if response.is_error:
        raise ClientError(f"The upload of {file.name} was refused: {response.status_code} {response.text[:200]}")
    return response.headers["ETag"]


async def _slice(file: Path, start: int, length: int, bars: Progress, bar: TaskID) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as source:
        await source.seek(start)
        while length > 0 and (chunk := await source.read(min(CHUNK, length))):
            length -= len(chunk)
            bars.advance(bar, len(chunk))
            yield chunk


async def follow(client: Client, video: Json, bars: Progress, console: Console) -> Json:
    """Show each stage's progress until the video is ready or failed; gives the video as it then is."""
    tasks = {stage: bars.add_task(stage, total=100.0, start=False) for stage in STAGES}
    last_id: str | None = None
    while video["status"] not in ENDED:
        try:
            last_id = await _watch(client, str(video["id"]), tasks, bars, console, last_id)
        except httpx.TransportError:
            # The API is restarting; the pipeline goes on without it, and the stream resumes where it was.
            await anyio.sleep(RECONNECT_SECONDS)
        video = await client.get(f"/videos/{video['id']}")
    return video


async def _watch(
    client: Client, video_id: str, tasks: dict[str, TaskID], bars: Progress, console: Console, last_id: str | None
) -> str | None:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    path = f"{PREFIX}/videos/{video_id}/events"
    async with client.http.stream("GET", path, headers=headers, timeout=httpx.Timeout(30.0, read=None)) as response:
        kind, event_id = "message", last_id
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "id":
                event_id = value
            elif name == "data" and _show(kind, json.loads(value), tasks, bars, console):
                return event_id
        return event_id


def _show(kind: str, data: Json, tasks: dict[str, TaskID], bars: Progress, console: Console) -> bool:
    """Show one event; True when it is the last one."""
    stage = data.get("stage")
    task = tasks.get(stage) if isinstance(stage, str) else None
    if kind == "progress":
        if task is not None:
            bars.update(task, completed=float(data["percent"]))
        return False
    happened = data.get("kind")
    if task is not None and happened == "started":
        bars.start_task(task)
    elif task is not None and happened == "completed":
        bars.update(task, completed=100.0)
        console.print(f"  {stage}: done", highlight=False)
    elif happened in {"retrying", "lost", "failed"}:
        console.print(f"  {stage}: {data.get('message')}", style="red", highlight=False)
    return happened in {"ready", "failed"}
