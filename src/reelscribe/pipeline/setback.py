"""What an attempt's error is told as: to whoever waits for the video, and to whoever mends the platform."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError

from reelscribe.engines.storage import StorageError, StorageFull
from reelscribe.models import ModelError
from reelscribe.pipeline.stage import StageError

WILL_RETRY = "It is tried again by itself."
GAVE_UP = "It was tried {count} times. Mend the cause, then retry the video."

_REASONS: Final = (
    (StorageFull, "There is no room left in the storage."),
    (StorageError, "The storage did not answer."),
    (OSError, "A file or a connection failed."),
    (MemoryError, "The machine ran out of memory."),
)
_UNEXPECTED: Final = "Something unexpected went wrong in this stage."


@dataclass(frozen=True, slots=True)
class Setback:
    """Why an attempt failed: `reason` is a sentence for people, `detail` for the logs and the history.

    `has_advice`: the reason says by itself what to do, as the stages' own errors do.
    """

    reason: str
    detail: str
    has_advice: bool = False

    @classmethod
    def of(cls, error: Exception) -> "Setback":
        """What this error means."""
        if isinstance(error, StageError):
            return cls(str(error), error.detail, has_advice=True)
        if isinstance(error, ModelError):
            return cls(str(error), repr(error), has_advice=True)
        if isinstance(error, DBAPIError):
            # SQLAlchemy's own text carries the statement.
            return cls("The database did not answer.", str(error.orig))
        if isinstance(error, OSError) and error.strerror:
            return cls(f"{error.strerror}.", repr(error))
        reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), _UNEXPECTED)
        return cls(reason, repr(error))

    @property
    def while_retrying(self) -> str:
        """What the video says until the next attempt."""
        return self.reason if self.has_advice else f"{self.reason} {WILL_RETRY}"

    def after(self, count: int) -> str:
        """What the video says when the last of `count` attempts has failed."""
        return self.reason if self.has_advice else f"{self.reason} {GAVE_UP.format(count=count)}"
