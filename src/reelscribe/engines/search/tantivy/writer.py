"""Writing: a short-lived Tantivy writer for each batch, its commit, and its merges, under the folder's lock.

Tantivy takes one writer for an index in any process; without the wait for merges, segments pile up and slow searches.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reelscribe.engines.search import VideoDocument
from reelscribe.engines.search.analysis import joined, terms, tokens
from reelscribe.engines.search.dense import vectors_of
from reelscribe.engines.search.languages import UNSTEMMED, normal_language
from reelscribe.engines.search.spelling import allowed_edits
from reelscribe.engines.search.tantivy.folder import MOMENTS, VIDEOS, Folder
from reelscribe.engines.search.tantivy.schema import date_key, video_key
from reelscribe.engines.search.tantivy.stored import FIELDS, pack_moment, pack_video
from reelscribe.engines.search.tantivy.vectors import append

if TYPE_CHECKING:
    from tantivy import Document, Index, IndexWriter

HEAP = 64_000_000
"""Bytes a writer buffers before it makes a segment; one thread, so that a video's moments lie side by side."""
BREAK = " \u00b6 "
"""Between texts of one field: no word has this term, so no phrase reaches across."""


class Writer:
    """Changes to a folder's indexes, and to those of a rebuild beside it while one goes on."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def replace(self, documents: Sequence[VideoDocument]) -> None:
        """Put videos in, each in place of its former self."""
        with self._folder.writing() as path:
            for target in self._targets(path, {document.id for document in documents}):
                replace(target, documents)

    def remove(self, video_ids: Collection[str]) -> None:
        """Take videos out."""
        with self._folder.writing() as path:
            for target in self._targets(path, video_ids):
                remove(target, video_ids)

    def clear(self) -> None:
        """Use an empty folder from now on."""
        with self._folder.rebuilding() as following, self._folder.writing():
            self._folder.use(following)

    def fill(self, following: Path, documents: Sequence[VideoDocument]) -> int:
        """Put a rebuild's batch in, except for videos that changed since the rebuild began; how many went in."""
        with self._folder.writing():
            newer = _touched(following)
            fresh = [document for document in documents if document.id not in newer]
            replace(following, fresh)
        return len(fresh)

    def _targets(self, current: Path, video_ids: Iterable[str]) -> list[Path]:
        following = self._folder.following()
        if following is None:
            return [current]
        with (following / "touched").open("a") as file:
            file.writelines(f"{video_id}\n" for video_id in video_ids)
        return [current, following]


def replace(path: Path, documents: Sequence[VideoDocument]) -> None:
    """Moments first, under new versions; the commit of the videos then shows them all at once."""
    videos, moments = _open(path, VIDEOS), _open(path, MOMENTS)
    last = {document.id: document for document in documents}
    versions = {video_id: secrets.randbits(63) for video_id in last}
    stale = path / "stale"
    with _committing(moments) as writer:
        _remove_stale(writer, videos, moments, _keys(stale))
        bodies = {video_id: _add_moments(writer, document, versions[video_id]) for video_id, document in last.items()}
    stale.write_text("".join(f"{video_key(video_id)}\n" for video_id in last))
    with _committing(videos) as writer:
        for video_id, document in last.items():
            _delete(writer, videos, video_key(video_id))
            entry = _video(document, versions[video_id], bodies[video_id])
            _add_vectors(path, entry, document, versions[video_id])
            writer.add_document(entry)


def remove(path: Path, video_ids: Iterable[str]) -> None:
    """Videos first: without them their moments are not seen."""
    keys = [video_key(video_id) for video_id in video_ids]
    for name in (VIDEOS, MOMENTS):
        index = _open(path, name)
        with _committing(index) as writer:
            for key in keys:
                _delete(writer, index, key)


@contextmanager
def _committing(index: "Index") -> "Iterator[IndexWriter]":
    """A writer whose changes are committed together, or not at all if something fails."""
    writer = index.writer(heap_size=HEAP, num_threads=1)
    try:
        yield writer
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()


