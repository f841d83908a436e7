import time
from pathlib import Path

import numpy as np
import pytest
from tests.support.text import embedder, model_files

from reelscribe.engines.embedding import Embedder, MiniLMEmbedder, ModelFileError


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


def test_a_query_takes_milliseconds(model: Embedder):
    model.embed(["warm"])
    started = time.process_time()
    model.embed(["when does the barrier close"])
    assert time.process_time() - started < 1


def test_another_file_than_the_measured_one_is_refused(tmp_path: Path):
    model, tokenizer = model_files()
    wrong = tmp_path / "model.onnx"
    wrong.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match="sha256"):
        MiniLMEmbedder(wrong, tokenizer)
    with pytest.raises(ModelFileError, match="sha256"):
        MiniLMEmbedder(model, wrong)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelFileError, match="nowhere"):
        MiniLMEmbedder(tmp_path / "nowhere", tmp_path / "nothing")
