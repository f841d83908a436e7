"""`GET /videos/search`: everything that was said, written and summarized, in one ranked answer."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from reelscribe.accounts.dependencies import OptionalAccount
from reelscribe.engines.search import InvalidCursor, SearchRequest
from reelscribe.problems import FieldError, Unprocessable, responses
from reelscribe.search.hits import page_of_hits
from reelscribe.search.query_vectors import query_vectors_of
from reelscribe.search.schemas import HitPage, SortOrder
from reelscribe.videos.dates import From, To
from reelscribe.videos.find import ANYONE
from reelscribe.videos.models import Status
from reelscribe.videos.schemas import MAX_KEY
from reelscribe.videos.visibility import viewer_of

MAX_LIMIT = 100

router = APIRouter(tags=["search"])


@router.get("/videos/search", responses=responses(401, 422), openapi_extra=ANYONE, summary="Search every word")
async def search_videos(
    request: Request,
    account: OptionalAccount,
    *,
    q: Annotated[str, Query(description='Words, "quoted phrases" and -excluded words.', examples=["lighthouse"])] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    status: Status | None = None,
    user_id: Annotated[int | None, Query(ge=1, le=MAX_KEY)] = None,
    created_from: From = None,
    created_to: To = None,
    sort: SortOrder = "relevance",
) -> HitPage:
    """The videos that the caller may find, each with its best moments. Any text at all is a query."""
    vectors = query_vectors_of(request)
    wanted = SearchRequest(
        q=q,
        viewer=viewer_of(account),
        limit=limit,
        cursor=cursor or None,
        status=status,
        user_id=user_id,
        created_from=created_from,
        created_to=created_to,
        sort=sort,
        vector=None if vectors is None else await vectors.of(q),
    )
    try:
        return await page_of_hits(request, wanted)
    except InvalidCursor as error:
        wrong = FieldError(field="query.cursor", message=str(error), code="invalid_cursor")
        raise Unprocessable("Not valid: query.cursor.", errors=[wrong]) from None
