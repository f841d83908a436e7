"""The API service (port 8080)."""

from typing import Final

from fastapi import FastAPI
from starlette.responses import RedirectResponse

from reelscribe.accounts import routes as accounts
from reelscribe.engines.storage.local import MEDIA_ROUTE
from reelscribe.search import routes as search
from reelscribe.services.application import PREFIX, new_application
from reelscribe.services.state import ApiState
from reelscribe.videos import events, media
from reelscribe.videos import routes as videos
from reelscribe.videos.uploads import parts
from reelscribe.videos.uploads import routes as uploads

_DESCRIPTION: Final = """
Upload a video; it is transcoded, transcribed, summarized and indexed; then watch it, read it, and search its words.

Sign in with `POST /api/v1/auth/login` and send the token as `Authorization: Bearer ...`. What you may not see answers
404, like what is not there. Errors are problem details (RFC 9457). Times are ISO 8601 in UTC, durations are seconds.
"""

# The first that takes an address has it: /videos/search before /videos/{video_id}.
_ROUTERS: Final = (
    (accounts.router, PREFIX),
    (uploads.router, PREFIX),
    (parts.router, ""),
    (search.router, PREFIX),
    (events.router, PREFIX),
    (videos.router, PREFIX),
    (media.router, MEDIA_ROUTE),
)


def create_app(state: ApiState) -> FastAPI:
    """The API service over what wiring hands in."""
    app = new_application(state, service="api", title="Reelscribe", description=_DESCRIPTION)
    for router, prefix in _ROUTERS:
        app.include_router(router, prefix=prefix)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app
