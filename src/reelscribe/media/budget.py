"""What a transcode may take: time, memory and disk, by what the source is."""

import math

from reelscribe.media.info import MediaInfo
from reelscribe.media.runner import GIBIBYTE, Limits


def time_allowed(info: MediaInfo) -> float:
    """Seconds of wall clock for a source: 40 times what two slow cores need, and two minutes to begin with."""
    video = info.video
    pixels = video.width * video.height * max(video.frame_rate, 1.0) if video else 0.0
    return 120 + info.duration * (2 + 40 * pixels / (1920 * 1080 * 30))


def limits_for(info: MediaInfo, threads: int) -> Limits:
    """Memory by the picture's size (decoders keep up to 16 frames a thread), files by what a result can come to."""
    pixels = info.video.width * info.video.height if info.video else 0
    return Limits(
        address_space=3 * GIBIBYTE + (threads + 1) * 64 * pixels,
        cpu_seconds=math.ceil(time_allowed(info) * threads * 2),
        file_size=max(2 * info.size, int(info.duration * 3_000_000)) + GIBIBYTE,
    )
