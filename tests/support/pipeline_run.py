"""The pipeline in one process, step by step: real engines, and gates that hold a stage at a chosen moment."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import select, update

from reelscribe.accounts.models import User
from reelscribe.database.base import utc_now
from reelscribe.database.clock import from_now
from reelscribe.database.migrate import upgrade
from reelscribe.engines.search import SearchRequest, Viewer
from reelscribe.engines.storage.whole import put_bytes
from reelscribe.jobs.models import Job
from reelscribe.pipeline.reap import release_held_by
from reelscribe.pipeline.relay import relay_once
from reelscribe.pipeline.run import Runner
from reelscribe.pipeline.stage import StageEngines
from reelscribe.pipeline.stages import stage_named
from reelscribe.pipeline.upkeep import Upkeep
from reelscribe.settings import Settings
from reelscribe.text.ports import LanguageModelError
from reelscribe.videos.accept import Received, accept
from reelscribe.videos.models import Video
from reelscribe.videos.objects import original_prefix
from reelscribe.wiring import Platform, open_platform

CAPTIONS = (
    b"WEBVTT\n\n00:00.000 --> 00:01.000\nThe lighthouse keeper sleeps.\n\n00:01.000 --> 00:02.000\nNobody wakes him.\n"
)
STAGES = ("transcode", "transcribe", "summarize", "index")
MAX_ATTEMPTS = 3


@dataclass
class Gate:
    """An engine that does what it is asked, and at one method then waits until it is let through."""

    engine: object
    method: str
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def __getattr__(self, name):
        real = getattr(self.engine, name)
        if name != self.method:
            return real

        async def held(*args, **options):
            result = await real(*args, **options)
            self.reached.set()
            await self.opened.wait()
            return result

        return held


@dataclass
class Refusing:
    """A language model that gives no answer the first `times`."""

    model: object
    times: int
    name: str = "refusing"

    async def summarize(self, passages, *, max_sentences, language=None):
        if self.times > 0:
            self.times -= 1
            raise LanguageModelError("The language model is away.")
        return await self.model.summarize(passages, max_sentences=max_sentences, language=language)


@dataclass
class Line:
    """One platform and its videos. Workers here are as many as a test wants."""

    platform: Platform
    engines: StageEngines
    scratch: object

    @property
    def database(self):
        return self.platform.database

    def runner(self, worker="w1", lease_seconds=0.4, **engines):
        """A worker; `engines` take the place of the platform's."""
        return Runner(
            database=self.database,
            doorbell=self.platform.doorbell,
            engines=replace(self.engines, **engines),
            scratch=self.scratch,
            worker=worker,
            lease_seconds=lease_seconds,
            max_attempts=MAX_ATTEMPTS,
        )

    async def receive(self, data, *, captions=CAPTIONS, public_id="video000001", title="A talk"):
        """A video as an upload leaves it."""
        prefix, storage = original_prefix(public_id) + "up/", self.platform.storage
        await put_bytes(storage, prefix + "source", data, content_type="application/octet-stream")
        if captions:
            await put_bytes(storage, prefix + "captions.vtt", captions, content_type="text/plain")
        async with self.database.write() as session:
            user = await session.scalar(select(User).limit(1))
            if user is None:
                user = User(email="ada@example.org", name="Ada", password_hash="x", role="admin")
                session.add(user)
                await session.flush()
            video = Video(public_id=public_id, title=title, user_id=user.id, user_name="Ada", created_at=utc_now())
            received = Received(prefix + "source", len(data), prefix + "captions.vtt" if captions else None)
            await accept(session, video, received, protocol="multipart")
        return video

    async def deliver(self):
        """Events become jobs, and whatever waits for its next try is due at once."""
        while await relay_once(self.database, self.platform.bus):
            pass
        async with self.database.write() as session:
            await session.execute(update(Job).values(available_at=from_now(-1)).where(Job.status == "queued"))

    async def work(self, stage, runner=None):
        """One attempt of a stage; False where there was nothing to do."""
        await self.deliver()
        return await (runner or self.runner()).run_next([stage_named(stage).queue])

    async def work_through(self, *stages):
        for stage in stages or STAGES:
            assert await self.work(stage), f"nothing to do for {stage}"

    async def do_chores(self):
        upkeep = Upkeep(self.database, self.platform.storage, self.platform.search, self.platform.embedder)
        while await upkeep.run_due():
            pass

    async def lose(self, worker):
        """Take away what a worker holds, as if it had been silent for long."""
        await release_held_by(self.database, worker, MAX_ATTEMPTS)

    async def objects(self, prefix=""):
        return [stored.key async for stored in self.platform.storage.list(prefix)]

    async def found(self, words):
        page = await self.platform.search.search(SearchRequest(words, Viewer(is_admin=True)))
        return [hit.video_id for hit in page.items]


@asynccontextmanager
async def open_line(folder):
    """A platform in a folder, its schema up to date."""
    async with open_platform(Settings(data_dir=folder / "data")) as platform:
        await upgrade(platform.database.engine)
        scratch = folder / "scratch"
        scratch.mkdir()
        yield Line(platform, platform.stage_engines, scratch)
