"""Rows into answers: progress from one query, posters' addresses signed for who asks."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from reelscribe.engines.search import Viewer
from reelscribe.videos.addresses import Addresses
from reelscribe.videos.models import Video
from reelscribe.videos.progress import progress_of
from reelscribe.videos.schemas import VideoOut, video_out


async def present(
    session: AsyncSession, connection: HTTPConnection, viewer: Viewer, videos: Sequence[Video]
) -> list[VideoOut]:
    """The wire shapes of `videos`, in their order, as `viewer` gets them."""
    progress = await progress_of(session, videos)
    addresses = Addresses(connection, viewer.user_id)
    return [video_out(video, progress=progress.get(video.id), poster_url=addresses.poster(video)) for video in videos]


async def present_one(session: AsyncSession, connection: HTTPConnection, viewer: Viewer, video: Video) -> VideoOut:
    """The wire shape of one video."""
    return (await present(session, connection, viewer, [video]))[0]
