"""What both services have in common: errors, limits, logs, health, documentation."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from reelscribe import __version__
from reelscribe.services import documentation, openapi, problems
from reelscribe.services.body_guard import BodyGuard
from reelscribe.services.health import router_for
from reelscribe.services.readiness import readiness_of
from reelscribe.services.request_log import REQUEST_ID_HEADER, RequestLog
from reelscribe.services.state import ApiState

PREFIX: Final = "/api/v1"

_EXPOSED_HEADERS: Final = (
    REQUEST_ID_HEADER,
    "X-Video-Id",
    "ETag",
    "Location",
    "Retry-After",
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Expires",
)
"""What a browser's script of another origin may read of an answer."""


def new_application(state: ApiState, *, service: str, title: str, description: str) -> FastAPI:
    """An application with `state` in place and everything but its own routes."""
    app = FastAPI(
        title=title,
        version=__version__,
        description=description,
        docs_url=None,
        redoc_url=None,
        openapi_tags=documentation.TAGS,
        generate_unique_id_function=openapi.operation_id,
        telemetry={"tracing": False, "metrics": False},
    )
    state.put_on(app)
    problems.install(app)
    openapi.describe(app)
    health = router_for(service, state.settings.environment, readiness_of(state))
    app.include_router(health, prefix=PREFIX)
    app.include_router(health, include_in_schema=False)
    app.include_router(documentation.router)
    _wrap(app, state)
    return app


def _wrap(app: FastAPI, state: ApiState) -> None:
    """The middleware, innermost first."""
    http = state.settings.http
    app.add_middleware(BodyGuard, timeout=http.body_timeout)
    app.add_middleware(RequestLog)
    origins = [origin.strip().rstrip("/") for origin in http.cors_origins.split(",") if origin.strip()]
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=_EXPOSED_HEADERS,
            max_age=3600,
        )
