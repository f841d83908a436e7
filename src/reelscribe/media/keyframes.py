"""Scan a file's packets (no decoding): where the keyframes are, whether the sound has holes, and when it all ends."""

import math
import os
from dataclasses import dataclass, field
from pathlib import Path

from reelscribe.media.allowed import input_arguments
from reelscribe.media.info import Keyframes
from reelscribe.media.runner import Limits, open_source, run
from reelscribe.media.tools import FFmpegTools

SCAN_BYTES_A_SECOND = 4 * 1024 * 1024  # far slower than any disk that one would put videos on
LONGEST_AUDIO_FRAME = 0.15  # seconds
LEADING_TOLERANCE = 0.0005


class VideoScan:
    """Sums up a video's packets without keeping them."""

    def __init__(self) -> None:
        self.first = math.inf
        self.end = 0.0
        self.count = 0
        self.longest = 0.0
        self.closed = True
        self._key = math.nan

    def packet(self, shown: float, duration: float, *, key: bool) -> None:
        """Take the next packet in decoding order."""
        self.first = min(self.first, shown)
        self.end = max(self.end, shown + duration)
        if key:
            self._keyframe(shown)
        elif shown < self._key - LEADING_TOLERANCE:
            self.closed = False

    def _keyframe(self, shown: float) -> None:
        if self.count:
            self.longest = max(self.longest, shown - self._key)
        self.count += 1
        self._key = shown

    def result(self) -> Keyframes:
        """What was found; an end of 0 means that there were no packets."""
        tail = self.end - self._key if self.count else self.end
        start = 0.0 if math.isinf(self.first) else self.first
        return Keyframes(self.count, max(self.longest, tail), self.closed and self.count > 0, self.end - start)


class AudioScan:
    """Looks for holes between a sound's packets."""

    def __init__(self) -> None:
        self.first = math.nan
        self.end = math.nan
        self.gap = 0.0

    def packet(self, shown: float, duration: float) -> None:
        """Take the next packet."""
        if math.isnan(self.end):
            self.first = self.end = shown
        # An MP4 writes a hole as a packet that lasts: no codec's frame is nearly that long.
        self.gap = max(self.gap, abs(shown - self.end), duration if duration > LONGEST_AUDIO_FRAME else 0.0)
        self.end = max(self.end, shown + duration)


@dataclass(slots=True)
class PacketScan:
    """Hands each of ffprobe's lines `stream,pts,dts,duration,flags` to its track (None: there is none)."""

    video_stream: int | None
    audio_stream: int | None
    video: VideoScan = field(default_factory=VideoScan)
    audio: AudioScan = field(default_factory=AudioScan)

    def line(self, line: str) -> bool:
        """Take one packet; lines that are not packets are passed over."""
        stream, _, rest = line.partition(",")
        pts, _, rest = rest.partition(",")
        _dts, _, rest = rest.partition(",")
        duration, _, flags = rest.partition(",")
        shown = _seconds(pts, math.nan)
        if math.isnan(shown) or not stream.isdigit():
            return False
        if int(stream) == self.video_stream:
            self.video.packet(shown, _seconds(duration, 0.0), key=flags.startswith("K"))
        elif int(stream) == self.audio_stream:
            self.audio.packet(shown, _seconds(duration, 0.0))
        return True

    def end(self) -> float:
        """Seconds from the first to the end of the last packet, of picture or sound; 0 when there were none."""
        sound = 0.0 if math.isnan(self.audio.end) else self.audio.end - self.audio.first
        return max(self.video.result().end, sound)


def _seconds(value: str, otherwise: float) -> float:
    try:
        return float(value)
    except ValueError:
        return otherwise


async def scan(tools: FFmpegTools, path: Path, video: int | None, audio: int | None) -> PacketScan:
    """Read all packets, looking at these two streams: the cost is reading the file once.

    Raises:
        MediaError: as `runner.run` and `runner.open_source`.
    """
    packets = PacketScan(video, audio)
    with open_source(path) as source:
        timeout = 60 + os.fstat(source).st_size / SCAN_BYTES_A_SECOND
        argv = [
            *(str(tools.ffprobe), "-v", "error"),
            *("-show_entries", "packet=stream_index,pts_time,dts_time,duration_time,flags"),
            *("-of", "csv=print_section=0", *input_arguments(source)),
        ]
        limits = Limits(cpu_seconds=math.ceil(timeout))
        await run(argv, timeout=timeout, limits=limits, source=source, on_line=packets.line)
    return packets
