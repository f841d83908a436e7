"""From a request to a page: plan, candidates, fusion, and the texts of what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reelscribe.engines.search import FieldMatch, MomentHit, SearchHit, SearchPage, SearchRequest
from reelscribe.engines.search.cursor import MAX_DEPTH, Cursor, decode, encode, mark
from reelscribe.engines.search.fusion import Scores, fuse, shown, squashed
from reelscribe.engines.search.highlight import Matcher
from reelscribe.engines.search.plan import plan
from reelscribe.engines.search.query import parse
from reelscribe.engines.search.tantivy.candidates import Candidates, Finder, Moments
from reelscribe.engines.search.tantivy.reader import Snapshot
from reelscribe.engines.search.tantivy.stored import StoredVideo, unpack_moment, unpack_video

if TYPE_CHECKING:
    from tantivy import DocAddress

CANDIDATES = 200
"""Videos ranked by their moments, beyond those of the pages before."""
MIN_COSINE = 0.3
"""From which a window that has none of the words is shown for its meaning."""


def answer(snapshot: Snapshot, request: SearchRequest) -> SearchPage:
    """One page of one search.

    Raises:
        InvalidCursor: the request's cursor is not of this search.
    """
    cursor = decode(request)
    query = parse(request.q)
    planned = plan(query, snapshot)
    if query.is_empty:
        return SearchPage()
    if planned.is_hopeless and (request.vector is None or planned.phrases or request.sort != "relevance"):
        return SearchPage()
    finder = Finder(snapshot, planned, request)
    shower = Shower(snapshot, finder, planned.matcher)
    page = _by_relevance if request.sort == "relevance" else _by_date
    return page(finder, shower, request, cursor)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates and their moments with fused scores between 0 and 1."""

    candidates: Candidates
    moments: Moments
    scores: Scores

    @classmethod
    def of(cls, finder: Finder, candidates: Candidates) -> "Ranking":
        """Fuse what windows, their neighbours and whole videos score, by words and, with a vector, by meaning."""
        moments = finder.moments_of(candidates)
        fields = np.zeros(len(candidates.versions)) if candidates.fields is None else candidates.fields
        videos = np.array(candidates.scores, dtype=np.float64)
        return cls(candidates, moments, fuse(moments.windows, fields, videos, finder.meaning_of(candidates)))

    def order(self) -> list[int]:
        """Places of the candidates, best first; without those that match neither by words nor by meaning."""
        nearest = np.zeros(len(self.candidates.versions))
        np.maximum.at(nearest, self.scores.windows.video, self.scores.cosine)
        matching = nearest >= MIN_COSINE
        matching[: self.candidates.by_words] = True
        order = np.argsort(-self.scores.videos, kind="stable")
        places: list[int] = order[matching[order]].tolist()
        return places

    def moments_of(self, places: Sequence[int]) -> list[list[int]]:
        """The best windows of the videos at these places, best first."""
        windows, scores = self.scores.windows, self.scores
        own: dict[int, list[int]] = {place: [] for place in places}
        order = np.argsort(-windows.score, kind="stable")
        order = order[(scores.place[order] >= 0) | (scores.cosine[order] >= MIN_COSINE)]
        for i, video in zip(order.tolist(), windows.video[order].tolist(), strict=True):
            if video in own:
                own[video].append(i)
        numbers = windows.number.tolist()
        return [[found[k] for k in shown([numbers[i] for i in found])] for found in own.values()]

    def key(self, i: int) -> tuple[int, int]:
        """Version and number of a window."""
        windows = self.scores.windows
        return self.candidates.versions[int(windows.video[i])], int(windows.number[i])


