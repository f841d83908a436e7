"""all-MiniLM-L6-v2 as int8 ONNX: mean pooling over the tokens, L2 norm (Reimers and Gurevych 2019)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reelscribe.text.ports import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]  # it ships no types
    from tokenizers import Tokenizer

DIMENSIONS = 384
# The length that the model was trained with is 128 word pieces; a window of 75 words has about 100.
LONGEST = 256
# Characters a run, padding included: larger runs are no faster on a CPU (3.7 s for 77 windows in runs of 8 or 32)
# and leave their memory behind (125 MB more in runs of 32).
BATCH_CHARACTERS = 4000
# More characters than the longest input has are cut off before they count.
LONGEST_CHARACTERS = 1200
# What is not even cut into word pieces: 256 of them never have so many characters in real text.
READ_CHARACTERS = 8000


class MiniLMEmbedder:
    """Sentence vectors of 384 numbers. Load it once a process: it holds about 100 MB."""

    name = "all-MiniLM-L6-v2-int8"
    dimensions = DIMENSIONS

    def __init__(self, model: bytes, tokenizer: bytes, *, threads: int = 2) -> None:
        """Load from `model` (ONNX) and `tokenizer` (JSON), which `reelscribe.models` finds and checks."""
        self._session = _session(model, threads)
        self._tokenizer = _tokenizer(tokenizer)
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One L2-normalized row a text. Texts of like length run together, so that little is padded."""
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for batch in _batches(order, [len(text) for text in texts]):
            vectors[batch] = self._embed_batch([texts[index] for index in batch])
        return vectors

    def _embed_batch(self, texts: list[str]) -> Vectors:
        # The tokenizer truncates too, but only after it has cut all of a text into pieces, and keeps those: 2 MB of
        # text without a sentence's end took minutes and gigabytes.
        encoded = self._tokenizer.encode_batch([text[:READ_CHARACTERS] for text in texts])
        mask = np.array([entry.attention_mask for entry in encoded], dtype=np.int64)
        feeds = {
            "input_ids": np.array([entry.ids for entry in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        output = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]
        return _pooled(np.asarray(output, dtype=np.float32), mask)


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """The indices in order of length, in runs of `BATCH_CHARACTERS` once all are padded to the run's longest."""
    batch: list[int] = []
    for index in order:
        if batch and (len(batch) + 1) * min(lengths[index], LONGEST_CHARACTERS) > BATCH_CHARACTERS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _pooled(hidden: Vectors, mask: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Vectors:
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    normalized: Vectors = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    return normalized


def _session(model: bytes, threads: int) -> "InferenceSession":
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin on after a run cost more than waking them: a search took 44 to 50 ms of CPU, without 34 to 38.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _tokenizer(definition: bytes) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(definition)
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()
    return tokenizer
