"""The embedded model: it chooses sentences instead of writing them. No network, no weights needed."""

from collections.abc import Sequence
from functools import partial

from reelscribe.text.extractive import key_sentences
from reelscribe.text.ports import Embedder, LanguageResult, Passage
from reelscribe.text.threads import in_thread


class ExtractiveModel:
    """Key sentences, by embeddings where there is an embedder, else by tf-idf."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """`embedder` None: tf-idf."""
        self._embedder = embedder

    @property
    def name(self) -> str:
        """What `model_info` calls it."""
        return f"extractive ({self._embedder.name if self._embedder else 'tf-idf'})"

    async def summarize(
        self, passages: Sequence[Passage], *, max_sentences: int, language: str | None = None
    ) -> LanguageResult:
        """At most `max_sentences` of the passages, word for word."""
        choose = partial(key_sentences, embedder=self._embedder, language=language)
        return LanguageResult(tuple(await in_thread(choose, passages, max_sentences)))
