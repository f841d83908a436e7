"""Editing what a video is called, says of itself, and who may see it."""

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.events import history
from reelscribe.events.history import Kind
from reelscribe.jobs import chores
from reelscribe.videos.models import Video
from reelscribe.videos.schemas import VideoEdit


def edit(session: AsyncSession, video: Video, wanted: VideoEdit) -> None:
    """Change what is given and different; the search document follows by a chore that commits with it."""
    changes = {
        name: value for name, value in wanted.model_dump(exclude_unset=True).items() if getattr(video, name) != value
    }
    if not changes:
        return
    for name, value in changes.items():
        setattr(video, name, value)
    if "language" in changes:
        video.language_given = video.language is not None
    video.revision += 1
    history.tell(session, video.id, Kind.EDITED, data={"fields": sorted(changes)})
    chores.add(session, chores.REFRESH_DOCUMENT, video.public_id)
