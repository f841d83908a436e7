"""What a person types, as words, phrases and exclusions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.engines.search.query import MAX_PHRASES, MAX_WORDS, Query, parse


@pytest.mark.parametrize(
    ("typed", "words", "phrases", "excluded"),
    [
        ("red fox", ("red", "fox"), (), ()),
        ("Fox fox FOX", ("Fox",), (), ()),
        ('"red fox" den', ("den",), ("red fox",), ()),
        ("\u201cred fox\u201d \u00abgrey wolf\u00bb", (), ("red fox", "grey wolf"), ()),
        ('"red fox', ("red", "fox"), (), ()),
        ("fox -red", ("fox",), (), ("red",)),
        ('fox -"red fox"', ("fox",), (), ("red fox",)),
        ("state-of-the-art", ("state", "art"), (), ()),
        ("it is -5 degrees", ("5", "degrees"), (), ()),
        ("-only", ("only",), (), ()),
        ("the", ("the",), (), ()),
        ('"" - +', (), (), ()),
        ("title:fox AND (wolf*)", ("title", "fox", "wolf"), (), ()),
    ],
)
def test_typed_text(typed: str, words: tuple[str, ...], phrases: tuple[str, ...], excluded: tuple[str, ...]) -> None:
    assert parse(typed) == Query(words, phrases, excluded)


@pytest.mark.parametrize(
    "question",
    [
        "What did they say about budgets?",
        "Summarize the discussion about budgets",
        "how did the team decide on budgets",
        "Please tell me what was said about budgets",
    ],
)
def test_a_question_is_reduced_to_its_subject(question: str) -> None:
    assert parse(question).words == ("budgets",)


def test_command_words_count_where_nothing_is_asked() -> None:
    assert parse("summary decision").words == ("summary", "decision")


def test_a_question_of_nothing_but_command_words_keeps_them() -> None:
    assert parse("What did they discuss and decide?").words == ("discuss", "decide")


@given(st.text(max_size=300))
def test_any_text_is_parsed_within_bounds(typed: str) -> None:
    query = parse(typed)
    assert len(query.words) <= MAX_WORDS * 4
    assert len(query.phrases) <= MAX_PHRASES
    assert all([*query.words, *query.phrases, *query.excluded])


def test_a_very_long_query_is_cut() -> None:
    assert len(parse(" ".join(f"word{i}" for i in range(5_000))).words) == MAX_WORDS
