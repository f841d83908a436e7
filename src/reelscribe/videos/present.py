"""Rows into answers: progress from one query, posters' addresses signed."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from reelscribe.engines.storage import ObjectReader
from reelscribe.videos.models import Video
from reelscribe.videos.progress import progress_of
from reelscribe.videos.schemas import ObjectUrl, VideoOut, video_out


async def present(session: AsyncSession, connection: HTTPConnection, videos: Sequence[Video]) -> list[VideoOut]:
    """The wire shapes of `videos`, in their order."""
    progress = await progress_of(session, videos)
    signed = object_urls(connection)
    return [video_out(video, progress=progress.get(video.id), object_url=signed) for video in videos]


async def present_one(session: AsyncSession, connection: HTTPConnection, video: Video) -> VideoOut:
    """The wire shape of one video."""
    return (await present(session, connection, [video]))[0]


def object_urls(connection: HTTPConnection) -> ObjectUrl:
    """Signs addresses of stored objects for as long as the settings say."""
    storage: ObjectReader = connection.app.state.storage
    expires_in = timedelta(seconds=connection.app.state.settings.media.url_expiry)
    return lambda key: storage.url(key, expires_in=expires_in)