def _open(path: Path, name: str) -> "Index":
    from tantivy import Index

    return Index.open(str(path / name))


def _remove_stale(writer: "IndexWriter", videos: "Index", moments: "Index", keys: Iterable[int]) -> None:
    """Remove moments of former versions, which the batch before this one (or a crash) left behind."""
    from tantivy import Occur, Query

    searcher = videos.searcher()
    for key in keys:
        found = searcher.search(Query.term_query(videos.schema, "video", key), 1, count=False).hits
        live = searcher.fast_field_values("version", [address for _, address in found])
        stale = [(Occur.Must, Query.term_query(moments.schema, "video", key))]
        stale.extend((Occur.MustNot, Query.term_query(moments.schema, "version", version)) for version in live)
        writer.delete_documents_by_query(Query.boolean_query(stale))


def _delete(writer: "IndexWriter", index: "Index", key: int) -> None:
    """By query, because `delete_documents_by_term` (tantivy 0.27) takes a number for signed and then finds nothing."""
    from tantivy import Query

    writer.delete_documents_by_query(Query.term_query(index.schema, "video", key))


def _add_moments(writer: "IndexWriter", document: VideoDocument, version: int) -> str:
    """Add a video's moments; their terms, for the video's body."""
    language = normal_language(document.language)
    texts: list[str] = []
    for number, moment in enumerate(document.moments):
        found = tokens(moment.text, language)
        entry = _with_filters(document, version, pack_moment(moment, found))
        text = joined(found)
        entry.add_text("text", text)
        entry.add_unsigned("number", number)
        writer.add_document(entry)
        texts.append(text)
    return BREAK.join(texts)


def _video(document: VideoDocument, version: int, spoken: str) -> "Document":
    language = normal_language(document.language)
    found = {name: tokens(getattr(document, name), language) for name in FIELDS}
    entry = _with_filters(document, version, pack_video(document, found))
    written = {name: joined(those) for name, those in found.items()}
    for name, text in written.items():
        entry.add_text(name, text)
    body = BREAK.join([*written.values(), spoken])
    entry.add_text("body", body)
    words = _distinct_words(document)
    entry.add_text("words", " ".join(words))
    entry.add_text("reversed", " ".join(word[::-1] for word in words))
    entry.add_text("language", language)
    return entry


def _add_vectors(path: Path, entry: "Document", document: VideoDocument, version: int) -> None:
    found = vectors_of(document.moments)
    row = None if found is None else append(path, version, found)
    entry.add_unsigned("row", row or 0)
    entry.add_unsigned("rows", 0 if row is None else 1 + len(document.moments))


def _distinct_words(document: VideoDocument) -> list[str]:
    """Words that a misspelt one may be corrected to."""
    texts = [document.title, document.description, document.summary, *(moment.text for moment in document.moments)]
    words = {word for text in texts for word in terms(text, UNSTEMMED)}
    return [word for word in words if allowed_edits(word)]


def _with_filters(document: VideoDocument, version: int, stored: bytes) -> "Document":
    from tantivy import Document

    entry = Document()
    for token in access_tokens(document):
        entry.add_text("access", token)
    entry.add_text("status", document.status)
    for name, value in (
        ("video", video_key(document.id)),
        ("version", version),
        ("user", document.user_id),
        ("created", date_key(document.created_at)),
    ):
        entry.add_unsigned(name, value)
    entry.add_bytes("stored", stored)
    return entry


def access_tokens(document: VideoDocument) -> list[str]:
    """Who may find a video: its owner always, others by its visibility. Unlisted ones are for those who have the id."""
    shared = [document.visibility] if document.visibility in {"internal", "public"} else []
    return [f"owner {document.user_id}", *shared]


def _keys(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def _touched(following: Path) -> set[str]:
    file = following / "touched"
    return set(file.read_text().splitlines()) if file.exists() else set()
