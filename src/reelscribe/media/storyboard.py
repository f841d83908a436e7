"""The storyboard: small pictures of the video at known times, for the player's seek bar."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reelscribe.text.clock import timestamp

LONG_SIDE = 160  # pixels of a tile
SHORTEST_INTERVAL = 1.0  # seconds
LONGEST_INTERVAL = 10.0
TILES_WANTED = 100
COLUMNS = 10
ROWS = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """How tiles are taken and laid out: seconds between them, and the sheets' shape in tiles and pixels."""

    interval: float
    columns: int
    rows: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: the times it stands for (seconds), its sheet (0 is the first), and its place there in pixels."""

    start: float
    end: float
    sheet: int
    x: int
    y: int
    width: int
    height: int


def grid(duration: float, width: int, height: int) -> Grid:
    """Lay out the storyboard of a video that lasts `duration` seconds: about 100 tiles, 1 to 10 seconds apart."""
    interval = min(max(duration / TILES_WANTED, SHORTEST_INTERVAL), LONGEST_INTERVAL)
    count = math.floor(duration / interval) + 1
    columns = min(COLUMNS, count)
    factor = LONG_SIDE / max(width, height)
    return Grid(
        interval,
        columns,
        min(ROWS, math.ceil(count / columns)),
        max(2, round(width * factor / 2) * 2),
        max(2, round(height * factor / 2) * 2),
    )


def tiles(times: Sequence[float], duration: float, layout: Grid) -> tuple[Tile, ...]:
    """Place the pictures taken at `times` (seconds, rising); each stands until the next one."""
    ends = [*times[1:], max(duration, times[-1] if times else 0.0)]
    return tuple(_tile(i, start, end, layout) for i, (start, end) in enumerate(zip(times, ends, strict=True)))


def _tile(index: int, start: float, end: float, layout: Grid) -> Tile:
    sheet, place = divmod(index, layout.columns * layout.rows)
    row, column = divmod(place, layout.columns)
    return Tile(start, end, sheet, column * layout.width, row * layout.height, layout.width, layout.height)


def storyboard_vtt(storyboard: Sequence[Tile], uri_for: Callable[[int], str]) -> str:
    """WebVTT whose cues are `URI#xywh=x,y,w,h`, as players' seek bars read it.

    `uri_for` gives the address of a sheet by its number, which is its place in `TranscodeResult.sheets`.
    """
    cues = [
        f"{timestamp(tile.start)} --> {timestamp(tile.end)}\n"
        f"{uri_for(tile.sheet)}#xywh={tile.x},{tile.y},{tile.width},{tile.height}\n"
        for tile in storyboard
        if timestamp(tile.end) > timestamp(tile.start)  # WebVTT has no cues without a length
    ]
    return "\n".join(["WEBVTT\n", *cues])
