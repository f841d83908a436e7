"""The two web services as processes."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import anyio.to_thread
import structlog
import uvicorn
from fastapi import FastAPI

from reelscribe.accounts.passwords import Passwords
from reelscribe.accounts.tokens import Tokens
from reelscribe.processes.loops import side_by_side
from reelscribe.processes.parent import StartError
from reelscribe.services import api, summarizer
from reelscribe.services.header_guard import GuardedHttp
from reelscribe.services.state import ApiState
from reelscribe.settings import HttpSettings
from reelscribe.videos.feed import stop_streams
from reelscribe.wiring import Platform

log = structlog.get_logger(__name__)

GRACE_SECONDS = 4
BACKLOG = 1024
KEEP_ALIVE_SECONDS = 30


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handling: the process has one already. Its log says where it serves."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            log.info("serving", address=f"http://{host}:{self.config.port}/")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_api(platform: Platform) -> None:
    """Serve the API until cancelled."""
    http = platform.settings.http
    await side_by_side(
        warm_up(platform),
        serve_app(api.create_app(api_state(platform)), http, http.api_port),
    )


async def warm_up(platform: Platform) -> None:
    """Load the embedder, so that the first search does not wait for it."""
    if platform.embedder is None:
        return
    try:
        await anyio.to_thread.run_sync(platform.embedder.embed, ["a first query"], abandon_on_cancel=True)
    except RuntimeError as error:
        log.warning("search by meaning is off", reason=str(error))


async def serve_summarizer(platform: Platform) -> None:
    """Serve the summarizer's own endpoints until cancelled."""
    http = platform.settings.http
    await serve_app(summarizer.create_app(api_state(platform)), http, http.port or 8081)


async def serve_app(app: FastAPI, settings: HttpSettings, port: int) -> None:
    """Serve one application until cancelled, then let requests end. Raises StartError on a taken port."""
    proxies = settings.forwarded_allow_ips
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        http=GuardedHttp,
        # By itself uvicorn believes every client on this machine about who it is.
        proxy_headers=proxies is not None,
        forwarded_allow_ips=proxies,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.ensure_future(_serve(server, settings.host, port))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        stop_streams(app)
        server.should_exit = True
        await serving
        raise


async def _serve(server: uvicorn.Server, host: str, port: int) -> None:
    try:
        await server.serve()
    except SystemExit as error:
        # Uvicorn's way to say that it could not bind.
        raise StartError(f"Port {port} on {host} is taken or not allowed. Choose another one with PORT.") from error


def api_state(platform: Platform) -> ApiState:
    """What the services' routes find on `app.state`."""
    return ApiState(
        settings=platform.settings,
        secret=platform.secret,
        database=platform.database,
        memory=platform.memory,
        tokens=Tokens(platform.secret.encode(), platform.settings.accounts.jwt_expiry),
        passwords=Passwords(),
        storage=platform.storage,
        parts=platform.parts,
        search=platform.search,
        embedder=platform.embedder,
        doorbell=platform.doorbell,
    )
