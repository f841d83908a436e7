"""Keys for what this package signs, derived from the platform's secret: one for each purpose."""

from typing import Final

from starlette.requests import HTTPConnection

from reelscribe.accounts.secrets import jwt_secret
from reelscribe.engines.storage.signing import derive_key

LIST_CURSORS: Final = "list-cursors"
PLAYBACK: Final = "playback"


def signing_key(connection: HTTPConnection, purpose: str) -> bytes:
    """The key for `purpose`, the same in every process of the platform."""
    state = connection.app.state
    if not hasattr(state, "video_keys"):
        state.video_keys = {}
    keys: dict[str, bytes] = state.video_keys
    if purpose not in keys:
        keys[purpose] = derive_key(jwt_secret(state.settings.accounts.jwt_secret, state.settings.data_dir), purpose)
    return keys[purpose]
