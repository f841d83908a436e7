"""A TCP proxy that cuts connections where a test wants it."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

BLOCK = 65536
NO_LINGER = struct.pack("ii", 1, 0)


class Proxy:
    """Passes `budgets[n]` bytes of its n-th connection towards the server, and then resets both ends.

    With a `gate` it stops after so many bytes in all, until it is opened: nobody is done before a test has looked.
    """

    def __init__(self, target: int, budgets: list[int], *, gate: int | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        self._target = target
        self._budgets = iter(budgets)
        self._gate = gate
        self._passed = 0
        self._is_open = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_open.set()
        for each in (self._listener, *self._sockets):
            _end(each)
        for thread in self._threads:
            thread.join()

    def open(self) -> None:
        """Let everything through from now on."""
        self._is_open.set()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                try:
                    server = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    _end(client)
                    continue
                self._sockets.append(server)
                self._start(self._up, client, server, next(self._budgets, None))
                self._start(_pass, server, client)

    def _up(self, client: socket.socket, server: socket.socket, budget: int | None) -> None:
        with suppress(OSError):
            while data := client.recv(BLOCK):
                server.sendall(data)
                self._passed += len(data)
                if self._gate is not None and self._passed > self._gate:
                    self._is_open.wait()
                if budget is not None:
                    budget -= len(data)
                    if budget <= 0:
                        self.cuts += 1
                        break
        _end(client)
        _end(server)


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(BLOCK):
            sink.sendall(data)
    _end(sink)


def _end(connection: socket.socket) -> None:
    """Reset it, and wake the threads that wait on it."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
