"""What is known about a source file."""

from dataclasses import dataclass, field
from typing import Literal

Hdr = Literal["pq", "hlg"]


@dataclass(frozen=True, slots=True)
class Keyframes:
    """What a scan of the video's packets found.

    Attributes:
        count: How many there are.
        longest: Seconds between two neighbours at most (the last one and the end included).
        closed: No picture is shown before the keyframe that it is stored after, so a cut at any keyframe is clean.
        end: Presentation end of the last packet, seconds.
    """

    count: int
    longest: float
    closed: bool
    end: float


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The video track that is shown; width and height as displayed: rotated, with square pixels."""

    index: int
    codec: str
    profile: str
    width: int
    height: int
    rotation: int  # degrees, clockwise: 0, 90, 180, 270
    square_pixels: bool
    pix_fmt: str
    frame_rate: float  # average, frames a second; 0 when unknown
    interlaced: bool
    hdr: Hdr | None
    color_matrix: str
    color_primaries: str
    bit_rate: int  # bits a second; 0 when unknown
    start: float
    duration: float  # seconds; 0 when unknown


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio track."""

    index: int
    codec: str
    profile: str
    channels: int
    sample_rate: int
    language: str
    title: str
    default: bool
    secondary: bool  # commentary, audio description, dubbing: not what most people want to hear
    bit_rate: int
    start: float
    duration: float


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A source file that can be transcoded: it has a video track, an audio track, or both."""

    container: str
    duration: float  # seconds
    size: int  # bytes
    video: VideoTrack | None
    audio: tuple[AudioTrack, ...]
    cover: int | None = None  # the stream index of an attached picture
    keyframes: Keyframes | None = None  # this and the next: scanned only where copying comes into question
    audio_gap: float | None = None  # seconds of the longest hole in the track that is heard
    warnings: tuple[str, ...] = field(default=())

    @property
    def speech(self) -> AudioTrack | None:
        """The track to hear and to transcribe: the default one, but never commentary while there is another."""
        return min(self.audio, key=lambda track: (track.secondary, not track.default, track.index), default=None)
