"""The envelope: everything there is to know about an event, as JSON, the same on every bus."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypedDict
from uuid import UUID, uuid4

from reelscribe.database.base import utc_now


class EnvelopeDict(TypedDict):
    """The envelope on the wire; docs/events.md describes it for others."""

    id: str
    type: str
    time: str
    video_id: str
    run: int
    service: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a video.

    `video_id` is the public id and the bus's partition key. `run` counts how often the video was sent through the
    pipeline: a replay makes a new run, and what belongs to an older one is ignored.
    """

    type: str
    video_id: str
    run: int
    service: str
    data: dict[str, object] = field(default_factory=dict)
    id: UUID = field(default_factory=uuid4)
    time: datetime = field(default_factory=utc_now)

    def to_dict(self) -> EnvelopeDict:
        """The JSON form."""
        return {
            "id": str(self.id),
            "type": self.type,
            "time": self.time.isoformat(),
            "video_id": self.video_id,
            "run": self.run,
            "service": self.service,
            "data": self.data,
        }

    @classmethod
    def from_dict(cls, data: EnvelopeDict) -> Self:
        """The inverse of `to_dict`; raises KeyError or ValueError on a malformed envelope."""
        return cls(
            type=data["type"],
            video_id=data["video_id"],
            run=data["run"],
            service=data["service"],
            data=data["data"],
            id=UUID(data["id"]),
            time=datetime.fromisoformat(data["time"]),
        )
