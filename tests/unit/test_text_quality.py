import random
from dataclasses import replace
from itertools import permutations

import pytest
from tests.support.text import talk

from reelscribe.text.chapters import chapters
from reelscribe.text.chunks import passages
from reelscribe.text.extractive import key_sentences
from reelscribe.text.quality import Quality, quality
from reelscribe.text.sentences import Sentence, sentences
from reelscribe.text.summary import SummarySentence


@pytest.fixture
def spoken() -> list[Sentence]:
    return sentences(talk())


def key(name: str) -> list[SummarySentence]:
    """The key sentences of a talk, at their times."""
    said = sentences(talk(name))
    given = passages(said, chapters(said, duration=talk(name).duration))
    known = {passage.id: passage for passage in given}
    chosen = [known[statement.citations[0]] for statement in key_sentences(given, 5, language="en")]
    return [SummarySentence(passage.text, passage.start, passage.end) for passage in chosen]


def test_key_sentences_score_high(spoken: list[Sentence]):
    assert quality(key("water"), spoken, "en").score > 0.85


def test_a_summary_in_other_words_scores_well(spoken: list[Sentence]):
    said = {sentence.text[:24]: sentence for sentence in spoken}

    def at(text: str, opening: str) -> SummarySentence:
        return SummarySentence(text, said[opening].start, said[opening].end)

    written = [
        at("The talk explains how Rotterdam keeps sea and river water out of its streets.", "Today I want to tell you"),
        at("A barrier at the river's mouth closes when the sea rises three metres.", "The barrier stands at th"),
        at("Water squares are playgrounds that hold rain until the sewers have room.", "A water square is a play"),
        at("Green roofs keep the first rain of showers, and the city pays for a part.", "Green roofs keep the fir"),
        at("The water board pays for dikes and pumps from a tax on households.", "The water board raises a"),
    ]
    assert quality(written, spoken, "en").score > 0.7


def test_an_empty_summary_scores_nothing(spoken: list[Sentence]):
    assert quality([], spoken, "en") == Quality()
    assert quality([SummarySentence("", 0.0, 1.0)], spoken, "en").score == 0.0
    assert quality([SummarySentence("Um, okay, so.", 0.0, 1.0)], spoken, "en").score == 0.0


def test_every_other_order_of_the_sentences_scores_lower(spoken: list[Sentence]):
    ordered = key("water")
    best = quality(ordered, spoken, "en").score
    for shuffled in list(permutations(ordered))[1:]:
        assert quality(shuffled, spoken, "en").score < best


def test_sentences_at_each_others_times_score_lower(spoken: list[Sentence]):
    ordered = key("water")
    texts = [sentence.text for sentence in ordered]
    moved = [replace(s, text=text) for s, text in zip(ordered, texts[1:] + texts[:1], strict=True)]
    assert quality(moved, spoken, "en").score < 0.9 * quality(ordered, spoken, "en").score


def test_shuffled_words_score_lower(spoken: list[Sentence]):
    ordered = key("water")
    for seed in range(5):
        chance = random.Random(seed)  # noqa: S311 -- a repeatable shuffle
        muddled = [replace(s, text=" ".join(chance.sample(s.text.split(), len(s.text.split())))) for s in ordered]
        assert quality(muddled, spoken, "en").score < 0.95 * quality(ordered, spoken, "en").score


def test_the_summary_of_another_video_scores_next_to_nothing(spoken: list[Sentence]):
    assert quality(key("bread"), spoken, "en").score < 0.35
    assert quality(key("water"), sentences(talk("bread")), "en").score < 0.35


def test_repeating_one_sentence_scores_lower(spoken: list[Sentence]):
    one = key("water")[1]
    assert quality([one] * 5, spoken, "en").score < 0.8 * quality(key("water"), spoken, "en").score


def test_one_sentence_of_a_long_talk_scores_lower(spoken: list[Sentence]):
    assert quality(key("water")[:1], spoken, "en").score < quality(key("water"), spoken, "en").score
