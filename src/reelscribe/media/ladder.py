"""Decide which renditions a source gets, and what of it is copied rather than encoded again."""

from dataclasses import dataclass

from reelscribe.media.info import MediaInfo, VideoTrack

LONGEST_SIDE = 4096  # what H.264 level 5.1 decoders take, however odd the shape
SEGMENT_SECONDS = 4.0
LONGEST_COPIED_GOP = 10.5
SHORTEST_COPIED_GOP = 1.0  # mean; the lower rendition repeats the keyframes, and more of them cost it too many bits
LONGEST_COPIED_GAP = 0.1  # seconds without sound
# With a hole of 25 seconds in the sound, FFmpeg 9.0.2's scheduler stands still when the video is copied beside it.
LONGEST_GAP_BESIDE_COPY = 1.0
HIGHEST_FRAME_RATE = 60.5
LOWEST_FRAME_RATE = 1.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One quality on offer.

    The rate factors lie between those that gave the VMAF of MediaCMS' commands (crf 23, preset medium) on a filmed clip
    (20.7 and 20.3) and on an animated one (19.6 and 19.9), at less than a third of their CPU time: bench/transcode.py.
    """

    quality: str
    short_side: int
    long_side: int
    crf: float
    max_rate: int  # bits a second at up to 30 frames a second


RUNGS = (
    Rung("720p", 720, 1280, crf=20.2, max_rate=4_000_000),
    Rung("1080p", 1080, 1920, crf=20.1, max_rate=7_000_000),
)


@dataclass(frozen=True, slots=True)
class Rendition:
    """One video to make: its name, size in pixels (even), and how."""

    quality: str
    width: int
    height: int
    crf: float
    max_rate: int
    copy: bool


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """What to make of a source, smallest rendition first; without video there are none."""

    renditions: tuple[Rendition, ...]
    copy_audio: bool

    @property
    def copies_video(self) -> bool:
        """Whether any rendition is the source's own stream."""
        return any(rendition.copy for rendition in self.renditions)

    @property
    def encoded(self) -> tuple[Rendition, ...]:
        """The renditions that must be decoded and encoded."""
        return tuple(rendition for rendition in self.renditions if not rendition.copy)


def plan(info: MediaInfo, *, allow_copy: bool = True) -> LadderPlan:
    """Plan the renditions of a source.

    720p always is there, at the source's own size when that is smaller; 1080p when the source fills it by its short
    side or, as widescreen films do (1920 x 800), by its long one. Nothing is ever larger than the source. Without
    `allow_copy` everything is encoded anew, as the second try on a damaged file does it.
    """
    video = info.video
    copy_audio = allow_copy and _audio_complies(info)
    if video is None:
        return LadderPlan((), copy_audio)
    rungs = [rung for rung in RUNGS if rung is RUNGS[0] or _fills(video, rung)]
    renditions = tuple(
        _rendition(video, rung, copy=allow_copy and rung is rungs[-1] and _video_complies(info, video, rung))
        for rung in rungs
    )
    return LadderPlan(renditions, copy_audio)


def _fills(video: VideoTrack, rung: Rung) -> bool:
    short, long = sorted((video.width, video.height))
    return short >= rung.short_side or (long >= rung.long_side and short > RUNGS[0].short_side)


def _rendition(video: VideoTrack, rung: Rung, *, copy: bool) -> Rendition:
    width, height = (video.width, video.height) if copy else fit(video.width, video.height, rung.short_side)
    return Rendition(rung.quality, width, height, rung.crf, _max_rate(video, rung), copy)


def _max_rate(video: VideoTrack, rung: Rung) -> int:
    """Half as much again above 30 frames a second."""
    return rung.max_rate * 3 // 2 if video.frame_rate > 32 else rung.max_rate  # noqa: PLR2004 - 30 with some slack


def fit(width: int, height: int, short_side: int) -> tuple[int, int]:
    """The size for a short side of at most `short_side`: same shape, even numbers, never larger than the source."""
    factor = min(1.0, short_side / min(width, height), LONGEST_SIDE / max(width, height))
    return _even(width, factor), _even(height, factor)


def _even(side: int, factor: float) -> int:
    """The nearest even number; an odd source loses a line rather than gaining one, but H.264 has no less than two."""
    scaled = round(side * factor / 2) * 2
    return max(2, min(scaled, side - side % 2))


def may_be_copied(info: MediaInfo) -> bool:
    """Whether sound or picture complies in all that needs no scan of the packets, so that one is worth its while."""
    return _may_copy_video(info) or _may_copy_audio(info)


def _may_copy_video(info: MediaInfo) -> bool:
    video = info.video
    if video is None:
        return False
    rung = next(rung for rung in reversed(RUNGS) if rung is RUNGS[0] or _fills(video, rung))
    return _complies_but_for_keyframes(info, video, rung)


def _complies_but_for_keyframes(info: MediaInfo, video: VideoTrack, rung: Rung) -> bool:
    rate = video.bit_rate or (info.size * 8 / info.duration if info.duration else 0)
    return (
        info.container.startswith(("mov", "matroska"))
        and video.codec == "h264"
        and video.profile in ("Constrained Baseline", "Baseline", "Main", "High")
        and video.pix_fmt == "yuv420p"
        and video.rotation == 0
        and video.square_pixels
        and not video.interlaced
        and video.hdr is None
        and video.width % 2 == 0
        and video.height % 2 == 0
        and min(video.width, video.height) <= rung.short_side
        and max(video.width, video.height) <= LONGEST_SIDE
        and LOWEST_FRAME_RATE <= video.frame_rate <= HIGHEST_FRAME_RATE
        and 0 < rate <= _max_rate(video, rung)
    )


def _video_complies(info: MediaInfo, video: VideoTrack, rung: Rung) -> bool:
    found = info.keyframes
    return (
        found is not None
        and (info.audio_gap or 0.0) < LONGEST_GAP_BESIDE_COPY
        and found.closed
        and found.longest <= LONGEST_COPIED_GOP
        and (found.count == 1 or found.end / found.count >= SHORTEST_COPIED_GOP)
        and _complies_but_for_keyframes(info, video, rung)
    )


def _audio_complies(info: MediaInfo) -> bool:
    """Holes are filled with silence by encoding: players stumble over them, and FFmpeg's own scheduler does."""
    return info.audio_gap is not None and info.audio_gap < LONGEST_COPIED_GAP and _may_copy_audio(info)


def _may_copy_audio(info: MediaInfo) -> bool:
    """AAC-LC in at most two channels that starts with the video plays everywhere as it is."""
    track = info.speech
    if track is None or not info.container.startswith(("mov", "matroska")):
        return False
    late = abs(track.start - info.video.start) if info.video else 0.0
    return (
        track.codec == "aac"
        and track.profile == "LC"
        and track.channels <= 2  # noqa: PLR2004 - stereo
        and track.sample_rate in (44_100, 48_000)
        and late < 0.05  # noqa: PLR2004 - seconds: less than lips and voice may be apart
        and track.bit_rate <= 256_000  # noqa: PLR2004 - bits a second
    )
