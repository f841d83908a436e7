"""The media files of a video, by the names under which a player asks for them.

    <run>-<attempt>/720p.mp4, <run>-<attempt>/poster.jpg, <run>-<attempt>/storyboard-001.jpg

A name tells which attempt made the file, so what a name stands for never changes: after a replay the old name leads
nowhere, and no player reads the byte ranges of one rendition from another.
"""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.search import Viewer
from reelscribe.videos.file_name import download_name
from reelscribe.videos.models import Video, VideoVariant
from reelscribe.videos.visibility import may_see


class MediaFile(NamedTuple):
    """Where the file lies, and the name to save it under."""

    key: str
    save_as: str


def media_name(key: str) -> str:
    """The name of the object under `key`: its attempt and its own name."""
    return "/".join(key.rsplit("/", 2)[-2:])


def is_media_name(file: str) -> bool:
    """Whether it may be such a name; what is rendered for players has none with a folder."""
    return "/" in file


async def media_file(session: AsyncSession, public_id: str, viewer: Viewer, file: str) -> MediaFile | None:
    """The file, if the video has it and `viewer` may see the video: one small query, for players ask often."""
    files = await (_renditions if file.endswith(".mp4") else _pictures)(session, public_id, viewer)
    return next((found for found in files if media_name(found.key) == file), None)


async def _renditions(session: AsyncSession, public_id: str, viewer: Viewer) -> list[MediaFile]:
    wanted = (
        select(VideoVariant.key, VideoVariant.quality, Video.title)
        .join(Video, Video.id == VideoVariant.video_id)
        .where(Video.public_id == public_id, may_see(viewer))
    )
    rows = await session.execute(wanted)
    return [MediaFile(key, download_name(title, f" {quality}.mp4")) for key, quality, title in rows]


async def _pictures(session: AsyncSession, public_id: str, viewer: Viewer) -> list[MediaFile]:
    wanted = select(Video.poster_key, Video.storyboard["sheets"], Video.title)
    row = (await session.execute(wanted.where(Video.public_id == public_id, may_see(viewer)))).one_or_none()
    if row is None:
        return []
    poster, sheets, title = row
    return [MediaFile(key, download_name(title, ".jpg")) for key in (poster, *(sheets or ())) if key is not None]
