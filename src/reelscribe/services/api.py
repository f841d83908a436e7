"""The API service (port 8080)."""

from importlib import import_module
from importlib.util import find_spec
from typing import Final

from fastapi import FastAPI
from starlette.responses import RedirectResponse

from reelscribe.services.application import PREFIX, new_application
from reelscribe.services.state import ApiState

_DESCRIPTION: Final = """
Upload a video; it is transcoded, transcribed, summarized and indexed; then watch it, read it, and search its words.

Sign in with `POST /api/v1/auth/login` and send the token as `Authorization: Bearer ...`. What you may not see answers
404, like what is not there. Errors are problem details (RFC 9457). Times are ISO 8601 in UTC, durations are seconds.
"""

_ROUTERS: Final = (
    ("reelscribe.accounts.routes", PREFIX),
    ("reelscribe.videos.uploads.routes", PREFIX),
    ("reelscribe.videos.uploads.parts", ""),
    ("reelscribe.search.routes", PREFIX),
    ("reelscribe.videos.events", PREFIX),
    ("reelscribe.videos.routes", PREFIX),
    ("reelscribe.videos.media", "/media"),
)


def create_app(state: ApiState) -> FastAPI:
    """The API service over what wiring hands in."""
    app = new_application(state, service="api", title="Reelscribe", description=_DESCRIPTION)
    for name, prefix in _ROUTERS:
        if _exists(name):
            app.include_router(import_module(name).router, prefix=prefix)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
