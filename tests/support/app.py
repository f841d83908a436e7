"""The real API service on a temporary DATA_DIR, driven over HTTP: in process by httpx, or by a real uvicorn."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from reelscribe.processes.web import api_state
from reelscribe.services import api, summarizer
from reelscribe.services.header_guard import GuardedHttp
from reelscribe.settings import AccountSettings, HttpSettings, Settings
from reelscribe.tables import metadata
from reelscribe.wiring import Platform, open_platform

PASSWORD = "a password for tests alone"
API = "/api/v1"


@dataclass(frozen=True)
class Person:
    """Someone signed in."""

    id: int
    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class App:
    """One API service, its engines, and a client of it."""

    platform: Platform
    app: FastAPI
    http: httpx.AsyncClient

    async def signup(self, email: str | None = None, *, name: str = "Ada", password: str = PASSWORD) -> Person:
        """A new account, signed in; the first one of a platform is its administrator."""
        email = email or f"{secrets.token_hex(6)}@example.com"
        body = {"name": name, "email": email, "password": password}
        answer = await self.http.post(f"{API}/auth/signup", json=body)
        assert answer.status_code == 201, answer.text
        return Person(answer.json()["id"], answer.json()["email"], await self.login(email, password))

    async def login(self, email: str, password: str = PASSWORD) -> str:
        """A token."""
        answer = await self.http.post(f"{API}/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


def settings_for(folder: Path, **groups: object) -> Settings:
    """Settings that no environment reaches, with limits that tests do not meet by accident."""
    given: dict[str, object] = {"accounts": AccountSettings(attempts_per_minute=10_000), **groups}
    return Settings(data_dir=folder, **given)  # type: ignore[arg-type]  # groups are named as the settings' fields


@asynccontextmanager
async def open_app(folder: Path, *, service: str = "api", **groups: object) -> AsyncIterator[App]:
    """The application over a platform in `folder`, every table made; requests go to it without a socket."""
    async with open_platform(settings_for(folder, **groups)) as platform:
        async with platform.database.engine.begin() as connection:
            await connection.run_sync(metadata().create_all)
        create = api.create_app if service == "api" else summarizer.create_app
        app = create(api_state(platform))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://reelscribe") as client:
            yield App(platform, app, client)


@asynccontextmanager
async def serve(app: FastAPI, http: type[GuardedHttp] = GuardedHttp) -> AsyncIterator[str]:
    """The application behind a real uvicorn on a free port, for what needs a real connection. Gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


def http_settings(**values: object) -> HttpSettings:
    """HTTP settings by their fields' names."""
    return HttpSettings(**values)  # type: ignore[arg-type]  # named as the fields are
