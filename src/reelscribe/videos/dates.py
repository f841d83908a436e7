"""Bounds of a range of time, as people give them: a day, or a moment."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SCHEMA: Final = WithJsonSchema(
    {
        "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
        "examples": ["2026-01-31", "2026-01-31T09:30:00Z"],
    }
)


def since(given: object) -> datetime | None:
    """From this moment on; a day counts from its midnight. Without a zone it is UTC. Raises ValueError."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(str(given).strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a day or a time in ISO 8601, such as 2026-01-31 or 2026-01-31T09:30:00Z") from None


def until(given: object) -> datetime | None:
    """Up to this moment, without it; a day counts as a whole. Raises ValueError."""
    end = since(given)
    if end is None or _DAY.fullmatch(str(given).strip()) is None:
        return end
    try:
        return end + timedelta(days=1)
    except OverflowError:
        return end


From = Annotated[
    datetime | None, BeforeValidator(since), _SCHEMA, Query(alias="from", description="Created at this time or later.")
]
To = Annotated[
    datetime | None,
    BeforeValidator(until),
    _SCHEMA,
    Query(alias="to", description="Created before this time; a day counts as a whole."),
]
