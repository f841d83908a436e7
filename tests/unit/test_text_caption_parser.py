import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.text.captions import CaptionError, parse_captions, to_vtt
from reelscribe.text.sentences import sentences

VTT = """WEBVTT - made by hand
Kind: captions
Language: en-GB

STYLE
::cue { color: red }

NOTE this is no cue
nor is this --> line

intro
00:01.000 --> 00:04.500 align:start position:0%
<v Anna>Good <i>morning</i>, <00:00:02.000><c.loud>all</c></v>
of you &amp; me &lt;3

1:00:05.000 --> 1:00:07.000
- Second
"""

SRT = """1
00:00:01,000 --> 00:00:04,500
<i>Good morning</i>, {\\an8}all of you.
Is 3 < 4?

2
00:00:05,000 --> 00:00:07,000
Yes, it is.
"""


def spoken(data: bytes) -> list[tuple[float, float, str]]:
    return [(segment.start, segment.end, segment.text) for segment in parse_captions(data).segments]


def test_webvtt_is_read_without_its_markup_notes_and_styles():
    assert spoken(VTT.encode()) == [
        (1.0, 4.5, "Good morning, all of you & me <3"),
        (3605.0, 3607.0, "- Second"),
    ]
    assert parse_captions(VTT.encode()).language == "en"
    assert parse_captions(VTT.encode()).duration == 3607.0


def test_subrip_keeps_a_less_than_sign_and_loses_its_tags():
    assert spoken(SRT.encode()) == [(1.0, 4.5, "Good morning, all of you. Is 3 < 4?"), (5.0, 7.0, "Yes, it is.")]
    assert parse_captions(SRT.encode()).model_info == {"source": "captions", "format": "srt"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_make_no_difference(encoding: str, newline: str):
    text = SRT.replace("Good", "Café").replace("\n", newline)
    assert spoken(text.encode(encoding))[0][2] == "Café morning, all of you. Is 3 < 4?"


def test_subrip_without_blank_lines_is_still_parted():
    sloppy = "1\n00:00:01,000 --> 00:00:02,000\nOne.\n2\n00:00:03.5 --> 00:00:04\nTwo.\n"
    assert spoken(sloppy.encode()) == [(1.0, 2.0, "One."), (3.5, 4.0, "Two.")]


def test_cues_come_in_the_order_of_their_times():
    late_first = "WEBVTT\n\n00:09.000 --> 00:10.000\nB\n\n00:01.000 --> 00:02.000\nA\n"
    assert [text for _, _, text in spoken(late_first.encode())] == ["A", "B"]


def test_rolling_captions_are_kept_once():
    rolling = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\nso we start\n\n00:02.000 --> 00:04.000\nso we start\nwith the first\n\n"
        "00:04.000 --> 00:06.000\nwith the first\nslide of it\n"
    )
    assert [text for _, _, text in spoken(rolling.encode())] == ["so we start", "with the first", "slide of it"]


def test_the_same_line_said_again_later_is_kept():
    again = "WEBVTT\n\n00:00.000 --> 00:02.000\nYes.\n\n00:09.000 --> 00:10.000\nYes.\n"
    assert len(spoken(again.encode())) == 2


def test_their_words_get_times_for_search_and_new_captions():
    parsed = parse_captions(SRT.encode())
    assert [round(s.start, 1) for s in sentences(parsed)] == [1.0, 3.5, 5.0]
    assert "00:00:05.000 --> 00:00:07.000\nYes, it is." in to_vtt(parsed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Line 1"),
        (b"Just some text\nwithout times", "Line 1"),
        (b"<html><body>Not found</body></html>", "Line 1"),
        (b"\xff\xfe\x00", "encoding"),
        (b"WEBVTT\n\n00:05.000 --> 00:01.000\nbackwards", "Line 3: the cue ends before it starts"),
        (b"WEBVTT\n\n00:75.000 --> 00:80.000\nx", "Line 3: there is no such time"),
        (b"WEBVTT\n\n500:00:00.000 --> 500:00:01.000\nx", "Line 3"),
        (b"WEBVTT\n\nsoon --> later\nx", "Line 3: 'soon --> later' is no time"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n", "no text"),
        (b"WEBVTT\n", "no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "Line 1"),
    ],
)
def test_what_cannot_be_used_says_where_and_what_to_do(data: bytes, message: str):
    with pytest.raises(CaptionError, match=message):
        parse_captions(data)


def test_a_caller_may_know_language_and_duration_better():
    parsed = parse_captions(SRT.encode(), language="de", duration=60.0)
    assert (parsed.language, parsed.duration) == ("de", 60.0)


@pytest.mark.parametrize(
    "line", ["<" * 200_000, "<a" * 100_000, "{\\" * 100_000, "&" * 200_000, " " * 200_000 + "x", "1:" * 100_000]
)
def test_hostile_lines_take_no_more_than_their_length(line: str):
    started = time.process_time()
    for head in ("WEBVTT\n\n", "1\n"):
        parse_captions(f"{head}00:01.000 --> 00:02.000\nword\n{line}\n".encode())
    assert time.process_time() - started < 2


def test_a_hundred_thousand_cues_are_read():
    clock = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(100_000)]
    lines = (f"{n}\n{time},000 --> {time},900\nCue {n}\n" for n, time in enumerate(clock))
    assert len(spoken("\n".join(lines).encode())) == 100_000


@given(st.binary(max_size=400))
def test_any_bytes_are_captions_or_a_clear_error(data: bytes):
    for head in (b"", b"WEBVTT\n\n00:01.000 --> 00:02.000\n", b"1\n00:00:01,000 --> 00:00:02,000\n"):
        with suppress(CaptionError):
            assert all(segment.text.strip() for segment in parse_captions(head + data).segments)


def test_cues_over_each_other_become_one_voice_after_the_other():
    crowded = "WEBVTT\n\n00:01.000 --> 00:09.000\nA\n\n00:03.000 --> 00:04.000\nB\n\n00:03.000 --> 00:05.000\nC\n"
    assert spoken(crowded.encode()) == [(1.0, 3.0, "A"), (3.0, 5.0, "B C")]
