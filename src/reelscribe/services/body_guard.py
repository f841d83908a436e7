"""Request bodies: not endless, not endlessly slow. Uploads are measured by their own routes and only timed here."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reelscribe.problems import PayloadTooLarge
from reelscribe.services.problems import answer

LIMIT_BYTES: Final = 1024 * 1024
DRAIN_BYTES: Final = 16 * LIMIT_BYTES
"""A client that is still sending reads no answer: so much is read and thrown away before the connection is closed."""

_CLOSE: Final = {"Connection": "close"}
_DETAIL: Final = f"A body may have {LIMIT_BYTES:,} bytes here."
_UPLOADS: Final = ("/api/v1/videos/upload", "/uploads/parts/", "/media/")


class BodyGuard:
    """ASGI middleware. `timeout` in seconds: for a whole small body, and between two chunks of an upload."""

    def __init__(self, app: ASGIApp, timeout: float) -> None:
        self._app = app
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _is_upload(scope):
            await self._app(scope, _Body(receive, self._timeout, None).receive, send)
        elif _announced(scope) > LIMIT_BYTES:
            with suppress(HTTPException):
                await _Body(receive, self._timeout, LIMIT_BYTES).drain()
            await answer(PayloadTooLarge(_DETAIL, headers=_CLOSE), scope)(scope, receive, send)
        else:
            await self._app(scope, _Body(receive, self._timeout, LIMIT_BYTES).receive, send)


class _Body:
    """A body on its way in. `limit` in bytes; None for an upload."""

    def __init__(self, receive: Receive, timeout: float, limit: int | None) -> None:
        self._receive = receive
        self._timeout = timeout
        self._limit = limit
        self._size = 0
        self._is_whole = False
        self._deadline: float | None = None

    async def receive(self) -> Message:
        """The next message. What refuses the body is Starlette's own error, which FastAPI lets through."""
        message = await self._next()
        if self._limit is not None and self._size > self._limit:
            await self.drain()
            raise HTTPException(413, _DETAIL, headers=_CLOSE)
        return message

    async def drain(self) -> None:
        """Throw away what still comes, within reason."""
        while not self._is_whole and self._size <= DRAIN_BYTES:
            await self._next()

    async def _next(self) -> Message:
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until()):
                message = await self._receive()
        except TimeoutError:
            detail = f"The body did not come within {self._timeout:g} seconds."
            raise HTTPException(408, detail, headers=_CLOSE) from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message

    def _until(self) -> float:
        if self._deadline is None or self._limit is None:
            self._deadline = asyncio.get_running_loop().time() + self._timeout
        return self._deadline


def _is_upload(scope: Scope) -> bool:
    is_json = "json" in Headers(scope=scope).get("content-type", "")
    return scope["path"].startswith(_UPLOADS) and not is_json


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
