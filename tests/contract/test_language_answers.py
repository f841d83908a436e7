"""What may be believed of a model's answer, whatever it holds."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.engines.language.answer import BadAnswerError, completion, statements
from reelscribe.text.grounding import is_clean, tidied
from reelscribe.text.ports import Passage

GIVEN = [
    Passage(1, "The barrier closes when the sea rises three metres, see example.org/barrier for more.", 0.0, 5.0),
    Passage(2, "Engineers test the barrier every September before the storms begin.", 5.0, 10.0),
]

FIELDS = st.sampled_from(["sentences", "text", "sources", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner),
)


def kept(*entries: object) -> list[str]:
    return [s.text for s in statements(json.dumps({"sentences": entries}), GIVEN, 6, "en")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**The barrier** closes.", "The barrier closes."),
        ("- The barrier closes.", "The barrier closes."),
        ("1. The barrier closes.", "The barrier closes."),
        ("The\u202e barrier\u200b\n closes.\x07", "The barrier closes."),
        ("The `barrier` closes at 3.5 metres.", "The barrier closes at 3.5 metres."),
    ],
)
def test_decoration_and_what_cannot_be_seen_are_taken_off(written: str, shown: str):
    assert tidied(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "See https://evil.example for the barrier.",
        "See www.evil.example for the barrier.",
        "See evil.example/barrier for more of it.",
        "The barrier ![x](http://evil.example/x.png) closes.",
        "The barrier <a href='x'>closes</a> then.",
        "The barrier &lt;b&gt; closes now.",
        "javascript:alert(1) closes the barrier.",
        "Too short",
        "The barrier closes. " * 50,
    ],
)
def test_links_and_markup_that_nobody_said_are_not_kept(text: str):
    assert not is_clean(text, GIVEN[0].text)


def test_an_address_that_was_said_may_be_told():
    assert kept({"text": "More on the barrier is at example.org/barrier now.", "sources": [1]}) == [
        "More on the barrier is at example.org/barrier now."
    ]


@pytest.mark.parametrize("sources", [[1], ["1"], ["[1]"], "1", 1, [1, 77], [True, None, 1], [[], 1]])
def test_sources_are_read_in_any_form(sources: object):
    (statement,) = statements(
        json.dumps({"sentences": [{"text": "The barrier closes when the sea rises.", "sources": sources}]}),
        GIVEN,
        6,
        "en",
    )
    assert statement.citations == (1,)


def test_the_same_sentence_twice_is_kept_once():
    entry = {"text": "Engineers test the barrier every September.", "sources": [2]}
    assert len(kept(entry, entry)) == 1


def test_thoughts_before_the_answer_are_skipped():
    content = (
        '<think>{"sentences": []}</think>\n{"sentences": [{"text": "Engineers test the barrier.", "sources": [2]}]}'
    )
    assert len(statements(content, GIVEN, 6, "en")) == 1


@given(JSON)
def test_any_json_is_statements_or_a_bad_answer(value: object):
    with suppress(BadAnswerError):
        assert statements(json.dumps(value), GIVEN, 6, "en")


@given(st.text())
def test_any_text_is_statements_or_a_bad_answer(content: str):
    with suppress(BadAnswerError):
        assert statements(content, GIVEN, 6, "en")


@given(st.binary())
def test_any_body_is_a_completion_or_a_bad_answer(body: bytes):
    with suppress(BadAnswerError):
        assert completion(body).choices
