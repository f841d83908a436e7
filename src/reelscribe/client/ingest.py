"""Upload files through the public API and, if asked, follow each through the pipeline."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from reelscribe.client.api import PREFIX, Client, ClientError, Json, RefusedError

CHUNK = 1024 * 1024
STAGES = ("transcode", "transcribe", "summarize", "index")
ENDED = frozenset({"ready", "failed"})
BAD_NEWS = frozenset({"retrying", "lost", "failed"})
RECONNECT_SECONDS = 1.0
NAME_WIDTH = 28


@dataclass(frozen=True, slots=True)
class Screen:
    """Where progress is shown: bars on a terminal, lines for everybody."""

    console: Console
    bars: Progress

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the bars."""
        # A file's name or a message is text: it may hold brackets, which are no markup.
        self.console.print(line, style=style, highlight=False, markup=False)

    def clear(self) -> None:
        """Take the bars away: the next file brings its own."""
        for task in self.bars.task_ids:
            self.bars.remove_task(task)


async def ingest(client: Client, files: Mapping[Path, str | None], *, wait: bool, console: Console) -> list[Json]:
    """Upload files (each with a title, or None) one after the other; with `wait`, until each is ready or failed.

    A file that is refused is told, and the others are brought in all the same: gives the videos that there are.
    """
    videos: list[Json] = []
    with Progress(
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(width=NAME_WIDTH, no_wrap=True, overflow="ellipsis"),
        ),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        screen = Screen(console, bars)
        for file, title in files.items():
            try:
                video = await upload(client, file, title, screen)
                screen.say(f"{file.name}: uploaded as {video['id']}")
                videos.append(await follow(client, video, screen) if wait else video)
            except RefusedError as error:
                screen.say(f"{file.name}: {error}", style="red")
            screen.clear()
    return videos


async def upload(client: Client, file: Path, title: str | None, screen: Screen) -> Json:
    """Upload in signed parts, straight to object storage; gives the video."""
    size = await anyio.to_thread.run_sync(_size, file)
    bar = screen.bars.add_task(f"upload {file.name}", total=size)
    body: Json = {"filename": file.name, "size": size, "content_type": "application/octet-stream"}
    session = await client.post("/videos/upload", body | ({"title": title} if title else {}))
    part_size = int(session["upload"]["part_size"])
    etags = []
    for part in session["upload"]["parts"]:
        start = (int(part["number"]) - 1) * part_size
        length = min(part_size, size - start)
        chunks = _slice(file, start, length, partial(screen.bars.advance, bar))
        etags.append({"number": part["number"], "etag": await _put(client, str(part["url"]), length, chunks)})
    return await client.post(f"/videos/{session['video']['id']}/upload/complete", {"parts": etags})


def _size(file: Path) -> int:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise RefusedError(f"It can not be read: {error.strerror}.") from error
    if not file.is_file():
        raise RefusedError("It is not a file.")
    if size == 0:
        raise RefusedError("It is empty.")
    return size


async def _put(client: Client, url: str, length: int, chunks: AsyncIterator[bytes]) -> str:
    headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
    try:
        response = await client.http.put(url, content=chunks, headers=headers)
    except httpx.TransportError as error:
        raise ClientError(f"The upload broke off: {error or type(error).__name__}. Try it again.") from error
    if response.is_error:
        raise RefusedError(f"The upload was refused: {response.status_code} {response.text[:200]}")
    return response.headers["ETag"]


async def _slice(file: Path, start: int, length: int, advance: Callable[[float], None]) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as source:
        await source.seek(start)
        while length > 0 and (chunk := await source.read(min(CHUNK, length))):
            length -= len(chunk)
            advance(len(chunk))
            yield chunk


async def follow(client: Client, video: Json, screen: Screen) -> Json:
    """Show each stage's progress until the video is ready or failed; gives the video as it then is."""
    follower = Follower(screen, {stage: screen.bars.add_task(stage, total=100.0, start=False) for stage in STAGES})
    while video["status"] not in ENDED:
        if not await follower.watch(client, str(video["id"])):
            # The API is restarting, or busy; the pipeline goes on without it, and the stream resumes where it was.
            await anyio.sleep(RECONNECT_SECONDS)
        video = await client.get(f"/videos/{video['id']}")
    return video


@dataclass(slots=True)
class Follower:
    """Reads a video's events as they happen, and remembers the last one over a broken connection."""

    screen: Screen
    tasks: Mapping[str, TaskID]
    last_id: str | None = None
    began: dict[str, datetime] = field(default_factory=dict)

    async def watch(self, client: Client, video_id: str) -> bool:
        """Show events until the last one; False where the stream ends before, or is not to be had now."""
        with contextlib.suppress(httpx.TransportError):
            return await self._watch(client, video_id)
        return False

    async def _watch(self, client: Client, video_id: str) -> bool:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        path, patient = f"{PREFIX}/videos/{video_id}/events", httpx.Timeout(30.0, read=None)
        async with client.http.stream("GET", path, headers=headers, timeout=patient) as response:
            kind = ""
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.last_id = value
                elif name == "data" and self._show(kind, json.loads(value)):
                    return True
        return False

    def _show(self, kind: str, event: Json) -> bool:
        """Show one event; True when it is the last one."""
        stage, bars = event.get("stage"), self.screen.bars
        task = self.tasks.get(stage) if isinstance(stage, str) else None
        if kind == "progress":
            if task is not None:
                bars.update(task, completed=float(event["percent"]))
            return False
        happened = event.get("kind")
        if task is not None and happened == "started":
            self.began[str(stage)] = datetime.fromisoformat(event["at"])
            bars.start_task(task)
        elif task is not None and happened == "completed":
            bars.update(task, completed=100.0)
            self.screen.say(f"  {stage}: done{self._seconds(str(stage), event['at'])}")
        elif happened in BAD_NEWS:
            self.screen.say(f"  {stage}: {event.get('message')}", style="red")
        return happened in ENDED

    def _seconds(self, stage: str, ended: str) -> str:
        """How long a stage took; nothing where its start was before the follower's."""
        began = self.began.get(stage)
        return f" in {(datetime.fromisoformat(ended) - began).total_seconds():.1f} s" if began is not None else ""
