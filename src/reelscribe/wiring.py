"""Settings -> Platform: the only place that chooses an adapter. Reading it tells which engine serves each need."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from reelscribe import tables
from reelscribe.accounts.secrets import jwt_secret
from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.bus import EventBus
from reelscribe.engines.bus.local import LocalBus
from reelscribe.engines.doorbell import Doorbell
from reelscribe.engines.doorbell.local import LocalDoorbell
from reelscribe.engines.embedding import Embedder
from reelscribe.engines.embedding.lazy import LazyEmbedder
from reelscribe.engines.embedding.minilm import DIMENSIONS, MiniLMEmbedder
from reelscribe.engines.language import ExtractiveModel, LanguageModel
from reelscribe.engines.memory import SharedMemory
from reelscribe.engines.memory.sql import SqlMemory
from reelscribe.engines.queue import JobQueue
from reelscribe.engines.queue.local import LocalJobQueue
from reelscribe.engines.search import SearchEngine
from reelscribe.engines.search.tantivy import TantivySearch
from reelscribe.engines.speech.whisper import WhisperSpeech
from reelscribe.engines.storage import ObjectStorage, PartUploads
from reelscribe.engines.storage.local import LocalPartUploads, LocalStorage
from reelscribe.media.tools import find_tools
from reelscribe.models import find_embedding, find_whisper
from reelscribe.pipeline.dispatch import Dispatcher
from reelscribe.pipeline.stage import StageEngines
from reelscribe.pipeline.stages import STAGES
from reelscribe.settings import LanguageSettings, Settings, ensure_private

DATABASE_FILE = "reelscribe.db"


@dataclass(frozen=True, slots=True)
class Platform:
    """Every engine of one process. What is heavy loads when it is first used."""

    settings: Settings
    secret: str = field(repr=False)
    database: Database
    doorbell: Doorbell
    queue: JobQueue
    bus: EventBus
    memory: SharedMemory
    storage: ObjectStorage
    parts: PartUploads
    search: SearchEngine
    embedder: Embedder | None

    @property
    def stage_engines(self) -> StageEngines:
        """What the stages of the pipeline work with."""
        media = self.settings.media
        return StageEngines(
            tools=find_tools(media.ffmpeg, media.ffprobe),
            ffmpeg_threads=media.threads,
            max_duration=media.max_duration,
            storage=self.storage,
            speech=speech_engine(self.settings),
            language=language_model(self.settings.language),
            embedder=self.embedder,
            search=self.search,
        )


@asynccontextmanager
async def open_platform(settings: Settings, *, durable: bool = True) -> AsyncIterator[Platform]:
    """Open every engine for one process, and close them all.

    `durable`: a commit waits for the disk, because somebody is told that it happened. The pipeline does without: what
    a power cut takes back, it does again.
    """
    ensure_private(settings.data_dir)
    doorbell = LocalDoorbell(ensure_private(settings.run_dir))
    database = open_database(settings, doorbell, durable=durable)
    queue = LocalJobQueue(doorbell)
    search = TantivySearch(ensure_private(settings.index_dir))
    secret = jwt_secret(settings.accounts.jwt_secret, settings.data_dir)
    objects, origin = ensure_private(settings.objects_dir), settings.http.public_url or ""
    try:
        yield Platform(
            settings=settings,
            secret=secret,
            database=database,
            doorbell=doorbell,
            queue=queue,
            bus=local_bus(database, queue),
            memory=SqlMemory(database),
            storage=LocalStorage(objects, secret=secret, origin=origin),
            parts=LocalPartUploads(objects, secret=secret, origin=origin),
            search=search,
            embedder=embedder(settings),
        )
    finally:
        await search.close()
        await database.close()


def open_database(settings: Settings, doorbell: Doorbell | None = None, *, durable: bool = True) -> Database:
    """The database alone, for chores such as migrations."""
    ensure_private(settings.data_dir)
    # A foreign key finds its table only once that table's module was imported, in whichever process this is.
    tables.metadata()
    engine = create_sqlite(settings.data_dir / DATABASE_FILE, durable=durable)
    return Database(engine, on_commit=doorbell.ring if doorbell is not None else _no_ring)


def local_bus(database: Database, queue: JobQueue) -> EventBus:
    """The embedded bus delivers to the same handler that consumers of a broker use."""
    dispatcher = Dispatcher(database, queue)
    return LocalBus({stage.on: (dispatcher.handle,) for stage in STAGES})


def speech_engine(settings: Settings, *, download: bool = True) -> WhisperSpeech:
    """Whisper; its weights are looked for, and fetched where `download` allows it, at the first transcription."""
    speech = settings.speech
    find = partial(find_whisper, speech.model, speech.model_folder, settings.models_dir, download=download)
    return WhisperSpeech(find, name=speech.model, device=speech.device, threads=speech.threads)


def embedder(settings: Settings) -> Embedder | None:
    """MiniLM where its files are installed; None makes chapters and search go by words alone."""
    files = find_embedding(settings.language.embedding_folder)
    if files is None:
        return None
    return LazyEmbedder(MiniLMEmbedder.name, DIMENSIONS, lambda: MiniLMEmbedder(*files.read()))


def language_model(settings: LanguageSettings) -> LanguageModel:
    """An OpenAI-compatible endpoint where one is given, else key sentences chosen here."""
    if not settings.is_remote:
        return ExtractiveModel()
    from reelscribe.engines.language.openai import OpenAIModel, Price

    return OpenAIModel(
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        base_url=settings.base_url,
        model=settings.model,
        timeout=settings.timeout,
        max_retries=settings.max_retries,
        price=Price(settings.price_in, settings.price_out),
    )


def _no_ring(_names: Iterable[str]) -> None:
    return None
