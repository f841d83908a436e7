"""Language models: what says in a few sentences what a transcript says. Adapters: extractive, OpenAI-compatible."""

from reelscribe.engines.language.extractive import ExtractiveModel
from reelscribe.engines.language.openai import OpenAIModel, Price
from reelscribe.text.ports import (
    LanguageModel,
    LanguageModelError,
    LanguageResult,
    Passage,
    Statement,
    Usage,
)

__all__ = [
    "ExtractiveModel",
    "LanguageModel",
    "LanguageModelError",
    "LanguageResult",
    "OpenAIModel",
    "Passage",
    "Price",
    "Statement",
    "Usage",
]
