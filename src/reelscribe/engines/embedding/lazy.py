"""An embedder that loads when it is first asked, so that a process which never asks never pays for it."""

from collections.abc import Callable, Sequence
from threading import Lock

from reelscribe.text.ports import Embedder, Vectors


class LazyEmbedder:
    """See the Protocol. Threads may share it; the first one loads."""

    def __init__(self, name: str, dimensions: int, load: Callable[[], Embedder]) -> None:
        self.name = name
        self.dimensions = dimensions
        self._load = load
        self._lock = Lock()
        self._loaded: Embedder | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See the Protocol; the first call also raises what loading raises."""
        return self._embedder().embed(texts)

    def _embedder(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded
