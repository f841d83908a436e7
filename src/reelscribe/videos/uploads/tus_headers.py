"""The headers of tus 1.0 (tus.io/protocols/resumable-upload): read, checked and written."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from reelscribe.problems import Problem
from reelscribe.videos.uploads.details import FIELDS, Details, display_name, parse_details
from reelscribe.videos.uploads.problems import empty_file

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,termination"
CHUNK_TYPE: Final = "application/offset+octet-stream"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `Upload-Metadata` says. `raw` is given back as it came."""

    raw: str
    file_name: str
    file_type: str
    details: Details
    captions: str


def metadata_of(headers: Mapping[str, str]) -> Metadata:
    """The file's name and type, and the fields of the form. Keys that mean nothing here are passed over.

    Clients such as Uppy send their own beside. Raises a 400 for what is not metadata, a 422 for bad fields.
    """
    raw = headers.get("upload-metadata", "")
    pairs = dict(_pair(item) for item in raw.split(",") if item.strip())
    return Metadata(
        raw=raw,
        file_name=display_name(pairs.get("filename") or pairs.get("name", "")),
        file_type=(pairs.get("filetype") or pairs.get("type", ""))[:127] or "application/octet-stream",
        details=parse_details({name: value for name, value in pairs.items() if name in FIELDS}),
        captions=pairs.get("captions", ""),
    )


def length_of(headers: Mapping[str, str]) -> int:
    """`Upload-Length`. Raises a 400 when it is missing, or deferred, which is not offered."""
    length = number_of(headers, "upload-length")
    if length == 0:
        raise empty_file()
    return length


def number_of(headers: Mapping[str, str], name: str) -> int:
    """A header that is a count of bytes. Raises a 400."""
    value = headers.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 18):  # noqa: PLR2004 - below 2^63
        raise Problem(f"The header {name.title()} must be a number of bytes.", status=400)
    return int(value)


def upload_headers(offset: int, length: int, expires_at: datetime | None) -> dict[str, str]:
    """What every answer about an upload tells."""
    headers = {"Tus-Resumable": VERSION, "Upload-Offset": str(offset), "Upload-Length": str(length)}
    if expires_at is not None:
        headers["Upload-Expires"] = format_datetime(expires_at, usegmt=True)
    return headers


def _pair(item: str) -> tuple[str, str]:
    key, _, value = item.strip().partition(" ")
    try:
        return key, base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Problem(f"The Upload-Metadata of {key[:64]!r} is not UTF-8 in Base64.", status=400) from None
