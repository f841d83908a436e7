# ruff: noqa: RUF001 -- full-width marks are what these tests are about
from tests.support.text import spoken, transcript

from reelscribe.text.sentences import sentences
from reelscribe.text.transcript import Segment, Transcript, Word


def texts(given: Transcript) -> list[str]:
    return [sentence.text for sentence in sentences(given)]


def test_a_sentence_may_span_segments():
    assert texts(transcript("It was the epoch of", "incredulity. It was spring.")) == [
        "It was the epoch of incredulity.",
        "It was spring.",
    ]


def test_titles_initials_and_abbreviations_end_no_sentence():
    given = transcript("Dr. Smith met J. R. Brown, e.g. at noon. Then Mrs. Jones left.")
    assert texts(given) == ["Dr. Smith met J. R. Brown, e.g. at noon.", "Then Mrs. Jones left."]


def test_a_no_is_a_whole_answer():
    assert texts(transcript("Is it done? No. We go on.")) == ["Is it done?", "No.", "We go on."]


def test_a_full_stop_before_a_small_letter_ends_nothing():
    assert texts(transcript("The file is named approx. ten times. Done.")) == [
        "The file is named approx. ten times.",
        "Done.",
    ]


def test_closing_quotes_belong_to_the_sentence_they_close():
    assert texts(transcript('She said "go home." He went.')) == ['She said "go home."', "He went."]


def test_chinese_is_split_at_its_own_full_stops_without_spaces():
    words = [
        Word(i * 0.2, i * 0.2 + 0.2, part) for i, part in enumerate(["今天", "天气", "很好。", "我们", "去", "公园！"])
    ]
    given = Transcript("zh", 2.0, (Segment(0, 0.0, 1.2, "今天天气很好。我们去公园！", tuple(words)),))
    assert texts(given) == ["今天天气很好。", "我们去公园！"]


def test_captions_without_word_times_are_spread_over_their_segment():
    given = Transcript("zh", 10.0, (Segment(0, 0.0, 10.0, "今天很好。我们走。"),))
    first, second = sentences(given)
    assert (first.text, second.text) == ("今天很好。", "我们走。")
    assert first.start == 0.0
    assert second.end == 10.0
    assert 5.0 < second.start < 6.0


def test_hindi_and_arabic_marks_end_sentences():
    assert len(sentences(transcript("मैं घर जाता हूँ। तुम कहाँ हो?", language="hi"))) == 2
    assert len(sentences(transcript("أين أنت؟ أنا هنا", language="ar"))) == 2


def test_each_word_keeps_its_offset_and_its_second():
    (sentence,) = sentences(transcript("Ever tried, ever failed."))
    assert [(sentence.text[a:b], start) for a, b, start in sentence.words] == [
        ("Ever", 0.0),
        ("tried,", 0.4),
        ("ever", 0.8),
        ("failed.", 1.2000000000000002),
    ]


def test_words_that_lost_their_spaces_get_them_back():
    words = (Word(0, 1, "We"), Word(1, 2, "have"), Word(2, 3, "seen."))
    assert texts(Transcript("en", 3.0, (Segment(0, 0, 3, "We have seen.", words),))) == ["We have seen."]


def test_a_long_silence_ends_a_sentence_that_has_no_full_stop():
    given = Transcript("en", 20.0, (spoken("so we start"), spoken("and now the end", start=10.0, number=1)))
    assert texts(given) == ["so we start", "and now the end"]


def test_without_punctuation_segments_make_the_sentences():
    given = transcript(*["and then we looked at the next slide of it"] * 30)
    found = sentences(given)
    ends = {segment.end for segment in given.segments}
    assert len(found) == 15
    assert all(sentence.end in ends for sentence in found)


def test_one_endless_segment_without_punctuation_is_cut_all_the_same():
    found = sentences(transcript(" ".join(["word"] * 1000)))
    assert max(len(sentence.words) for sentence in found) <= 60
    assert sum(len(sentence.words) for sentence in found) == 1000


def test_nothing_said_gives_no_sentences():
    assert sentences(Transcript(None, 5.0)) == []
    assert sentences(Transcript("en", 5.0, (Segment(0, 0.0, 1.0, "  "),))) == []


def test_one_word_is_one_sentence():
    assert texts(transcript("Hello")) == ["Hello"]
