"""Whisper's log-Mel spectrogram of long speech, in little memory, and the same for a piece as for the whole.

faster-whisper computes it at once (46 MB of scratch a minute) and raises everything to 8 decades below the loudest
moment of what it was given. A piece by itself would get another floor than the whole recording, which is enough to
change a word here and there. So the loudest moment of the whole is handed in.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from reelscribe.engines.speech.wav import RATE, Samples

Features = npt.NDArray[np.float32]
Extractor = Callable[[Samples, int], Features]
"""Samples and how many zeros to pad them with; (mels, frames) out."""

FRAME = RATE // 100
MARGIN = 2
"""Frames at a cut whose 25 ms window reaches over it."""

SLICE = 6000
BELOW_LOUDEST = 2.0
"""Eight decades, in the unit of the features: (log10 + 4) / 4."""

END_PADDING = 160


def log_mel(extractor: Extractor, samples: Samples) -> Features:
    """As `extractor` would compute it of all samples at once, a minute at a time."""
    parts = list(_slices(extractor, samples))
    features = np.concatenate(parts, axis=1)
    floored: Features = np.maximum(features, features.max() - np.float32(BELOW_LOUDEST))
    return floored


def _slices(extractor: Extractor, samples: Samples) -> Iterator[Features]:
    frames = (len(samples) + END_PADDING) // FRAME
    for start in range(0, frames, SLICE):
        end = start + SLICE
        first = max(0, start - MARGIN)
        if end + MARGIN >= frames:
            yield extractor(samples[first * FRAME :], END_PADDING)[:, start - first :]
            return
        yield extractor(samples[first * FRAME : (end + MARGIN) * FRAME], 0)[:, start - first : end - first]


class SteadyFeatures:
    """Stands in for faster-whisper's extractor. `loudest` is the greatest feature of the whole, None if this is it."""

    def __init__(self, extractor: Extractor, loudest: float | None) -> None:
        self._extractor = extractor
        self._loudest = loudest

    def __getattr__(self, name: str) -> object:
        return getattr(self._extractor, name)

    def __call__(self, waveform: Samples, padding: int = END_PADDING, chunk_length: None = None) -> Features:
        """What faster-whisper calls; it is never asked for other paddings or chunks here."""
        if padding != END_PADDING or chunk_length is not None:
            raise NotImplementedError("faster-whisper asks for features in a new way")
        features = log_mel(self._extractor, waveform)
        return features if self._loudest is None else np.maximum(features, np.float32(self._loudest - BELOW_LOUDEST))
