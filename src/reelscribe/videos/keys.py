"""Keys for what this package signs, derived from the platform's secret: one for each purpose."""

from typing import Final

from starlette.requests import HTTPConnection

from reelscribe.engines.storage.signing import derive_key

LIST_CURSORS: Final = "list-cursors"
PLAYBACK: Final = "playback"


def signing_key(connection: HTTPConnection, purpose: str) -> bytes:
    """The key for `purpose`, the same in every process of the platform."""
    return derive_key(connection.app.state.secret, purpose)
