"""The platform's secret: given by JWT_SECRET, or made once and kept under DATA_DIR."""

import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

NAME: Final = "secret.key"
_BYTES: Final = 48


def jwt_secret(given: SecretStr | None, folder: Path) -> str:
    """The secret that every process of this platform shares; `folder` is made when it is not there.

    Several processes may start at once: each writes a candidate, the first to link it under the final name wins, and
    all of them read that one. Raises `OSError` where the folder cannot be written.
    """
    if given is not None:
        return given.get_secret_value()
    path = folder / NAME
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _offer(path)
    return path.read_text(encoding="ascii").strip()


def _offer(path: Path) -> None:
    """Make `path` appear whole, unless another process was first."""
    candidate = path.with_name(f".{NAME}.{secrets.token_hex(8)}")
    descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _link(candidate, path)
    finally:
        candidate.unlink(missing_ok=True)


def _link(candidate: Path, path: Path) -> None:
    try:
        os.link(candidate, path)
    except FileExistsError:
        # Another process was first, and its secret is the platform's.
        return
