"""Terms, corrections and highlights: the parts of a search that every engine shares."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.engines.search import MomentDocument
from reelscribe.engines.search.analysis import joined, terms, tokens
from reelscribe.engines.search.highlight import Matcher
from reelscribe.engines.search.landing import Timeline
from reelscribe.engines.search.languages import term_of
from reelscribe.engines.search.marks import marks
from reelscribe.engines.search.spelling import corrections, edit_distance


@given(st.text(max_size=80), st.sampled_from(["en", "de", "fr", "ja", "id", "xx"]))
def test_tokens_tell_their_places_and_are_what_is_indexed(text: str, language: str) -> None:
    found = tokens(text, language)
    assert joined(found).split() == [token.term for token in found] == list(terms(text, language))
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert [token.start for token in found] == sorted(token.start for token in found)


def spans(matcher: Matcher, text: str, language: str = "en") -> list[tuple[int, int]]:
    return matcher.spans(text, marks(tokens(text, language)))


@given(st.text(alphabet="abcdefgstyéßüÉİ '\u2019-.", max_size=60), st.sampled_from(["en", "de", "fr", "es", "it"]))
def test_every_place_of_a_wanted_term_is_marked_and_no_other(text: str, language: str) -> None:
    for wanted in {token.term for token in tokens(text, language)}:
        full = [(token.start, token.end) for token in tokens(text, language) if token.term == wanted]
        assert spans(Matcher(frozenset({wanted})), text, language) == full


def test_a_phrase_is_not_marked_across_another_word() -> None:
    matcher = Matcher(phrases=(("red", "fox"),))
    assert spans(matcher, "red old fox, red fox; red-fox") == [(13, 16), (17, 20), (22, 25), (26, 29)]
    assert spans(matcher, "a fox is red") == []


def test_a_character_of_an_unspaced_script_is_marked_within_pairs() -> None:
    assert spans(Matcher(characters=frozenset({"未"})), "x的未来, 未", "zh") == [(2, 3), (6, 7)]


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("fox", "fox", 0), ("fox", "fix", 1), ("fox", "ofx", 1), ("fox", "foxes", 2), ("volcano", "vulcan", 2)],
)
def test_edit_distance(left: str, right: str, edits: int) -> None:
    assert edit_distance(left, right, 2) == edit_distance(right, left, 2) == edits
    assert edit_distance(left, right, 2) <= 2


def reference_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Optimal string alignment, straight from its definition."""
    rows = [[i + j if i * j == 0 else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            same = left[i - 1] == right[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_edit_distance_is_exact_up_to_its_limit(left: str, right: str) -> None:
    exact = reference_distance(left, right)
    assert (edit_distance(left, right, 2) == exact) if exact <= 2 else (edit_distance(left, right, 2) > 2)


@given(
    st.sampled_from(["orange", "volcano", "transcript"]), st.integers(0, 9), st.integers(0, 3), st.sampled_from("aeqz")
)
def test_one_edit_anywhere_is_corrected(word: str, place: int, kind: int, letter: str) -> None:
    i = place % (len(word) - 1)
    typed = (
        word[:i] + word[i + 1 :],
        word[:i] + letter + word[i:],
        word[:i] + letter + word[i + 1 :],
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
    )[kind]
    words = {"orange": 3, "volcano": 2, "transcript": 5, "unrelated": 9}
    found = corrections(
        typed,
        lambda prefix: [pair for pair in words.items() if pair[0].startswith(prefix)],
        lambda suffix: [pair for pair in words.items() if pair[0].endswith(suffix)],
    )
    assert typed == word or [correction.word for correction in found] == [word]


@pytest.mark.parametrize(
    ("word", "language", "term"),
    [
        ("Policies", "en", "polici"),
        ("don\u2019t", "en", "dont"),
        ("it's", "en", "it"),
        ("CAFÉ", "xx", "cafe"),
        ("Straße", "xx", "strasse"),
        ("\uff21\uff22\uff23", "xx", "abc"),
        ("ёлка", "xx", "елка"),
    ],
)
def test_terms(word: str, language: str, term: str) -> None:
    assert term_of(word, language) == term


def test_without_word_times_a_word_is_placed_within_its_sentence() -> None:
    timeline = Timeline.of(MomentDocument(10.0, 30.0, "a" * 100, sentence_starts=[(0, 10.0), (50, 20.0)]))
    assert timeline.spoken_at(25) == 15.0
    assert timeline.spoken_at(75) == 25.0
    assert timeline.landing(55) == 20.0
    assert timeline.landing(95) == pytest.approx(28.0)
