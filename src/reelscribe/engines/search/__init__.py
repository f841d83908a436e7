"""Finding videos, and the moments in them, by what was said: one Protocol, Tantivy embedded, OpenSearch at scale.

Offsets are code points of the text beside them and times are seconds from a video's start, everywhere here.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Visibility = Literal["private", "internal", "unlisted", "public"]
Sort = Literal["relevance", "newest", "oldest"]
Field = Literal["title", "description", "summary"]
Span = tuple[int, int]


class InvalidCursor(ValueError):  # noqa: N818 - a caller's mistake, named as the API names it
    """The cursor is not one that this search gave: damaged, of another query, or made up."""


@dataclass(frozen=True, slots=True)
class MomentDocument:
    """A window of about 30 s of speech, cut at sentences.

    `words` holds (first character, character after the last, start in seconds) of each word whose time is known, and
    `sentence_starts` (first character, start in seconds) of each sentence, both in order; either may be empty.
    `vector` is the window's embedding, float32 of shape (d,), the same d for a whole index.
    """

    start: float
    end: float
    text: str
    words: Sequence[tuple[int, int, float]] = ()
    sentence_starts: Sequence[tuple[int, float]] = ()
    vector: "NDArray[np.float32] | None" = None


@dataclass(frozen=True, slots=True)
class VideoDocument:
    """All that search knows about one video. `id` is its public id, `user_id` its owner's key, `language` ISO 639-1."""

    id: str
    title: str
    description: str
    summary: str
    user_id: int
    user_name: str
    status: str
    visibility: Visibility
    created_at: datetime
    duration: float
    language: str | None = None
    moments: Sequence[MomentDocument] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: an account's key, or None for someone not signed in. An administrator finds everything."""

    user_id: int | None = None
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One page of one search.

    `q` is what a person typed, never trusted: words, "quoted phrases" and -excluded words. `created_from` is inclusive,
    `created_to` exclusive, both aware. `cursor` is the `next_cursor` of the page before, for the same query.
    `vector` is the query's embedding, float32 of shape (d,), where an embedder is installed.
    """

    q: str
    viewer: Viewer
    limit: int = 20
    cursor: str | None = None
    status: str | None = None
    user_id: int | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    sort: Sort = "relevance"
    vector: "NDArray[np.float32] | None" = None


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """A title, description or summary in which words of the query stand; `spans` says where, in order."""

    field: Field
    text: str
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class MomentHit:
    """Where to begin playing and why: `start` is at most 3 s before the first word that matched is said."""

    start: float
    end: float
    text: str
    spans: Sequence[Span]
    score: float


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One video, its matching fields, and its best moments, best first."""

    video_id: str
    score: float
    matches: Sequence[FieldMatch] = ()
    moments: Sequence[MomentHit] = ()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of hits; `total` counts all videos that match, and `next_cursor` is None on the last page."""

    items: Sequence[SearchHit] = field(default_factory=tuple)
    next_cursor: str | None = None
    total: int = 0


class SearchEngine(Protocol):
    """An index of videos. Every method may be called from any process at any time."""

    async def index(self, documents: Iterable[VideoDocument]) -> None:
        """Put these videos in, each in place of what was known about it, all in one commit.

        Once this returns, searches of every process see them.
        """
        ...

    async def delete(self, video_ids: Iterable[str]) -> None:
        """Take these videos out, all in one commit; ids that are not there are ignored."""
        ...

    async def search(self, request: SearchRequest) -> SearchPage:
        """Answer one page. Any `q` at all has an answer, if only an empty one.

        Raises:
            InvalidCursor: `request.cursor` is not one that this search gave.
        """
        ...

    async def check(self) -> None:
        """Return if searches can be answered; otherwise raise the reason (OSError and its kin)."""
        ...

    async def clear(self) -> None:
        """Forget every video."""
        ...

    async def rebuild(self, documents: AsyncIterator[VideoDocument]) -> int:
        """Build a new index beside the old and swap them at once; the number of videos in it.

        Searches meanwhile answer from the old one; what `index` and `delete` do meanwhile is in both.
        """
        ...

    async def close(self) -> None:
        """Let go of files and connections; the engine is not used afterwards."""
        ...
