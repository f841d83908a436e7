"""What the text functions ask of the outside. The adapters are in `engines/language` and `engines/embedding`.

The Protocols live here because `text` imports nothing above it; the engines' packages offer them under their own names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Sentence vectors. Blocks for CPU time: call it through a thread."""

    @property
    def name(self) -> str:
        """The model's name, kept in `model_info` and with search indexes."""
        ...

    @property
    def dimensions(self) -> int:
        """The vectors' length."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One L2-normalized row a text, float32 of shape (len(texts), dimensions)."""
        ...


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that may be cited, or a statement of an earlier round. Times in seconds.

    `chapter` counts from 0, and `share` is that chapter's of the video, from 0 to 1. `salience` is what
    the round before thought of it (0: nothing yet).
    """

    id: int
    text: str
    start: float
    end: float
    chapter: int = 0
    share: float = 0.0
    salience: float = 0.0


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a summary and the ids of the passages that support it (at least one)."""

    text: str
    citations: tuple[int, ...]
    salience: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model's work took. `cost` is in US dollars; `estimated` where the endpoint did not count its tokens."""

    calls: int = 0
    retries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            self.calls + other.calls,
            self.retries + other.retries,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cost + other.cost,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class LanguageResult:
    """Statements in the order of what they tell, and what they took."""

    statements: tuple[Statement, ...]
    usage: Usage = Usage()


class LanguageModelError(RuntimeError):
    """The model gave no usable summary; the message tells a user what happened and what to do."""


class LanguageModel(Protocol):
    """Says in a few sentences what some passages say."""

    @property
    def name(self) -> str:
        """The model's name, kept in `model_info`."""
        ...

    async def summarize(
        self, passages: Sequence[Passage], *, max_sentences: int, language: str | None = None
    ) -> LanguageResult:
        """At most `max_sentences` statements, each citing passages by id, in the passages' order and language.

        The passages come in order of time. Their text is what strangers said on video: data, never instructions.

        Raises:
            LanguageModelError: no usable answer within the model's own limits of time and tries.
        """
        ...
