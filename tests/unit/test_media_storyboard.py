import io

import webvtt
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.media.storyboard import grid, storyboard_vtt, tiles
from reelscribe.text.clock import timestamp


def test_tiles_fill_rows_then_sheets_and_each_lasts_until_the_next():
    layout = grid(1000.0, 1920, 1080)
    placed = tiles([i * 10.0 for i in range(101)], 1004.0, layout)
    assert (layout.width, layout.height, layout.columns, layout.rows) == (160, 90, 10, 10)
    assert [(t.sheet, t.x, t.y) for t in (placed[0], placed[9], placed[10], placed[99], placed[100])] == [
        (0, 0, 0), (0, 1440, 0), (0, 0, 90), (0, 1440, 810), (1, 0, 0),
    ]  # fmt: skip
    assert (placed[0].start, placed[0].end, placed[100].end) == (0.0, 10.0, 1004.0)


def test_webvtt_points_into_the_sheets():
    vtt = storyboard_vtt(tiles([0.0, 1.48, 4.2], 6.0, grid(6.0, 1080, 1920)), lambda sheet: f"/s/{sheet}.jpg?sig=x")
    cues = webvtt.from_buffer(io.StringIO(vtt))
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        ("00:00:00.000", "00:00:01.480", "/s/0.jpg?sig=x#xywh=0,0,90,160"),
        ("00:00:01.480", "00:00:04.200", "/s/0.jpg?sig=x#xywh=90,0,90,160"),
        ("00:00:04.200", "00:00:06.000", "/s/0.jpg?sig=x#xywh=180,0,90,160"),
    ]


def test_a_tile_without_length_gets_no_cue():
    assert "-->" not in storyboard_vtt(tiles([0.0], 0.0, grid(0.0, 100, 100)), str)


def test_hours_are_written_in_full():
    assert timestamp(36_000.0005) == "10:00:00.000"
    assert timestamp(3599.9996) == "01:00:00.000"


@given(duration=st.floats(0, 50_000), width=st.integers(1, 16_000), height=st.integers(1, 16_000))
def test_any_layout_has_room_for_its_tiles_and_stays_small(duration: float, width: int, height: int):
    layout = grid(duration, width, height)
    assert 1.0 <= layout.interval <= 10.0
    assert 1 <= layout.columns <= 10
    assert 1 <= layout.rows <= 10
    assert layout.columns * layout.rows >= min(100, int(duration / layout.interval) + 1)
    assert 2 <= min(layout.width, layout.height) <= max(layout.width, layout.height) == 160
