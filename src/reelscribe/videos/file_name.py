"""Names of downloaded files, whatever a video is called."""

import re
from typing import Final
from urllib.parse import quote

LONGEST: Final = 120
"""Characters; with the suffix it stays below the 255 bytes of a file system, in most scripts."""

_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028-\u202e\u2066-\u2069\ud800-\udfff]+')
_NOT_ASCII: Final = re.compile(r"[^A-Za-z0-9 ._()-]")


def download_name(title: str, suffix: str) -> str:
    """A file name for every system: no path, no control or reserved character, no leading dot."""
    stem = " ".join(_FORBIDDEN.sub(" ", title).split())[:LONGEST].strip(". ")
    return f"{stem or 'video'}{suffix}"


def attachment(name: str) -> str:
    """The value of Content-Disposition: an ASCII name for old clients and the true one (RFC 6266, RFC 8187)."""
    plain = _NOT_ASCII.sub("_", name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
