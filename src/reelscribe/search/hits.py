"""From the index's hits to the answer: every hit is looked up, and seen with the viewer's eyes, once more.

The index follows the database by a moment. What was deleted, hidden or moved on since then is dropped here, and a text
that was edited since then is not shown.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import case, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from reelscribe.database.http import database_of
from reelscribe.engines.search import FieldMatch, MomentHit, SearchEngine, SearchHit, SearchRequest
from reelscribe.search.schemas import HitOut, HitPage, MatchOut, MomentOut
from reelscribe.videos.listing import BRIEFLY
from reelscribe.videos.models import Video
from reelscribe.videos.present import present
from reelscribe.videos.schemas import VideoOut
from reelscribe.videos.visibility import may_find

MAX_ROUNDS = 5
"""Pages of the index that are asked for one page of ours when hits had to be dropped."""


async def page_of_hits(connection: HTTPConnection, request: SearchRequest) -> HitPage:
    """One page. Raises `InvalidCursor`."""
    engine: SearchEngine = connection.app.state.search
    page = await engine.search(request)
    items = await _hydrated(connection, request, page.items)
    dropped = len(page.items) - len(items)
    total, rounds = page.total, 1
    while dropped and page.next_cursor is not None and len(items) < request.limit and rounds < MAX_ROUNDS:
        following = replace(request, cursor=page.next_cursor, limit=request.limit - len(items))
        page, rounds = await engine.search(following), rounds + 1
        more = await _hydrated(connection, request, page.items)
        dropped += len(page.items) - len(more)
        items += more
    return HitPage(items=items, next_cursor=page.next_cursor, total=max(total - dropped, len(items)))


async def _hydrated(connection: HTTPConnection, request: SearchRequest, hits: Sequence[SearchHit]) -> list[HitOut]:
    if not hits:
        return []
    async with database_of(connection).read() as session:
        videos = await _videos(session, request, [hit.video_id for hit in hits])
        shown = {video.id: video for video in await present(session, connection, request.viewer, videos)}
    return [_hit(hit, shown[hit.video_id]) for hit in hits if hit.video_id in shown]


async def _videos(session: AsyncSession, request: SearchRequest, public_ids: list[str]) -> list[Video]:
    # As a CASE, so that ids are looked up and then filtered: SQLite would rather walk all videos that may be found.
    visible = case((may_find(request.viewer), true()), else_=false())
    wanted = select(Video).where(Video.public_id.in_(public_ids), visible).options(*BRIEFLY)
    if request.status is not None:
        wanted = wanted.where(Video.status == request.status)
    return list((await session.scalars(wanted)).all())


def _hit(hit: SearchHit, video: VideoOut) -> HitOut:
    return HitOut(
        video=video,
        score=hit.score,
        matches=[_match(match) for match in hit.matches if _still_says(video, match)],
        moments=[_moment(moment) for moment in hit.moments],
    )


def _still_says(video: VideoOut, match: FieldMatch) -> bool:
    """Whether a text that is edited by hand still reads as it was indexed."""
    now = {"title": video.title, "description": video.description}.get(match.field)
    return now is None or match.text.strip("… ") in now


def _match(match: FieldMatch) -> MatchOut:
    return MatchOut(field=match.field, text=match.text, spans=list(match.spans))


def _moment(moment: MomentHit) -> MomentOut:
    return MomentOut(start=moment.start, end=moment.end, text=moment.text, spans=list(moment.spans), score=moment.score)
