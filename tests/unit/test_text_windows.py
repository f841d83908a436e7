from hypothesis import given
from hypothesis import strategies as st
from tests.support.text import long_transcript, spoken, transcript

from reelscribe.text.scripts import word_count
from reelscribe.text.sentences import sentences
from reelscribe.text.transcript import Transcript
from reelscribe.text.windows import windows


def test_windows_hold_whole_sentences_and_at_least_75_words():
    made = windows(long_transcript(3000))
    assert all(75 <= word_count(window.text) < 75 + 13 for window in made[:-1])
    assert all(25 <= window.end - window.start <= 40 for window in made[:-1])
    assert all(window.text.endswith(".") for window in made)


def test_every_sentence_is_in_exactly_one_window():
    spoken_text = long_transcript(1000)
    made = windows(spoken_text)
    assert " ".join(window.text for window in made) == " ".join(s.text for s in sentences(spoken_text))


def test_each_offset_leads_to_the_second_of_its_word():
    window = windows(transcript("We start here. The demo shows an otter. It swims."))[0]
    assert window.second_of(window.text.index("otter")) == 7 * 0.4
    assert window.second_of(window.text.index("otter") + 3) == 7 * 0.4
    assert window.second_of(0) == 0.0
    assert [window.text[a:b] for a, b, _ in window.words] == window.text.split()
    assert [window.text[at:].split()[0] for at, _ in window.sentence_starts] == ["We", "The", "It"]


def test_a_long_silence_parts_windows():
    apart = Transcript("en", 200.0, (spoken("First words."), spoken("Much later.", start=100.0, number=1)))
    assert [window.text for window in windows(apart)] == ["First words.", "Much later."]


def test_slow_speech_still_makes_short_windows():
    slow = Transcript("en", 3000.0, tuple(spoken("One slow line.", start=20.0 * n, number=n) for n in range(100)))
    assert max(window.end - window.start for window in windows(slow)) <= 90.0


def test_a_few_last_words_join_the_window_before():
    assert len(windows(transcript(*["This sentence has exactly seven words now."] * 11, "Thank you."))) == 1


def test_nothing_said_gives_no_windows():
    assert windows(Transcript("en", 9.0)) == []


@given(st.lists(st.text(alphabet="abc .?!我们。\n", max_size=60), max_size=12))
def test_no_text_is_lost_and_offsets_are_right(parts: list[str]):
    made = windows(transcript(*parts))
    said = "".join("".join(part.split()) for part in parts)
    assert "".join("".join(window.text.split()) for window in made) == said
    for window in made:
        assert all(window.text[a:b].strip() == window.text[a:b] != "" for a, b, _ in window.words)