@dataclass(frozen=True, slots=True)
class Shower:
    """Reads what is shown and marks what matched in it."""

    snapshot: Snapshot
    finder: Finder
    matcher: Matcher

    def video(self, candidates: Candidates, place: int) -> StoredVideo:
        """The texts of a candidate."""
        return unpack_video(self.snapshot.videos.doc(candidates.addresses[place])["stored"][0])

    def hits(self, ranking: Ranking, page: Sequence[tuple[int, StoredVideo]]) -> list[SearchHit]:
        """The hits of a page: places among the candidates, with their texts."""
        scores = squashed(ranking.scores.videos)
        moments = self._moments(ranking, page)
        # Moments of a video that ranks by its fields may be too weak to be among the candidates' best.
        without = [(place, video) for place, video in page if not moments[place]]
        if without:
            again = Ranking.of(self.finder, ranking.candidates.kept([place for place, _ in without]))
            found = self._moments(again, [(i, video) for i, (_, video) in enumerate(without)])
            moments |= {place: found[i] for i, (place, _) in enumerate(without)}
        return [
            SearchHit(video.id, float(scores[place]), self._matches(video), moments[place]) for place, video in page
        ]

    def _moments(self, ranking: Ranking, page: Sequence[tuple[int, StoredVideo]]) -> dict[int, list[MomentHit]]:
        places = [place for place, _ in page]
        chosen = ranking.moments_of(places)
        addresses = self._addresses(ranking, [i for found in chosen for i in found])
        scores = squashed(ranking.scores.windows.score[list(addresses)]).tolist()
        moments = {
            i: self._moment(address, score) for (i, address), score in zip(addresses.items(), scores, strict=True)
        }
        return {place: [moments[i] for i in found if i in moments] for place, found in zip(places, chosen, strict=True)}

    def _addresses(self, ranking: Ranking, chosen: Sequence[int]) -> "dict[int, DocAddress]":
        places = ranking.scores.place
        known = {i: ranking.moments.addresses[places[i]] for i in chosen if places[i] >= 0}
        by_meaning = {ranking.key(i): i for i in chosen if places[i] < 0}
        found = self.finder.addresses_of(list(by_meaning))
        return known | {by_meaning[key]: address for key, address in found.items()}

    def _matches(self, video: StoredVideo) -> list[FieldMatch]:
        found = ((name, kept.text, self.matcher.spans(kept.text, kept.marks)) for name, kept in video.fields)
        return [FieldMatch(name, text, spans) for name, text, spans in found if spans]

    def _moment(self, address: "DocAddress", score: float) -> MomentHit:
        moment = unpack_moment(self.snapshot.moments.doc(address)["stored"][0])
        said, timeline = moment.said, moment.timeline
        spans = self.matcher.spans(said.text, said.marks)
        start = timeline.landing(spans[0][0]) if spans else timeline.start
        return MomentHit(start, timeline.end, said.text, spans, score)


def _by_relevance(finder: Finder, shower: Shower, request: SearchRequest, cursor: Cursor) -> SearchPage:
    candidates = finder.best_videos(CANDIDATES + len(cursor.seen) + request.limit)
    ranking = Ranking.of(finder, candidates)
    order = ranking.order()
    total = candidates.total + sum(place >= candidates.by_words for place in order)
    seen = set(cursor.seen)
    page: list[tuple[int, StoredVideo]] = []
    for place in order:
        video = shower.video(candidates, place)
        if mark(video.id) not in seen:
            page.append((place, video))
        if len(page) > request.limit:
            break
    more = len(page) > request.limit and len(seen) + request.limit < MAX_DEPTH
    page = page[: request.limit]
    following = Cursor(seen=(*cursor.seen, *(mark(video.id) for _, video in page)))
    return SearchPage(shower.hits(ranking, page), encode(following, request) if more else None, total)


def _by_date(finder: Finder, shower: Shower, request: SearchRequest, cursor: Cursor) -> SearchPage:
    last = cursor.last
    candidates, dates = finder.videos_by_date(request.limit, last[0] if last else None)
    sign = -1 if request.sort == "newest" else 1
    videos = [shower.video(candidates, place) for place in range(len(dates))]
    order = sorted(range(len(dates)), key=lambda place: (sign * dates[place], videos[place].id))
    if last is not None:
        order = [place for place in order if (sign * dates[place], videos[place].id) > (sign * last[0], last[1])]
    taken = order[: request.limit]
    shown_candidates = candidates.kept(taken)
    ranking = Ranking.of(finder, shown_candidates)
    hits = shower.hits(ranking, [(i, videos[place]) for i, place in enumerate(taken)])
    if len(order) <= request.limit:
        return SearchPage(hits, None, candidates.total)
    following = Cursor(last=(dates[taken[-1]], videos[taken[-1]].id))
    return SearchPage(hits, encode(following, request), candidates.total)
