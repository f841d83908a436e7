"""The `Range` of a request (RFC 9110, 14.1.2): one range of bytes; anything else is as if it were not asked."""

import re
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


class NotSatisfiable(Exception):  # noqa: N818 - named as the status is
    """The range lies outside of what there is (416)."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes [start, end) of `size` that are asked for; None for all of them. Raises `NotSatisfiable`."""
    match = _ONE_RANGE.fullmatch(header) if header is not None else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= size or start >= end:
        raise NotSatisfiable
    return start, end
