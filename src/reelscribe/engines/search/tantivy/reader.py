"""Reading: both searchers of one point in time, opened again when a commit or a rebuild of any process changed them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from reelscribe.engines.search.languages import DEFAULT_LANGUAGE
from reelscribe.engines.search.tantivy.folder import MOMENTS, VIDEOS, Folder
from reelscribe.engines.search.tantivy.vectors import VectorFiles

if TYPE_CHECKING:
    from tantivy import Index, Schema, Searcher

MAX_LANGUAGES = 8
"""Languages, the most frequent first, in whose forms a query's words are looked up."""
MAX_LISTED = 500
"""Terms listed for one beginning or end, the most frequent first."""
_ATTEMPTS = 5


@dataclass(frozen=True)
class Snapshot:
    """What one search works on; also the index's vocabulary (`plan.Vocabulary`)."""

    videos: "Searcher"
    moments: "Searcher"
    videos_schema: "Schema"
    moments_schema: "Schema"
    vectors: VectorFiles | None

    @cached_property
    def languages(self) -> Sequence[str]:
        """Languages of the videos, the most frequent first."""
        found = self.videos.terms_with_prefix("language", "", limit=MAX_LANGUAGES)
        return [language for language, _ in found] or [DEFAULT_LANGUAGE]

    def frequency(self, term: str) -> int:
        """In how many videos a term stands."""
        return self.videos.doc_freq("body", term)

    def pairs(self, character: str) -> Sequence[str]:
        """Terms of unspaced scripts that begin with a character."""
        return [term for term, _ in self.videos.terms_with_prefix("body", character, limit=MAX_LISTED)]

    def starting(self, prefix: str) -> Sequence[tuple[str, int]]:
        """Words with this beginning and their frequencies."""
        return self.videos.terms_with_prefix("words", prefix, limit=MAX_LISTED)

    def ending(self, suffix: str) -> Sequence[tuple[str, int]]:
        """Words with this end and their frequencies."""
        found = self.videos.terms_with_prefix("reversed", suffix[::-1], limit=MAX_LISTED)
        return [(term[::-1], frequency) for term, frequency in found]


class Reader:
    """Gives snapshots; threads may share it.

    Every commit replaces the videos' `meta.json`, so its identity is the generation that tells when to open again.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = Lock()
        self._generation: tuple[int, int] | None = None
        self._snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The newest state, at the cost of one `stat` where nothing changed."""
        generation = self._stat()
        snapshot = self._snapshot
        if snapshot is not None and generation == self._generation:
            return snapshot
        with self._lock:
            return self._opened()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            self._generation, self._snapshot = None, None

    def _opened(self) -> Snapshot:
        """Videos before moments and vectors: what the videos name is then among those."""
        for attempt in range(1, _ATTEMPTS + 1):
            generation = self._stat()
            if self._snapshot is not None and generation == self._generation:
                break
            try:
                path = self._folder.current.resolve(strict=True)
                self._snapshot = _snapshot(path, _index(path / VIDEOS), _index(path / MOMENTS))
            except (OSError, ValueError):
                # Swept by a rebuild between both steps; the link already names another folder.
                if attempt == _ATTEMPTS:
                    raise
                continue
            self._generation = generation
        if self._snapshot is None:
            raise FileNotFoundError(self._folder.current)
        return self._snapshot

    def _stat(self) -> tuple[int, int]:
        try:
            state = os.stat(self._folder.current / VIDEOS / "meta.json")  # noqa: PTH116 - half the time of Path.stat, once a search
        except FileNotFoundError:
            with self._folder.writing():
                state = os.stat(self._folder.current / VIDEOS / "meta.json")  # noqa: PTH116 - as above
        return state.st_ino, state.st_mtime_ns


def _index(path: Path) -> "Index":
    from tantivy import Index

    index = Index.open(str(path))
    index.config_reader("manual")
    index.reload()
    return index


def _snapshot(path: Path, videos: "Index", moments: "Index") -> Snapshot:
    return Snapshot(videos.searcher(), moments.searcher(), videos.schema, moments.schema, VectorFiles.open(path))
