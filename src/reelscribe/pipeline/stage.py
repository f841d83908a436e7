"""What a stage is: load (a short transaction), work (no transaction), record (one transaction)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.embedding import Embedder
from reelscribe.engines.language import LanguageModel
from reelscribe.engines.search import SearchEngine
from reelscribe.engines.speech import SpeechToText
from reelscribe.engines.storage import ObjectStorage
from reelscribe.media.tools import FFmpegTools
from reelscribe.videos.models import Status, Video

Progress = Callable[[float], None]


class StageError(Exception):
    """Work that cannot succeed however often it is tried; the message is for people, `detail` for those who mend."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class TryAgainError(StageError):
    """Work that may succeed later: an engine is away, a disk is full."""


@dataclass(frozen=True, slots=True)
class StageEngines:
    """What the stages work with. The models load when they are first used, once a process."""

    tools: FFmpegTools
    ffmpeg_threads: int
    max_duration: float
    storage: ObjectStorage
    speech: SpeechToText
    language: LanguageModel
    embedder: Embedder | None
    search: SearchEngine


@dataclass(frozen=True, slots=True)
class Context:
    """One attempt's surroundings. `folder` is its scratch folder; `prefix` the place of its objects, its alone."""

    engines: StageEngines
    folder: Path
    prefix: str
    report: Progress
    should_stop: Callable[[], bool]


Loaded = TypeVar("Loaded")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stage(Generic[Loaded, Result]):
    """A row of the stage table. `prepare` loads a worker's models before the first job, given its scratch folder."""

    name: str
    on: str
    status: Status
    load: Callable[[AsyncSession, Video], Awaitable[Loaded]]
    work: Callable[[Loaded, Context], Awaitable[Result]]
    record: Callable[[AsyncSession, Video, Result], Awaitable[dict[str, object]]]
    emits: str | None
    queue: str
    service: str
    prepare: Callable[[StageEngines, Path], None] | None = None


def load_embedder(engines: StageEngines, _scratch: Path) -> None:
    """For `prepare`: load the embedding model, where there is one. Blocks for a second."""
    if engines.embedder is not None:
        engines.embedder.embed(["ready"])
