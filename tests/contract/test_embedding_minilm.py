import time

import numpy as np
import pytest
from tests.support.text import embedder

from reelscribe.engines.embedding import Embedder


@pytest.fixture
def model() -> Embedder:
    return embedder()


def test_each_text_gets_a_row_of_length_one(model: Embedder):
    vectors = model.embed(["A dog runs.", "Interest rates rose.", "", "今日は良い天気です。", "a" * 100_000])
    assert vectors.shape == (5, model.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_like_meanings_are_closer_than_like_words(model: Embedder):
    dog, puppy, bank = model.embed(
        ["The dog is running in the park.", "A puppy plays outside.", "The bank is running out of money."]
    )
    assert dog @ puppy > dog @ bank + 0.2


def test_a_text_has_the_same_vector_alone_and_in_company(model: Embedder):
    texts = [f"Sentence number {n} is about the water of the river." * (1 + n % 5) for n in range(70)]
    together = model.embed(texts)
    for index in (0, 33, 69):
        alone = model.embed([texts[index]])[0]
        assert together[index] @ alone > 0.99


def test_nothing_in_is_nothing_out(model: Embedder):
    assert model.embed([]).shape == (0, model.dimensions)


def test_it_has_a_name_for_the_index(model: Embedder):
    assert model.name == "all-MiniLM-L6-v2-int8"


def test_its_threads_do_not_spin_once_a_query_is_answered(model: Embedder):
    options = model._session.get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_a_query_takes_milliseconds(model: Embedder):
    model.embed(["warm"])
    started = time.process_time()
    model.embed(["when does the barrier close"])
    assert time.process_time() - started < 1
