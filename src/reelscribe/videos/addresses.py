"""Addresses as they are handed out: for one viewer, each under the ticket of its video."""

from datetime import datetime
from functools import cached_property

from starlette.requests import HTTPConnection

from reelscribe.videos import keys, play_address
from reelscribe.videos.media_file import media_name
from reelscribe.videos.models import Video


class Addresses:
    """The addresses of one answer to the account `user_id`, or to someone not signed in: an HMAC for each video."""

    def __init__(self, connection: HTTPConnection, user_id: int | None) -> None:
        settings = connection.app.state.settings
        self._app = connection.app
        self._origin = (settings.http.public_url or "").rstrip("/")
        self._key = keys.signing_key(connection, keys.PLAYBACK)
        self._grant = play_address.grant(user_id, settings.media.url_expiry)

    @property
    def expires_at(self) -> datetime:
        """Until when they are good."""
        return self._grant.expires_at

    def file(self, video: Video, name: str) -> str:
        """The address of a playlist, of captions, of the storyboard, or of a media file."""
        ticket = play_address.ticket(self._key, video.public_id, self._grant)
        return f"{self._origin}{self._path.format(video=video.public_id, ticket=ticket, file=name)}"

    def media(self, video: Video, key: str) -> str:
        """The address of the object under `key`, which a row of the video names."""
        return self.file(video, media_name(key))

    def poster(self, video: Video) -> str | None:
        """The address of the poster, if there is one."""
        return self.media(video, video.poster_key) if video.poster_key is not None else None

    @cached_property
    def _path(self) -> str:
        # Once for all of a list's videos: looking a route up takes 0.17 ms, the ticket 0.004 ms.
        places = {"video_id": "{video}", "ticket": "{ticket}", "file": "{file}"}
        return str(self._app.url_path_for("get_play_file", **places))
