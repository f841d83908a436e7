"""From a request to a page: plan, candidates, fusion, and the texts of what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reelscribe.engines.search import FieldMatch, MomentHit, SearchHit, SearchPage, SearchRequest
from reelscribe.engines.search.cursor import MAX_DEPTH, Cursor, decode, encode, mark
from reelscribe.engines.search.fusion import Floats, fuse, shown, squashed
from reelscribe.engines.search.highlight import Matcher
from reelscribe.engines.search.landing import landing
from reelscribe.engines.search.plan import plan
from reelscribe.engines.search.query import parse
from reelscribe.engines.search.tantivy.candidates import Candidates, Finder, Moments
from reelscribe.engines.search.tantivy.reader import Snapshot
from reelscribe.engines.search.tantivy.stored import StoredVideo, unpack_moment, unpack_video

CANDIDATES = 200
"""Videos ranked by their moments, beyond those of the pages before."""


def answer(snapshot: Snapshot, request: SearchRequest) -> SearchPage:
    """One page of one search.

    Raises:
        InvalidCursor: the request's cursor is not of this search.
    """
    cursor = decode(request)
    planned = plan(parse(request.q), snapshot)
    if planned.is_hopeless:
        return SearchPage()
    finder = Finder(snapshot, planned, request)
    shower = Shower(snapshot, planned.matcher)
    page = _by_relevance if request.sort == "relevance" else _by_date
    return page(finder, shower, request, cursor)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates and their moments with fused scores between 0 and 1: `fused` the moments', `scores` the videos'."""

    candidates: Candidates
    moments: Moments
    fused: Floats
    scores: Floats

    @classmethod
    def of(cls, candidates: Candidates, moments: Moments) -> "Ranking":
        """Fuse what windows, their neighbours and whole videos score."""
        fields = np.zeros(len(candidates.versions)) if candidates.fields is None else candidates.fields
        fused, scores = fuse(moments.windows, fields, np.array(candidates.scores, dtype=np.float64))
        return cls(candidates, moments, squashed(fused), squashed(scores))

    def moments_of(self, places: Sequence[int]) -> list[list[int]]:
        """The best moments of the videos at these places, best first."""
        windows = self.moments.windows
        own: dict[int, list[int]] = {place: [] for place in places}
        order = np.argsort(-self.fused, kind="stable")
        for i, video in zip(order.tolist(), windows.video[order].tolist(), strict=True):
            if video in own:
                own[video].append(i)
        numbers = windows.number.tolist()
        return [[found[k] for k in shown([numbers[i] for i in found])] for found in own.values()]


@dataclass(frozen=True, slots=True)
class Shower:
    """Reads what is shown and marks what matched in it."""

    snapshot: Snapshot
    matcher: Matcher

    def video(self, candidates: Candidates, place: int) -> StoredVideo:
        """The texts of a candidate."""
        return unpack_video(self.snapshot.videos.doc(candidates.addresses[place])["stored"][0])

    def hits(self, ranking: Ranking, page: Sequence[tuple[int, StoredVideo]]) -> list[SearchHit]:
        """The hits of a page: places among the candidates, with their texts."""
        return [
            SearchHit(
                video_id=video.id,
                score=float(ranking.scores[place]),
                matches=self._matches(video),
                moments=[self._moment(ranking, i, video.language) for i in moments],
            )
            for (place, video), moments in zip(page, ranking.moments_of([place for place, _ in page]), strict=True)
        ]

    def _matches(self, video: StoredVideo) -> list[FieldMatch]:
        found = ((name, text, self.matcher.spans(text, video.language)) for name, text in video.fields())
        return [FieldMatch(name, text, spans) for name, text, spans in found if spans]

    def _moment(self, ranking: Ranking, i: int, language: str) -> MomentHit:
        moment = unpack_moment(self.snapshot.moments.doc(ranking.moments.addresses[i])["stored"][0])
        spans = self.matcher.spans(moment.text, language)
        start = landing(moment, spans[0][0]) if spans else moment.start
        return MomentHit(start, moment.end, moment.text, spans, float(ranking.fused[i]))


def _by_relevance(finder: Finder, shower: Shower, request: SearchRequest, cursor: Cursor) -> SearchPage:
    candidates = finder.best_videos(CANDIDATES + len(cursor.seen) + request.limit)
    ranking = Ranking.of(candidates, finder.moments_of(candidates))
    seen = set(cursor.seen)
    page: list[tuple[int, StoredVideo]] = []
    for place in np.argsort(-ranking.scores, kind="stable").tolist():
        video = shower.video(candidates, place)
        if mark(video.id) not in seen:
            page.append((place, video))
        if len(page) > request.limit:
            break
    more = len(page) > request.limit and len(seen) + request.limit < MAX_DEPTH
    page = page[: request.limit]
    following = Cursor(seen=(*cursor.seen, *(mark(video.id) for _, video in page)))
    return SearchPage(shower.hits(ranking, page), encode(following, request) if more else None, candidates.total)


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
    ranking = Ranking.of(shown_candidates, finder.moments_of(shown_candidates))
    hits = shower.hits(ranking, [(i, videos[place]) for i, place in enumerate(taken)])
    if len(order) <= request.limit:
        return SearchPage(hits, None, candidates.total)
    following = Cursor(last=(dates[taken[-1]], videos[taken[-1]].id))
    return SearchPage(hits, encode(following, request), candidates.total)
