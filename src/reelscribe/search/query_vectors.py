"""Queries as vectors: computed in a thread, the most recent ones remembered, since pages and people repeat them."""

import asyncio
from collections import OrderedDict
from typing import Final

from anyio import to_thread
from starlette.requests import HTTPConnection

from reelscribe.text.ports import Embedder, Vectors

REMEMBERED: Final = 1024
"""Vectors of 384 float32: 1.5 MB."""
LONGEST: Final = 1000
"""Characters of a query that are embedded: more than the model reads."""


class QueryVectors:
    """The vectors of queries, in one process."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = asyncio.Lock()

    async def of(self, query: str) -> Vectors | None:
        """The query's vector, float32 of shape (d,); None for a query without a word."""
        text = " ".join(query[:LONGEST].split())
        if not text:
            return None
        # One at a time: the model uses the cores by itself, and whoever asks the same meanwhile finds it known.
        async with self._lock:
            vector = self._known.pop(text, None)
            if vector is None:
                vector = (await to_thread.run_sync(self._embedder.embed, [text]))[0]
            self._known[text] = vector
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return vector


def query_vectors_of(connection: HTTPConnection) -> QueryVectors | None:
    """The process's query vectors, made at the first search; None without an embedder."""
    state = connection.app.state
    if state.embedder is None:
        return None
    if not hasattr(state, "query_vectors"):
        state.query_vectors = QueryVectors(state.embedder)
    vectors: QueryVectors = state.query_vectors
    return vectors
