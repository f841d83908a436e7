"""Everything a player asks for under a signed address: playlists, captions, the storyboard, and the media files.

Whether the viewer may still see the video is asked again for each request, also for each range of a file.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.accounts.models import Role, User
from reelscribe.database.http import ReadSession
from reelscribe.engines.search import Viewer
from reelscribe.engines.storage import ObjectNotFound, ObjectReader
from reelscribe.media.hls import (
    HlsCaptions,
    HlsVariant,
    SegmentIndex,
    captions_playlist,
    master_playlist,
    media_playlist,
)
from reelscribe.media.storyboard import Tile, storyboard_vtt
from reelscribe.problems import NotFound
from reelscribe.videos import keys, play_address
from reelscribe.videos.artifacts import read_index
from reelscribe.videos.find import VideoId, visible_video
from reelscribe.videos.media_file import MediaFile, is_media_name, media_file, media_name
from reelscribe.videos.models import VideoVariant
from reelscribe.videos.serving import ANYWHERE, PREFLIGHT, Content, made, serve
from reelscribe.videos.stored import SignsForUs, stored
from reelscribe.videos.transcripts import exported
from reelscribe.videos.watch import CAPTIONS, CAPTIONS_PLAYLIST, MASTER, STORYBOARD, Playable, playable

M3U8: Final = "application/vnd.apple.mpegurl"
VTT: Final = "text/vtt; charset=utf-8"
REDIRECT_LIFETIME: Final = timedelta(minutes=5)
"""Of an address in a bucket, which asks nobody again: long enough to follow it."""

router = APIRouter(tags=["media"])


@router.api_route("/videos/{video_id}/play/{ticket}/{file:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def get_play_file(
    request: Request, session: ReadSession, *, video_id: VideoId, ticket: str, file: str, download: bool = False
) -> Response:
    """A file, for whom the address was made and as long as they may see the video. `download`: media, to be saved."""
    key = keys.signing_key(request, keys.PLAYBACK)
    allowed = play_address.read_ticket(key, video_id, ticket)
    if allowed is None:
        raise _no_such_address()
    viewer = await _viewer(session, allowed.user_id)
    if is_media_name(file):
        media = await media_file(session, video_id, viewer, file)
        await session.close()
        return await _send(request, media, download=download)
    found = await playable(session, await visible_video(session, video_id, viewer))
    await session.close()  # captions may wait for their turn to be rendered
    return serve(request, await _render(request, found, file))


@router.options("/videos/{video_id}/play/{ticket}/{file:path}", include_in_schema=False)
async def preflight(video_id: VideoId, ticket: str, file: str) -> Response:  # noqa: ARG001 - the path has them
    """Browsers ask before they send a Range from another origin."""
    return Response(status_code=204, headers=PREFLIGHT)


async def _viewer(session: AsyncSession, user_id: int | None) -> Viewer:
    """Whom the address was made for, as they are now. Raises `NotFound` when that account is gone."""
    if user_id is None:
        return Viewer()
    role = await session.scalar(select(User.role).where(User.id == user_id))
    if role is None:
        raise _no_such_address()
    return Viewer(user_id, role == Role.ADMIN)


async def _send(request: Request, media: MediaFile | None, *, download: bool) -> Response:
    """The file itself, or where it is: a bucket serves its bytes better than we would."""
    if media is None:
        raise _no_such_address()
    storage: ObjectReader = request.app.state.storage
    save_as = media.save_as if download else None
    # A bucket's signature is for GET alone.
    if request.method == "GET" and not isinstance(storage, SignsForUs):
        address = storage.url(media.key, expires_in=REDIRECT_LIFETIME, download_as=save_as)
        return RedirectResponse(address, headers={"Cache-Control": "private, no-store", **ANYWHERE})
    content = await stored(storage, media.key, save_as)
    if content is None:
        raise _no_such_address()
    return serve(request, content)


async def _render(request: Request, found: Playable, file: str) -> Content:
    storage: ObjectReader = request.app.state.storage
    if file == CAPTIONS and found.transcript is not None:
        return await exported(request.app.state, found.transcript.transcript_path, "vtt")
    if file == CAPTIONS_PLAYLIST and found.has_captions:
        return made(captions_playlist(CAPTIONS, found.video.duration or 0.0).encode(), M3U8)
    if file == STORYBOARD and found.video.storyboard is not None:
        return made(_storyboard(found.video.storyboard).encode(), VTT)
    if file == MASTER:
        return made((await _master(storage, found)).encode(), M3U8)
    for variant in found.variants:
        if file == f"{variant.quality}.m3u8":
            index = await _index(storage, variant)
            return made(media_playlist(index, media_name(variant.key)).encode(), M3U8)
    raise _no_such_address()


async def _master(storage: ObjectReader, found: Playable) -> str:
    """Players begin with the first variant: the smallest, so that playing starts at once and grows from there."""
    captions = HlsCaptions(CAPTIONS_PLAYLIST, found.language, found.label)
    variants = [await _line(storage, variant) for variant in reversed(found.variants)]
    return master_playlist(variants, [captions] if found.has_captions else [])


async def _line(storage: ObjectReader, variant: VideoVariant) -> HlsVariant:
    index = await _index(storage, variant)
    return HlsVariant(
        uri=f"{variant.quality}.m3u8",
        bandwidth=index.peak_bandwidth,
        average_bandwidth=index.average_bandwidth,
        codecs=variant.codecs,
        width=variant.width or None,
        height=variant.height or None,
    )


async def _index(storage: ObjectReader, variant: VideoVariant) -> SegmentIndex:
    try:
        return await read_index(storage, variant.index_key)
    except ObjectNotFound:
        # A replay has just put new renditions in place of these.
        raise _no_such_address() from None


def _storyboard(storyboard: Mapping[str, object]) -> str:
    sheets = cast("list[str]", storyboard["sheets"])
    rows = cast("list[dict[str, float]]", storyboard["tiles"])
    tiles = [
        Tile(row["start"], row["end"], *(int(row[name]) for name in ("sheet", "x", "y", "w", "h"))) for row in rows
    ]
    return storyboard_vtt(tiles, lambda sheet: media_name(sheets[sheet]))


def _no_such_address() -> NotFound:
    return NotFound("This address is not valid, or no longer.")
