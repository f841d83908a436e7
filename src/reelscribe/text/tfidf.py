"""tf-idf vectors, hashed to a fixed number of dimensions so that memory stays bounded."""

import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from reelscribe.text.ports import Vectors

# Few enough for thousands of rows in memory, many enough that a meeting's some 1,500 terms seldom collide.
DIMENSIONS = 4096


def tfidf(documents: Sequence[Sequence[str]], dimensions: int = DIMENSIONS) -> Vectors:
    """One L2-normalized row a document (a list of terms): (1 + ln tf) * ln(1 + n / df), signed hashing.

    Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """
    counts = [Counter(terms) for terms in documents]
    frequency = Counter(term for count in counts for term in count)
    places = {term: _place(term, dimensions) for term in frequency}
    vectors = np.zeros((len(documents), dimensions), dtype=np.float32)
    for row, count in enumerate(counts):
        for term, times in count.items():
            place, sign = places[term]
            vectors[row, place] += sign * (1 + math.log(times)) * math.log(1 + len(documents) / frequency[term])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def _place(term: str, dimensions: int) -> tuple[int, float]:
    digest = zlib.crc32(term.encode("utf-8", "surrogatepass"))
    return digest % dimensions, 1.0 if digest & 0x80000000 else -1.0
