"""Signed addresses of all that a player asks for: playlists, captions, the storyboard, media files.

    /api/v1/videos/<id>/play/<viewer>.<token>/<file>

The address says for whom it was made, so that each request asks again whether that viewer may still see the video. Its
files lie in one folder and refer to each other by relative names.
"""

import time
from datetime import UTC, datetime
from typing import Final, NamedTuple

from reelscribe.engines.storage import signing

_ANONYMOUS: Final = "0"


class Grant(NamedTuple):
    """What an address allows: this account (None: anyone), until this Unix time."""

    user_id: int | None
    expires: int

    @property
    def expires_at(self) -> datetime:
        """The same, as a time."""
        return datetime.fromtimestamp(self.expires, UTC)


def grant(user_id: int | None, seconds: float) -> Grant:
    """A grant for at least `seconds`; soon after another it is the same one, so that addresses can be cached."""
    return Grant(user_id, signing.expiry(time.time(), seconds))


def ticket(key: bytes, public_id: str, allowed: Grant) -> str:
    """The part of the address that proves it."""
    viewer = _ANONYMOUS if allowed.user_id is None else str(allowed.user_id)
    return f"{viewer}.{signing.sign(key, f'{public_id}/{viewer}', allowed.expires)}"


def read_ticket(key: bytes, public_id: str, text: str) -> Grant | None:
    """What a ticket allows; None for one that is not genuine or has expired."""
    viewer, _, token = text.partition(".")
    if not (viewer.isascii() and viewer.isdecimal()) or not token.isascii():
        return None
    if not signing.verify(key, token, f"{public_id}/{viewer}", time.time()):
        return None
    return Grant(None if viewer == _ANONYMOUS else int(viewer), int(token.partition(".")[0], 16))
