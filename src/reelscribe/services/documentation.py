"""/docs without the internet: a page of our own that reads /openapi.json."""

from importlib import resources
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "accounts", "description": "Signing up, in and out; one's own account."},
    {"name": "uploads", "description": "Videos on their way in: as a form, in signed parts, or resumable by tus 1.0."},
    {"name": "videos", "description": "Lists, details, playback, transcripts, summaries, history, retry and replay."},
    {"name": "media", "description": "The bytes behind the signed addresses, with ranges, and captions to download."},
    {"name": "search", "description": "Full text over everything that is said, shown as moments to play."},
    {"name": "health", "description": "For probes and people."},
]
"""FastAPI's own type of tags."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def page() -> Response:
    """The page itself."""
    return _file("index.html", "text/html")


@router.get("/docs/docs.js")
def script() -> Response:
    """What fills the page."""
    return _file("docs.js", "text/javascript")


@router.get("/docs/docs.css")
def style() -> Response:
    """How it looks."""
    return _file("docs.css", "text/css")


def _file(name: str, media_type: str) -> Response:
    content = (resources.files("reelscribe.services") / "docs" / name).read_bytes()
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    return Response(content, media_type=media_type, headers=headers)
