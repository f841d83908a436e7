"""The API service (port 8080)."""

from importlib import import_module
from importlib.util import find_spec

from fastapi import FastAPI

from reelscribe import __version__
from reelscribe.services import problems
from reelscribe.services.state import ApiState

PREFIX = "/api/v1"

_ROUTERS = (
    ("reelscribe.accounts.routes", PREFIX),
    ("reelscribe.videos.uploads.routes", PREFIX),
    ("reelscribe.search.routes", PREFIX),
    ("reelscribe.videos.events", PREFIX),
    ("reelscribe.videos.routes", PREFIX),
    ("reelscribe.videos.media", "/media"),
)


def create_app(state: ApiState) -> FastAPI:
    """The API service over what wiring hands in."""
    app = FastAPI(title="Reelscribe", version=__version__)
    state.put_on(app)
    problems.install(app)
    for name, prefix in _ROUTERS:
        if _exists(name):
            app.include_router(import_module(name).router, prefix=prefix)
    return app


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
