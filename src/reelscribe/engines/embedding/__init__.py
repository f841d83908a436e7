"""Sentence embeddings. Without any (`Embedder | None`), summaries and chapters fall back on tf-idf."""

from reelscribe.engines.embedding.minilm import MiniLMEmbedder
from reelscribe.text.ports import Embedder, Vectors

__all__ = ["Embedder", "MiniLMEmbedder", "Vectors"]
