"""What every language model keeps to, the embedded one and one behind an endpoint."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.support.text import embedder
from tests.support.text_endpoint import endpoint, obliging

from reelscribe.engines.language import ExtractiveModel, LanguageModel, OpenAIModel, Passage

TALK = (
    "Welcome to this talk about how the city of Rotterdam keeps the water of the river out of its streets.",
    "Um, can everybody hear me?",
    "The barrier at the mouth of the river closes when the sea rises three metres above its normal level.",
    "Each of its two arms is as long as the Eiffel Tower is high, and floats on the water while it moves.",
    "Engineers test the barrier every year in September, before the season of storms begins.",
    "Water squares in the city hold the rain of heavy showers until the sewers have room for it again.",
    "Yeah.",
    "Green roofs keep the first millimetres of each shower and let them go back into the air.",
)


@pytest.fixture(params=["extractive", "extractive with embeddings", "openai"])
def model(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    if request.param == "openai":
        with endpoint(obliging) as served:
            yield OpenAIModel(model="test-model", base_url=served.url)
    else:
        yield ExtractiveModel(embedder() if "embeddings" in request.param else None)


def passages(*texts: str) -> list[Passage]:
    return [Passage(10 + n, text, 5.0 * n, 5.0 * n + 5, chapter=n // 4) for n, text in enumerate(texts)]


def test_it_says_at_most_as_much_as_asked_and_cites_what_it_was_given(model: LanguageModel):
    given = passages(*TALK)
    for most in (1, 3, 6):
        result = asyncio.run(model.summarize(given, max_sentences=most, language="en"))
        assert 1 <= len(result.statements) <= most
        known = {passage.id for passage in given}
        assert all(statement.text.strip() for statement in result.statements)
        assert all(statement.citations and set(statement.citations) <= known for statement in result.statements)


def test_it_tells_in_the_order_of_the_video(model: LanguageModel):
    result = asyncio.run(model.summarize(passages(*TALK), max_sentences=5, language="en"))
    firsts = [statement.citations[0] for statement in result.statements]
    assert firsts == sorted(firsts)


def test_one_passage_is_enough(model: LanguageModel):
    result = asyncio.run(model.summarize(passages(TALK[2]), max_sentences=6, language="en"))
    assert [statement.citations for statement in result.statements] == [(10,)]


def test_nothing_in_is_nothing_out(model: LanguageModel):
    result = asyncio.run(model.summarize([], max_sentences=6))
    assert result.statements == ()
    assert result.usage.calls == 0


def test_it_has_a_name_for_the_records(model: LanguageModel):
    assert model.name


def test_it_serves_several_event_loops_one_after_the_other(model: LanguageModel):
    for _ in range(2):
        assert asyncio.run(model.summarize(passages(*TALK), max_sentences=2)).statements
