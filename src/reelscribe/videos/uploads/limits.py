"""How much may come in, and how slowly."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reelscribe.database.base import utc_now
from reelscribe.videos.uploads.body import Pace


@dataclass(frozen=True, slots=True)
class Limits:
    """What may come in: bytes, and seconds."""

    max_bytes: int
    quota_bytes: int
    part_bytes: int
    max_caption_bytes: int
    expiry: float
    body_timeout: float

    @property
    def pace(self) -> Pace:
        """How slow a client may be; no body may take longer than an upload may lie about."""
        return Pace(self.body_timeout, self.expiry)

    def expires_at(self) -> datetime:
        """When an upload touched now counts as abandoned."""
        return utc_now() + timedelta(seconds=self.expiry)
