"""The outermost edge of a request: its id, its one log line, safe headers, and an answer whatever happened."""

import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars
from structlog.stdlib import get_logger

from reelscribe.logs import masked
from reelscribe.problems import CLIENT_GONE
from reelscribe.services.problems import unexpected
from reelscribe.videos.public_id import is_public_id

REQUEST_ID_HEADER: Final = "X-Request-ID"
SAFE_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Where a route does not say otherwise, as media and pages do."""

_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}", re.ASCII)
_LONGEST_PATH: Final = 200
_PARAMETER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_LOG = get_logger("reelscribe.http")


class RequestLog:
    """ASGI middleware. Routes find the id in `request.state.request_id` and in every log line of theirs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with bound_contextvars(request_id=request_id):
            await _Exchange(scope, send, request_id).run(self._app, receive)


class _Exchange:
    """One request and what was answered so far."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._status = 0
        self._bytes = 0
        self._began = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        try:
            await app(self._scope, receive, self.send)
        except ClientDisconnect:
            self._status = CLIENT_GONE
        except Exception:
            # The process's edge: nothing of the error leaves, all of it is logged.
            _LOG.exception("request_failed", method=self._scope["method"], path=path_of(self._scope))
            if self._status:
                # Half an answer is out: only a broken connection tells the client that it is not whole.
                raise
            await unexpected(self._scope)(self._scope, receive, self.send)
        finally:
            self._tell()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._dress(message)
        elif message["type"] == "http.response.body":
            self._bytes += len(message.get("body", b""))
        await self._send(message)

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID_HEADER] = self._request_id
        for name, value in SAFE_HEADERS.items():
            headers.setdefault(name, value)

    def _tell(self) -> None:
        status = self._status or CLIENT_GONE
        log = _LOG.warning if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _LOG.info
        log(
            "request",
            method=self._scope["method"],
            path=path_of(self._scope),
            status=status,
            ms=round((time.perf_counter() - self._began) * 1000, 1),
            bytes=self._bytes,
            user_id=self._scope["state"].get("user_id"),
            **_video_of(self._scope),
        )


def _video_of(scope: Scope) -> dict[str, str]:
    """The video that the path names, where it could be one."""
    video_id = scope.get("path_params", {}).get("video_id", "")
    return {"video_id": video_id} if is_public_id(video_id) else {}


def path_of(scope: Scope) -> str:
    """The route's template with its prefix; for what no route took, the path itself without anything signed."""
    template = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str) or not template:
        return masked(scope["path"].encode("unicode_escape").decode()[:_LONGEST_PATH])
    # FastAPI's routes do not know the prefixes under which they were included: what this one matched ends the path.
    values = scope.get("path_params", {})
    matched = _PARAMETER.sub(lambda found: str(values.get(found[1], found[0])), template)
    path: str = scope["path"]
    return path.removesuffix(matched) + template if path.endswith(matched) else template


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    return given if _SANE_ID.fullmatch(given) else uuid4().hex
