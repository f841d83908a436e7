"""What uploads work with, taken from the application's state once."""

from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import HTTPConnection

from reelscribe.database.http import database_of
from reelscribe.database.session import Database
from reelscribe.engines.storage import ObjectStorage, PartUploads
from reelscribe.videos.uploads.discard import discard
from reelscribe.videos.uploads.limits import Limits
from reelscribe.videos.uploads.writers import Writers


@dataclass(frozen=True, slots=True)
class Uploads:
    """The engines and limits of uploads. `staging`: where tus uploads grow, on the object storage's file system."""

    database: Database
    storage: ObjectStorage
    parts: PartUploads
    limits: Limits
    staging: Path
    writers: Writers = field(default_factory=Writers)

    async def discard(self, upload_id: str) -> bool:
        """Throw an upload away with all that is of it; False when it has ended, or is not there."""
        return await discard(self.database, self.storage, self.parts, upload_id, staging=self.staging)


def uploads_of(connection: HTTPConnection) -> Uploads:
    """The uploads of this application, built from its state when they are first asked for."""
    state = connection.app.state
    known = getattr(state, "uploads", None)
    if not isinstance(known, Uploads):
        settings = state.settings
        limits = Limits(
            max_bytes=settings.uploads.max_bytes,
            quota_bytes=settings.uploads.quota_bytes,
            part_bytes=settings.uploads.part_bytes,
            max_caption_bytes=settings.uploads.max_caption_bytes,
            expiry=settings.uploads.expiry,
            body_timeout=settings.http.body_timeout,
        )
        known = Uploads(database_of(connection), state.storage, state.parts, limits, settings.staging_dir)
        state.uploads = known
    return known
