"""Request heads: not endless, not endlessly slow, and not of more clients than there are descriptors for.

Neither httptools nor uvicorn's use of it limits them.
"""

import asyncio
import resource
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES: Final = 64 * 1024
"""Request line and headers; a JWT and a few cookies need a tenth of that."""

HEAD_SECONDS: Final = 30.0

KEPT_FILES: Final = 256
"""Descriptors that no connection may take: those of objects, the database and the index, with which all are served."""


class GuardedHttp(HttpToolsProtocol):
    """For `uvicorn.Config(http=GuardedHttp)`: a head that is too large gets 400; one that does not come, nothing.

    A connection beyond what the process may hold (see `ulimit -n`) is closed at once: taken in, it would be at the cost
    of files, and who is already here would get errors.
    """

    head_seconds: float = HEAD_SECONDS
    _timer: asyncio.TimerHandle | None = None
    _fed = 0
    _parsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """The first head may take its time from here."""
        super().connection_made(transport)
        if len(self.connections) > max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - KEPT_FILES):
            transport.close()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for any more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that is not complete yet: the parser keeps an endless header to itself."""
        if self._timer is not None:
            self._fed += len(data)
        super().data_received(data)
        if self._timer is not None and self._fed > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's headers are too large.")

    def on_message_begin(self) -> None:
        """A head begins, perhaps of a later request on the same connection."""
        super().on_message_begin()
        self._parsed = 0
        if self._timer is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, whole."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole; from here on the body's own limits hold."""
        self._stop_timer()
        super().on_headers_complete()

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > HEAD_BYTES:
            # Uvicorn answers 400 to whatever the parser reports.
            raise httptools.HttpParserError("the request's headers are too large")

    def _expect_head(self) -> None:
        self._fed = 0
        self._timer = self.loop.call_later(self.head_seconds, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
