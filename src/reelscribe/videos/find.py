"""One video by its public id, for whoever asks: what may not be seen is not there."""

from typing import Annotated, Final

from fastapi import Path
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.dependencies import Account
from reelscribe.engines.search import Viewer
from reelscribe.problems import Forbidden, NotFound
from reelscribe.videos.models import Video
from reelscribe.videos.public_id import is_public_id
from reelscribe.videos.visibility import may_see, viewer_of

VideoId = Annotated[str, Path(description="11 base58 characters.", examples=["7pQv9XkM2aB"])]


ANYONE: Final[dict[str, object]] = {"security": [{}]}
"""For a route's `openapi_extra`: it is answered without a token too, as far as public and unlisted videos go."""


def no_such_video() -> NotFound:
    """The same answer for a video that is not there and for one that may not be seen."""
    return NotFound("There is no such video.")


async def visible_video(session: AsyncSession, public_id: str, viewer: Viewer) -> Video:
    """The video, if `viewer` may see it. Raises `NotFound`."""
    return await _one(session, public_id, viewer, for_update=False)


async def editable_video(session: AsyncSession, public_id: str, account: Account) -> Video:
    """The video, locked, if it is the account's to change. Raises `NotFound`, and `Forbidden` where it is seen only."""
    video = await _one(session, public_id, viewer_of(account), for_update=True)
    if video.user_id != account.id and not account.is_admin:
        raise Forbidden("Only the video's owner may do this.")
    return video


async def _one(session: AsyncSession, public_id: str, viewer: Viewer, *, for_update: bool) -> Video:
    if not is_public_id(public_id):
        raise no_such_video()
    wanted = select(Video).where(Video.public_id == public_id, may_see(viewer))
    video = await session.scalar(wanted.with_for_update() if for_update else wanted)
    if video is None:
        raise no_such_video()
    return video
