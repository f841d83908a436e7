"""Which videos could be on the page, and which of their moments match: the part of a search that Tantivy does.

A million moments are never all scored: videos are ranked first (there are some 40 times fewer), then the moments of the
best of them. Only where the words are rare are all moments asked too: a single moment of a long video may be best.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelscribe.engines.search import SearchRequest
from reelscribe.engines.search.fusion import Floats, Meaning, Windows
from reelscribe.engines.search.plan import Group, Plan
from reelscribe.engines.search.tantivy.queries import Queries
from reelscribe.engines.search.tantivy.reader import Snapshot

if TYPE_CHECKING:
    from tantivy import DocAddress, Query, SearchResult

RARE_POSTINGS = 20_000
"""Moments that hold the wanted words in all, up to which every moment is asked (1 ms)."""
COMMON_SHARE = 0.4
"""A word in so large a share of all moments tells none apart, unless there is no other."""
BEST_MOMENTS = 200
BEST_FIELDS = 100
BEST_MEANT = 60
"""Videos found by words that are also compared by meaning, the best first."""
NEAR_STRETCHES = 48
"""Stretches of windows that are nearest by their codes, whose videos are looked at though they may have no word."""
MOMENTS_PER_VIDEO = 5
FEWEST_MOMENTS, MOST_MOMENTS = 1_000, 4_000
SAME_INSTANT = 64
"""Videos created in the same microsecond that a cursor by date keeps apart."""


@dataclass
class Candidates:
    """Videos that match: each one's address, score, and version by which its moments are found.

    `fields` is what their titles, summaries and descriptions alone score, shape (n,). The first `by_words` match by
    words, the others at most by meaning. `total` counts those that match by words, also those that are not here.
    """

    addresses: "list[DocAddress]" = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    total: int = 0
    fields: Floats | None = None
    by_words: int = 0

    def kept(self, places: Sequence[int]) -> "Candidates":
        """Only those at these places, in this order."""
        return Candidates(
            [self.addresses[i] for i in places],
            [self.scores[i] for i in places],
            [self.versions[i] for i in places],
            self.total,
            by_words=len(places),
        )

    def extend(self, others: "Candidates") -> None:
        """Add others at the end."""
        self.addresses += others.addresses
        self.scores += others.scores
        self.versions += others.versions


@dataclass
class Moments:
    """Matching moments of the candidates: `windows.video` counts the candidates, `addresses` are theirs."""

    windows: Windows
    addresses: "list[DocAddress]"


class Finder:
    """One search's questions to one snapshot."""

    def __init__(self, snapshot: Snapshot, plan: Plan, request: SearchRequest) -> None:
        self._snapshot = snapshot
        self._plan = plan
        self._request = request
        self._videos = Queries(snapshot.videos_schema)
        self._moments = Queries(snapshot.moments_schema)
        self._wanted = self._telling()

    def best_videos(self, limit: int) -> Candidates:
        """The videos that rank highest by their own words, and those of the best rare moments."""
        query, found = self._matching(limit)
        near = self._versions_of_near_videos()
        if query is not None and (extra := (near | self._versions_of_rare_moments()) - set(found.versions)):
            found.extend(self._among(query, extra))
        found.by_words = len(found.versions)
        if not self._plan.phrases and (meant := near - set(found.versions)):
            found.extend(self._among(self._videos.visible(self._plan, self._request), meant))
        found.fields = self._field_scores(found.versions)
        return found

    def meaning_of(self, candidates: Candidates) -> Meaning | None:
        """How near the query's vector comes to the best by words and to all that were found by meaning."""
        files, vector = self._snapshot.vectors, self._vector
        if files is None or vector is None:
            return None
        places = [*range(min(BEST_MEANT, candidates.by_words)), *range(candidates.by_words, len(candidates.versions))]
        addresses = [candidates.addresses[place] for place in places]
        first = self._snapshot.videos.fast_field_values("row", addresses)
        count = self._snapshot.videos.fast_field_values("rows", addresses)
        blocks = [(p, int(a or 0), int(n or 0)) for p, a, n in zip(places, first, count, strict=True) if n]
        return files.meaning(blocks, vector, len(candidates.versions))

    def addresses_of(self, wanted: Sequence[tuple[int, int]]) -> "dict[tuple[int, int], DocAddress]":
        """The moments of these versions and numbers, which were found by meaning and so have no address yet."""
        versions = {version for version, _ in wanted}
        if not versions:
            return {}
        searcher = self._snapshot.moments
        query = self._moments.of_versions(versions)
        addresses = [address for _, address in searcher.search(query, MOST_MOMENTS * 4, count=False).hits]
        found = zip(
            searcher.fast_field_values("version", addresses),
            searcher.fast_field_values("number", addresses),
            addresses,
            strict=True,
        )
        asked = set(wanted)
        named = {(int(version or 0), int(number or 0)): address for version, number, address in found}
        return {key: address for key, address in named.items() if key in asked}

    def videos_by_date(self, limit: int, last: int | None) -> tuple[Candidates, list[int]]:
        """Videos that match in order of creation, from the date `last` on (inclusive), and their dates."""
        from tantivy import Order

        newest = self._request.sort == "newest"
        query, matching = self._matching(1)
        if query is None:
            return matching, []
        if last is not None:
            query = self._and(query, self._videos.created_by(last, newest=newest))
        order = Order.Desc if newest else Order.Asc
        hits = self._snapshot.videos.search(
            query, limit + SAME_INSTANT, count=False, order_by_field="created", order=order
        ).hits
        return self._candidates([(0.0, address) for _, address in hits], matching.total), [
            int(date) for date, _ in hits
        ]

    def moments_of(self, candidates: Candidates) -> Moments:
        """Their best moments, best first."""
        if not candidates.versions or not (self._wanted or self._plan.phrases):
            return _no_moments()
        limit = min(max(MOMENTS_PER_VIDEO * len(candidates.versions), FEWEST_MOMENTS), MOST_MOMENTS)
        query = self._and(self._moments.moments(self._plan, self._wanted), self._moments.versions(candidates.versions))
        hits = self._snapshot.moments.search(query, limit, count=False).hits
        addresses = [address for _, address in hits]
        place = {version: i for i, version in enumerate(candidates.versions)}
        versions = self._snapshot.moments.fast_field_values("version", addresses)
        numbers = self._snapshot.moments.fast_field_values("number", addresses)
        windows = Windows(
            video=np.array([place[int(version or 0)] for version in versions], dtype=np.int64),
            number=np.array(numbers, dtype=np.int64),
            score=np.array([score for score, _ in hits], dtype=np.float64),
        )
        return Moments(windows, addresses)

    def _field_scores(self, versions: Sequence[int]) -> Floats:
        scores = np.zeros(len(versions))
        if not versions:
            return scores
        # The best of all that are visible, not of these versions: to look up a set of versions takes longer.
        query = self._and(self._videos.fields(self._plan), *self._videos.filters(self._request))
        found = self._candidates(self._snapshot.videos.search(query, BEST_FIELDS + len(versions), count=False).hits, 0)
        place = {version: i for i, version in enumerate(versions)}
        for version, score in zip(found.versions, found.scores, strict=True):
            if version in place:
                scores[place[version]] = score
        return scores

    def _matching(self, limit: int) -> "tuple[Query | None, Candidates]":
        """If no video has as many of the words as it should, one of them is enough."""
        if self._plan.is_hopeless:
            return None, Candidates()
        for required in dict.fromkeys((self._plan.required, 1)):
            query = self._videos.videos(self._plan, self._request, required)
            result = self._snapshot.videos.search(query, limit)
            if total := _count(result):
                break
        return query, self._candidates(result.hits, total)

    def _candidates(self, hits: "Sequence[tuple[float, DocAddress]]", total: int) -> Candidates:
        addresses = [address for _, address in hits]
        versions = self._snapshot.videos.fast_field_values("version", addresses)
        return Candidates(addresses, [score for score, _ in hits], [int(version or 0) for version in versions], total)

    @property
    def _vector(self) -> "NDArray[np.float32] | None":
        files, vector = self._snapshot.vectors, self._request.vector
        return vector if files is not None and vector is not None and vector.shape == (files.dimensions,) else None

    def _among(self, query: "Query", versions: set[int]) -> Candidates:
        only = self._and(query, self._videos.versions(versions))
        return self._candidates(self._snapshot.videos.search(only, len(versions), count=False).hits, 0)

    def _versions_of_near_videos(self) -> set[int]:
        files, vector = self._snapshot.vectors, self._vector
        return files.near(vector, NEAR_STRETCHES) if files is not None and vector is not None else set()

    def _versions_of_rare_moments(self) -> set[int]:
        groups = [*self._wanted, *self._plan.phrases]
        if not groups or sum(map(self._postings, groups)) > RARE_POSTINGS:
            return set()
        query = self._and(self._moments.moments(self._plan, self._wanted), *self._moments.filters(self._request))
        hits = self._snapshot.moments.search(query, BEST_MOMENTS, count=False).hits
        versions = self._snapshot.moments.fast_field_values("version", [address for _, address in hits])
        return {int(version or 0) for version in versions}

    def _telling(self) -> list[Group]:
        """The wanted words without those that stand nearly everywhere, if others are left."""
        common = COMMON_SHARE * max(self._snapshot.moments.num_docs, 1_000)
        telling = [group for group in self._plan.wanted if self._postings(group) <= common]
        return telling or list(self._plan.wanted)

    def _postings(self, group: Group) -> int:
        """Moments that hold a group's terms, counting each term; of a sequence, its rarest term."""
        frequency = self._snapshot.moments.doc_freq
        terms = sum(frequency("text", term) for term, _ in group.terms)
        return terms + sum(min(frequency("text", term) for term in sequence) for sequence in group.sequences)

    @staticmethod
    def _and(query: "Query", *clauses: "tuple[object, Query]") -> "Query":
        from tantivy import Occur, Query

        return Query.boolean_query([(Occur.Must, query), *((Occur.Must, clause) for _, clause in clauses)])


def _count(result: "SearchResult") -> int:
    count: int = result.count  # type: ignore[attr-defined]  # its stubs forget it
    return count


def _no_moments() -> Moments:
    none = np.empty(0, dtype=np.int64)
    return Moments(Windows(none, none, np.empty(0)), [])
