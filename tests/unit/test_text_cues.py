import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from tests.support.text import spoken, transcript

from reelscribe.text.captions import cues, parse_captions, to_srt, to_txt, to_vtt
from reelscribe.text.cues import LONGEST, PAUSE, _earliest, _Ruler, width
from reelscribe.text.tokens import Token
from reelscribe.text.transcript import Segment, Transcript, Word


def assert_playable(given_transcript: Transcript) -> None:
    made = cues(given_transcript)
    assert all(1 <= len(cue.lines) <= 2 for cue in made)
    assert all(0 < width(line) <= 42 for cue in made for line in cue.lines)
    assert all(cue.start < cue.end for cue in made)
    assert all(before.end <= after.start for before, after in pairwise(made))


def test_a_long_sentence_is_split_at_its_phrases():
    made = cues(
        transcript(
            "When the river rises in the spring, the farmers move their herds to the hills, "
            "and they stay there until the water has gone back."
        )
    )
    assert [cue.lines for cue in made] == [
        ("When the river rises in the spring,", "the farmers move their herds to the hills,"),
        ("and they stay there", "until the water has gone back."),
    ]


def test_cues_start_with_their_first_word():
    made = cues(transcript("Short one.", "The second sentence is here now.", gap=1.0))
    assert [cue.start for cue in made] == [0.0, 1.8]


def test_a_short_cue_stays_long_enough_to_read_where_there_is_room():
    given_transcript = Transcript("en", 9.0, (spoken("Yes."), spoken("Certainly not today.", start=5.0)))
    assert cues(given_transcript)[0].end == 1.2


def test_a_pause_within_a_sentence_parts_cues():
    words = (Word(0, 0.5, " Wait"), Word(4.0, 4.5, " here."))
    made = cues(Transcript("en", 5.0, (Segment(0, 0, 4.5, "Wait here.", words),)))
    assert [cue.text for cue in made] == ["Wait", "here."]


def test_words_longer_than_a_line_are_cut():
    assert_playable(transcript("A" * 500 + " word"))


def test_full_width_characters_count_twice():
    given_transcript = Transcript(
        "ja", 30.0, (Segment(0, 0.0, 30.0, "今日はとても良い天気ですから公園へ行きましょう" * 6),)
    )
    assert_playable(given_transcript)
    assert max(len(line) for cue in cues(given_transcript) for line in cue.lines) <= 21


def test_words_that_share_one_time_make_no_overlap():
    words = tuple(Word(1.0, 1.0, " same") for _ in range(200))
    assert_playable(Transcript("en", 1.0, (Segment(0, 1.0, 1.0, "same " * 200, words),)))


def test_segments_out_of_order_make_no_overlap():
    assert_playable(Transcript("en", 60.0, tuple(spoken("Some words here.", start=float(s)) for s in (30, 10, 50, 10))))


@given(st.lists(st.tuples(st.text(max_size=120), st.floats(0, 50)), max_size=8))
def test_whatever_is_said_the_cues_play(parts: list[tuple[str, float]]):
    segments = tuple(Segment(n, start, start + 3.0, text) for n, (text, start) in enumerate(parts))
    assert_playable(Transcript(None, 60.0, segments))


@given(
    st.lists(st.tuples(st.integers(1, 42), st.floats(0, 20), st.floats(0, 4), st.booleans()), min_size=1, max_size=40)
)
def test_the_longest_cues_are_those_of_trying_each_word_to_the_left(words: list[tuple[int, float, float, bool]]):
    group = [Token("x" * size, start, start + lasts, is_spaced, False) for size, start, lasts, is_spaced in words]
    ruler = _Ruler(group)

    def may_begin_at(start: int, last: int) -> bool:
        has_pause = group[start + 1].start - group[start].end > PAUSE
        return not has_pause and group[last].end - group[start].start <= LONGEST and ruler.fits(start, last + 1)

    tried = []
    for last in range(len(group)):
        first = last
        while first > 0 and may_begin_at(first - 1, last):
            first -= 1
        tried.append(first)
    assert _earliest(ruler) == tried


def test_vtt_escapes_what_would_be_markup_or_a_time():
    text = to_vtt(transcript("Write a<b && c --> d here."))
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:0")
    assert "a&lt;b &amp;&amp; c --&gt; d" in text
    assert text.count("-->") == 1


def test_srt_disarms_what_it_cannot_escape():
    text = to_srt(transcript("Write <b> and {\\an8} --> now."))
    assert text.startswith("1\r\n00:00:00,000 --> 00:00:0")
    assert text.count("-->") == 1
    assert "<" not in text
    assert "{" not in text


def test_an_independent_parser_reads_the_same_cues():
    words = ["alpha", "beta,", "gamma.", "Delta", "R&D", "<i>", "x", "and"] * 75
    given_transcript = transcript(" ".join(words))
    made = cues(given_transcript)
    read = webvtt.from_string(to_vtt(given_transcript))
    assert [(c.start_in_seconds, c.end_in_seconds) for c in read] == [(int(c.start), int(c.end)) for c in made]


@pytest.mark.parametrize(("form", "writer"), [("webvtt", to_vtt), ("srt", to_srt)])
def test_ffmpeg_reads_the_same_cues(form: str, writer: Callable[[Transcript], str], tmp_path: Path):
    given_transcript = transcript("Is 3 < 4 & 5 > 4? He asked, and again nobody answered him for a while. " * 9)
    source = tmp_path / "captions"
    source.write_text(writer(given_transcript), encoding="utf-8", newline="")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", form, "-i", str(source), "-f", "srt", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    read = parse_captions(done.stdout.encode())
    made = cues(given_transcript)
    assert [(s.start, s.end) for s in read.segments] == [(cue.start, cue.end) for cue in made]
    looks = str.maketrans("\u2039\u203a", "<>")
    assert [s.text.translate(looks) for s in read.segments] == [" ".join(cue.lines) for cue in made]


def test_what_we_write_we_read_again():
    given_transcript = transcript("Is 3 < 4 & 5 > 4? He asked, and nobody answered for a while.", "Then silence.")
    for text in (to_vtt(given_transcript), to_srt(given_transcript).replace("\u2039", "<").replace("\u203a", ">")):
        again = parse_captions(text.encode())
        assert " ".join(s.text for s in again.segments) == " ".join(s.text for s in given_transcript.segments)


def test_plain_text_has_a_paragraph_for_each_stretch_of_speech():
    given_transcript = transcript("One thing. Another thing.", "After a pause.", gap=4.0)
    assert to_txt(given_transcript) == "One thing. Another thing.\n\nAfter a pause.\n"


def test_no_speech_gives_empty_but_valid_captions():
    assert to_vtt(Transcript(None, 3.0)) == "WEBVTT\n"
    assert to_srt(Transcript(None, 3.0)) == ""
    assert to_txt(Transcript(None, 3.0)) == ""
