"""What a player needs to play a video: short-lived addresses of everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from reelscribe.problems import Conflict
from reelscribe.videos.addresses import Addresses
from reelscribe.videos.language_names import language_name
from reelscribe.videos.models import Status, Video, VideoTranscript, VideoVariant

MASTER: Final = "master.m3u8"
CAPTIONS: Final = "captions.vtt"
CAPTIONS_PLAYLIST: Final = "captions.m3u8"
STORYBOARD: Final = "storyboard.vtt"
UNKNOWN_LANGUAGE: Final = "und"


class VariantOut(BaseModel):
    """One rendition as a progressive MP4."""

    quality: str = Field(examples=["720p"])
    width: int | None
    height: int | None
    bitrate: int = Field(description="Bits a second, on average.")
    size: int = Field(description="Bytes.")
    url: str
    download_url: str = Field(description="The same bytes, to be saved under the video's title.")


class CaptionsOut(BaseModel):
    """Captions as WebVTT."""

    language: str = Field(examples=["en"])
    label: str = Field(examples=["English"])
    url: str


class WatchOut(BaseModel):
    """Addresses that work without an Authorization header, until `expires_at`."""

    hls_url: str
    variants: list[VariantOut] = Field(description="Largest first.")
    captions: list[CaptionsOut]
    poster_url: str | None
    storyboard_url: str | None = Field(description="WebVTT whose cues are `#xywh` tiles of pictures.")
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Playable:
    """A video that can be played, and what was said in it so far. `variants`: largest first, never empty."""

    video: Video
    variants: list[VideoVariant]
    transcript: VideoTranscript | None

    @property
    def has_captions(self) -> bool:
        """Whether there is anything to show."""
        return self.transcript is not None and bool(self.transcript.transcript_text.strip())

    @property
    def language(self) -> str:
        """What is spoken, for a player."""
        found = self.transcript.language if self.transcript is not None else None
        return found or self.video.language or UNKNOWN_LANGUAGE

    @property
    def label(self) -> str:
        """The captions' name in a player's menu."""
        return language_name(None if self.language == UNKNOWN_LANGUAGE else self.language)


async def playable(session: AsyncSession, video: Video) -> Playable:
    """The video with what can be played of it. Raises `Conflict` before its renditions are there."""
    wanted = select(VideoVariant).where(VideoVariant.video_id == video.id)
    variants = sorted(await session.scalars(wanted), key=lambda variant: variant.bitrate, reverse=True)
    if not variants:
        raise Conflict(_reason(video), title="Not ready yet")
    transcript = await session.scalar(select(VideoTranscript).where(VideoTranscript.video_id == video.id))
    return Playable(video, variants, transcript)


def watch_out(connection: HTTPConnection, found: Playable, user_id: int | None) -> WatchOut:
    """Sign every address for this viewer."""
    video, addresses = found.video, Addresses(connection, user_id)
    captions = CaptionsOut(language=found.language, label=found.label, url=addresses.file(video, CAPTIONS))
    return WatchOut(
        hls_url=addresses.file(video, MASTER),
        variants=[_variant(variant, addresses.media(video, variant.key)) for variant in found.variants],
        captions=[captions] if found.has_captions else [],
        poster_url=addresses.poster(video),
        storyboard_url=addresses.file(video, STORYBOARD) if video.storyboard and video.storyboard["tiles"] else None,
        expires_at=addresses.expires_at,
    )


def _variant(variant: VideoVariant, url: str) -> VariantOut:
    return VariantOut(
        quality=variant.quality,
        width=variant.width or None,
        height=variant.height or None,
        bitrate=variant.bitrate,
        size=variant.size,
        url=url,
        download_url=f"{url}?download=true",
    )


def _reason(video: Video) -> str:
    if video.status == Status.FAILED:
        return video.status_message or "The video could not be prepared for playing."
    return f"The video can be watched once it is transcoded; now it is {video.status}."
