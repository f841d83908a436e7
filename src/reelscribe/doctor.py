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

GIBIBYTE = 1024**3
LEAST_FREE_BYTES = 2 * GIBIBYTE
PROBE_KEY = "doctor/probe.txt"
PROBE = b"well"
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
        console.print(f"The platform cannot be opened: {error}", style="red", highlight=False)
        if isinstance(error, OSError):
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


@dataclass(frozen=True, slots=True)
class Looks:
    """How to look at each engine of a platform: what each says of itself, or the error that it raises."""

    platform: Platform

    async def database(self) -> str:
        """It answers, and its schema is this version's."""
        await self.platform.database.check()
        await check(self.platform.database.engine)
        return "answers, and its schema is up to date"

    async def storage(self) -> str:
        """An object comes back as it was stored."""
        storage = self.platform.storage
        await put_bytes(storage, PROBE_KEY, PROBE, content_type="text/plain")
        data = await read_bytes(storage, PROBE_KEY)
        await storage.delete([PROBE_KEY])
        if data != PROBE:
            raise Advice("it gives back other bytes than it was given", "Check the disk.")
        return "writes, reads and deletes"

    async def search(self) -> str:
        """The index opens."""
        await self.platform.search.check()
        return "answers"

    async def ffmpeg(self) -> str:
        """Both programs are there and run."""
        media = self.platform.settings.media
        tools = find_tools(media.ffmpeg, media.ffprobe)
        return f"FFmpeg {await anyio.to_thread.run_sync(tools.version)}"

    async def speech(self) -> str:
        """The weights are there. To look must not fetch them: they may be gigabytes."""
        await anyio.to_thread.run_sync(speech_engine(self.platform.settings, download=False).check)
        return f"the weights of {self.platform.settings.speech.model} are here"

    async def embeddings(self) -> str:
        """The model embeds; without one the platform does without."""
        if self.platform.embedder is None:
            return "not installed: chapters go by words alone, and search finds words, not meanings"
        await anyio.to_thread.run_sync(self.platform.embedder.embed, ["a test"])
        return f"{self.platform.embedder.name} works"

    async def language(self) -> str:
        """Who writes the summaries."""
        language = self.platform.settings.language
        if not language.is_remote:
            return "key sentences are chosen on this machine"
        return f"{language.model} at {language.base_url or 'its default address'}"

    async def disk(self) -> str:
        """There is room for a video or two."""
        free = shutil.disk_usage(self.platform.settings.data_dir).free
        if free < LEAST_FREE_BYTES:
            raise Advice(f"only {free / GIBIBYTE:.1f} GiB are free", "Make room, or set DATA_DIR to a larger disk.")
        return f"{free / GIBIBYTE:.0f} GiB are free, {os.cpu_count()} cores"


def examinations(platform: Platform) -> Iterator[Examination]:
    """Every need of the contract's section 7, and the machine itself."""
    settings, look = platform.settings, Looks(platform)
    models = "pip install 'reelscribe[offline-models]'."
    yield Examination("database", "SQLite", look.database, "Run `reelscribe migrate`; check that DATA_DIR is writable.")
    yield Examination("event bus", "the outbox, relayed in process", look.database, "See the database.")
    yield Examination("job queue", "the jobs table", look.database, "See the database.")
    yield Examination("shared memory", "the database", look.database, "See the database.")
    yield Examination("object storage", f"folder {settings.objects_dir}", look.storage, "Check its owner and space.")
    yield Examination("search", "Tantivy", look.search, "Build the index anew: `reelscribe reindex`.")
    yield Examination(
        "video", "FFmpeg", look.ffmpeg, "pip install imageio-ffmpeg, or set FFMPEG_PATH and FFPROBE_PATH."
    )
    yield Examination("speech to text", "faster-whisper", look.speech, models)
    yield Examination("embeddings", "MiniLM", look.embeddings, models)
    yield Examination("language model", _language_engine(settings), look.language, "Check the OPENAI_ settings.")
    yield Examination("machine", str(settings.data_dir), look.disk, "Make room.")


def _language_engine(settings: Settings) -> str:
    return "OpenAI-compatible endpoint" if settings.language.is_remote else "extractive"


def _print(findings: list[Finding], console: Console) -> None:
    table = Table("", "Need", "Engine", "Says", box=None, header_style="bold")
    for finding in findings:
        mark = "[green]ok[/green]" if finding.is_well else "[red]no[/red]"
        says = finding.says if finding.is_well else f"{finding.says}\n[bold]Mend:[/bold] {finding.mend}"
        table.add_row(mark, finding.need, finding.engine, says)
    console.print(table)
