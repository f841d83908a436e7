"""Scan a video's packets (no decoding): where its keyframes are, and when it ends."""

import math
import os
from pathlib import Path

from reelscribe.media.allowed import input_arguments
from reelscribe.media.info import Keyframes
from reelscribe.media.runner import Limits, open_source, run
from reelscribe.media.tools import FFmpegTools

SCAN_BYTES_A_SECOND = 4 * 1024 * 1024  # far slower than any disk that one would put videos on
LEADING_TOLERANCE = 0.0005


class PacketScan:
    """Sums up ffprobe's lines `pts,dts,duration,flags`, one a packet, without keeping them."""

    def __init__(self) -> None:
        self.first = math.inf
        self.end = 0.0
        self.count = 0
        self.longest = 0.0
        self.closed = True
        self._key = math.nan

    def line(self, line: str) -> None:
        """Take one packet; lines that are not packets are passed over."""
        pts, _, rest = line.partition(",")
        _dts, _, rest = rest.partition(",")
        duration, _, flags = rest.partition(",")
        try:
            shown = float(pts)
        except ValueError:
            return
        self.first = min(self.first, shown)
        self.end = max(self.end, shown + _seconds(duration))
        if flags.startswith("K"):
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


def _seconds(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


async def scan(tools: FFmpegTools, path: Path, stream: int) -> Keyframes:
    """Read all packets of one stream: the cost is reading the file once.

    Raises:
        MediaError: as `runner.run` and `runner.open_source`.
    """
    packets = PacketScan()
    with open_source(path) as source:
        timeout = 60 + os.fstat(source).st_size / SCAN_BYTES_A_SECOND
        argv = [
            *(str(tools.ffprobe), "-v", "error", "-select_streams", str(stream)),
            *("-show_entries", "packet=pts_time,dts_time,duration_time,flags", "-of", "csv=print_section=0"),
            *input_arguments(source),
        ]
        await run(
            argv, timeout=timeout, limits=Limits(cpu_seconds=math.ceil(timeout)), source=source, on_line=packets.line
        )
    return packets.result()
