"""The one check that weights are what they claim to be."""

import hashlib
from collections.abc import Mapping
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal. 145 MB take 0.12 s with SHA instructions, so nothing caches it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged_files(folder: Path, sha256: Mapping[str, str]) -> list[str]:
    """The names whose bytes in `folder` are absent or differ from `sha256`, in order."""
    paths = {name: folder / name for name in sha256}
    return [name for name, path in paths.items() if not path.is_file() or sha256_of(path) != sha256[name]]
