import time
from itertools import pairwise

import numpy as np
import pytest
from tests.support.text import embedder, long_transcript, talk, transcript

from reelscribe.text.chapters import Chapter, chapter_count, chapters, cut
from reelscribe.text.sentences import sentences
from reelscribe.text.terms import Terms
from reelscribe.text.titles import titles
from reelscribe.text.transcript import Transcript


def cut_up(given: Transcript, **options) -> list[Chapter]:
    return chapters(sentences(given), duration=given.duration, language=given.language, **options)


def topics(*subjects: str, seconds: float) -> Transcript:
    """A talk that says the same kind of thing of each subject for so many seconds."""
    line = "Now the {0} needs work because every {0} in town has trouble with its {0} department."
    count = int(seconds / (16 * 0.4))
    return transcript(*(line.format(subject) for subject in subjects for _ in range(count)))


@pytest.mark.parametrize("with_embedder", [False, True])
def test_chapters_start_where_the_subject_changes(with_embedder: bool):
    given = topics("railway", "orchestra", "hospital", seconds=420)
    made = cut_up(given, embedder=embedder() if with_embedder else None)
    edges = [chapter.start for chapter in made]
    for change in (given.duration / 3, given.duration * 2 / 3):
        assert min(abs(edge - change) for edge in edges) <= 30


def test_titles_name_what_each_chapter_is_about():
    made = cut_up(topics("railway", "orchestra", "hospital", seconds=420))
    assert [next(w for w in ("Railway", "Orchestra", "Hospital") if w in c.title) for c in made] == [
        "Railway",
        "Orchestra",
        "Hospital",
    ]


def test_chapters_leave_no_gap_and_none_is_shorter_than_two_minutes():
    made = cut_up(long_transcript(12_000))
    assert made[0].start == 0.0
    assert all(before.end == after.start for before, after in pairwise(made))
    assert made[-1].end == long_transcript(12_000).duration
    assert all(chapter.end - chapter.start >= 119 for chapter in made)


def test_a_short_video_is_one_chapter():
    made = cut_up(transcript("The otter swims in the river. The river is cold."))
    assert len(made) == 1


def test_the_number_follows_the_length_as_people_do_it():
    assert [chapter_count(60.0 * minutes) for minutes in (1, 10, 30, 60, 120)] == [2, 2, 4, 6, 8]


def test_silence_has_no_chapters():
    assert cut_up(Transcript("en", 60.0)) == []


def test_no_two_titles_are_the_same():
    made = [chapter.title for chapter in cut_up(talk())]
    assert len(set(made)) == len(made) >= 2


def test_titles_are_phrases_that_recur_and_not_stopwords():
    texts = [
        "The storm surge barrier closes. We test the storm surge barrier. You know, you know, okay.",
        "Green roofs hold rain. So green roofs are light. You know, you know, okay.",
    ]
    first, second = titles(texts, Terms("en"))
    assert first == "Storm surge barrier"
    assert second == "Green roofs"


def test_titles_of_a_language_without_stopwords_leave_out_its_commonest_words():
    texts = [
        (
            "Das Sturmflutwehr schützt die Stadt. Wenn die See steigt, schließt sich das Sturmflutwehr. Die Ingenieure "
            "prüfen die Arme jedes Jahr, denn die Stürme kommen, wenn die Blätter fallen."
        ),
        (
            "Die Gründächer halten den Regen auf. Die Stadt bezahlt die Gründächer zum Teil, die Mieter gießen die "
            "Beete, und die Bienen finden die Blüten."
        ),
    ]
    made = titles(texts, Terms("de"))
    assert made == ["Sturmflutwehr", "Gründächer"]


def test_a_title_falls_back_on_the_first_words():
    assert titles(["我们讨论河流。"], Terms("zh")) == ["我们讨论河流"]
    (title,) = titles(
        ["Nothing whatsoever recurs anywhere throughout these few memorable words spoken quickly."], Terms("en")
    )
    assert title == "Nothing whatsoever recurs anywhere throughout…"


def test_a_day_of_speech_is_cut_in_seconds():
    kernel = np.random.default_rng(1).random((2000, 2000), dtype=np.float32)
    started = time.process_time()
    starts = cut([43.0 * n for n in range(2000)], 86_000.0, (kernel + kernel.T) / 2)
    assert len(starts) == chapter_count(86_000.0)
    assert time.process_time() - started < 30
