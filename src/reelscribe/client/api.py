"""A small client of the public API."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from reelscribe.settings import Settings

PREFIX = "/api/v1"
LOGIN = "/auth/login"
TIMEOUT = httpx.Timeout(30.0, read=60.0)

Json = dict[str, Any]
"""An answer, of which the commands read the fields that the contract names."""


class ClientError(Exception):
    """The platform refused, or can not be reached; the message says what to do."""


class RefusedError(ClientError):
    """This one thing can not be done; the next one may be."""


class Client:
    """Requests that come back as JSON, or as a ClientError in words."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    @property
    def signed_in(self) -> bool:
        """Whether requests carry a token."""
        return "Authorization" in self.http.headers

    async def get(self, path: str, **params: object) -> Json:
        """GET a JSON answer."""
        wanted = {name: str(value) for name, value in params.items() if value is not None}
        return await self._send(self.http.build_request("GET", PREFIX + path, params=wanted))

    async def post(self, path: str, body: Json | None = None) -> Json:
        """POST a JSON body."""
        return await self._send(self.http.build_request("POST", PREFIX + path, json=body))

    async def _send(self, request: httpx.Request) -> Json:
        """Raises ClientError on anything but success."""
        try:
            response = await self.http.send(request)
        except httpx.TransportError as error:
            raise ClientError(
                f"{self.http.base_url} does not answer ({error or type(error).__name__}). "
                "Is the platform running? Start it with `reelscribe serve`, or set REELSCRIBE_URL."
            ) from error
        if response.is_error:
            raise _refusal(response)
        return cast("Json", response.json()) if response.content else {}

    async def login(self, email: str, password: str) -> str:
        """Sign in; later requests carry the token, which is also given back."""
        answer = await self.post(LOGIN, {"email": email, "password": password})
        token = str(answer["access_token"])
        self.http.headers["Authorization"] = f"Bearer {token}"
        return token


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """A client that is signed in with whatever the environment or `reelscribe login` gave; else it is a visitor."""
    chosen = settings.client
    async with httpx.AsyncClient(base_url=_address(settings), timeout=TIMEOUT) as http:
        client = Client(http)
        token = _token(settings)
        if token is not None:
            http.headers["Authorization"] = f"Bearer {token}"
        elif chosen.email is not None and chosen.password is not None:
            await client.login(chosen.email, chosen.password.get_secret_value())
        yield client


@asynccontextmanager
async def open_visitor(settings: Settings) -> AsyncIterator[Client]:
    """A visitor of the platform that these settings start, whatever other one the commands were told to use."""
    async with httpx.AsyncClient(base_url=_own_address(settings), timeout=TIMEOUT) as http:
        yield Client(http)


def keep_secret(path: Path, secret: str) -> None:
    """Keep a token or a password for later commands, for its owner's eyes only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)


def token_file(settings: Settings) -> Path:
    """Where the token for this platform is kept: one for each address, so that none is ever sent to another."""
    return settings.client.tokens_folder / re.sub(r"[^A-Za-z0-9.-]+", "_", _address(settings))


def _token(settings: Settings) -> str | None:
    if settings.client.token is not None:
        return settings.client.token.get_secret_value()
    kept = token_file(settings)
    if settings.client.email is None and kept.is_file():
        return kept.read_text().strip() or None
    return None


def _address(settings: Settings) -> str:
    return settings.client.url or _own_address(settings)


def _own_address(settings: Settings) -> str:
    return f"http://{_reachable(settings.http.host)}:{settings.http.api_port}"


def _reachable(host: str) -> str:
    """An address to call, for a server that listens on all of them."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _refusal(response: httpx.Response) -> ClientError:
    # At the login itself the platform says what was wrong.
    if response.status_code == httpx.codes.UNAUTHORIZED and not response.request.url.path.endswith(LOGIN):
        return ClientError("You are not signed in, or no longer. Run `reelscribe login`, or set REELSCRIBE_TOKEN.")
    return RefusedError(f"The platform answered {response.status_code}: {_reason(response)}")


def _reason(response: httpx.Response) -> str:
    """What a problem says in words: of bad fields, what is wrong with each."""
    try:
        problem = response.json()
        fields = [f"{error['field'].rpartition('.')[2]}: {error['message']}" for error in problem.get("errors") or ()]
        return "; ".join(fields) or str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError, KeyError, TypeError):
        return response.text[:200]
