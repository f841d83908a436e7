"""The end of every upload, by whichever protocol: the video enters the pipeline."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.events import history, outbox
from reelscribe.events.envelope import Event
from reelscribe.events.history import Kind
from reelscribe.events.topics import API_SERVICE, VIDEO_UPLOADED
from reelscribe.videos import status
from reelscribe.videos.models import Video


@dataclass(frozen=True, slots=True)
class Received:
    """What came in: objects that are whole and durable. Sizes in bytes; a video's size is that of both."""

    key: str
    size: int
    captions_key: str | None = None
    captions_size: int = 0


async def accept(session: AsyncSession, video: Video, received: Received, *, protocol: str) -> None:
    """Move a video to `pending` and tell the world, in the caller's transaction.

    The caller makes sure that this happens once for a video (see `uploads.ledger.finish`).
    """
    video.key = received.key
    video.size = received.size + received.captions_size
    video.captions_key = received.captions_key
    status.received(video)
    session.add(video)
    await session.flush()  # a new video has its key from here on
    data: dict[str, object] = {"size": received.size, "file_name": video.file_name, "protocol": protocol}
    history.tell(session, video.id, Kind.UPLOADED, data=data)
    outbox.add(session, Event(type=VIDEO_UPLOADED, video_id=video.public_id, run=video.run, service=API_SERVICE))
