"""Doorbells on one machine: each process has a datagram socket in the run folder, and a ring goes to all of them."""

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

# sun_path holds 108 bytes on Linux and 104 on macOS and the BSDs.
LONGEST_SOCKET_PATH = 100
LARGEST_RING = 4096
_SUFFIX = ".bell"


class LocalListener:
    """Rings for the names that it was opened for."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._rung = asyncio.Event()

    def notify(self) -> None:
        """Note a ring."""
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """See the Protocol."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class LocalDoorbell:
    """See the Protocol. The socket opens with the first listener; a process that only rings has none."""

    def __init__(self, run_dir: Path) -> None:
        self._folder = socket_folder(run_dir)
        self._listeners: set[LocalListener] = set()
        self._socket: socket.socket | None = None
        self._path: Path | None = None

    def ring(self, names: Iterable[str]) -> None:
        """See the Protocol."""
        message = "\n".join(names).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            for path in self._folder.glob("*" + _SUFFIX):
                _send(sender, message, path)

    @asynccontextmanager
    async def listen(self, names: Iterable[str]) -> AsyncIterator[LocalListener]:
        """See the Protocol."""
        listener = LocalListener(names)
        self._listeners.add(listener)
        self._open()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._close()

    def _open(self) -> None:
        if self._socket is not None:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = self._folder / f"{os.getpid()}-{uuid4().hex[:8]}{_SUFFIX}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._path))
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    def _close(self) -> None:
        if self._socket is None or self._path is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._socket = self._path = None

    def _hear(self) -> None:
        assert self._socket is not None  # noqa: S101 - the loop calls this only while the socket is open
        with contextlib.suppress(BlockingIOError):
            names = frozenset(self._socket.recv(LARGEST_RING).decode().split("\n"))
            for listener in self._listeners:
                if names & listener.names:
                    listener.notify()


def socket_folder(run_dir: Path) -> Path:
    """The run folder itself, or a short private one in its stead where the path is too long for a socket."""
    folder = run_dir.absolute()
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_PATH - 32:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"reelscribe-{os.getuid()}-{digest}"


def _send(sender: socket.socket, message: bytes, path: Path) -> None:
    try:
        sender.sendto(message, str(path))
    except (ConnectionRefusedError, FileNotFoundError):
        # Its process died without a word.
        path.unlink(missing_ok=True)
    except OSError:
        # A full buffer has rings in it already, and whoever is deaf to this one polls.
        return
