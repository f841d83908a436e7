"""A recording read block by block, so that ten hours of it take no more memory than a minute."""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reelscribe.engines.speech.errors import AudioUnreadable

Samples = npt.NDArray[np.float32]

RATE = 16_000
"""Samples a second: what Whisper and the voice activity detector were trained on."""

_EXPECTED = (RATE, 1, 2)


def read_blocks(path: Path, block: int) -> Iterator[Samples]:
    """Blocks of `block` samples in [-1, 1), the last one shorter; none for a recording without samples.

    Raises `AudioUnreadable` at the first block unless it is 16 kHz, mono, 16 bits.
    """
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            if found != _EXPECTED:
                raise AudioUnreadable(f"{path.name} is not 16 kHz, mono, 16 bits, but {found}")
            while data := file.readframes(block):
                yield _to_float(data)
    except (wave.Error, EOFError) as error:
        raise AudioUnreadable(f"{path.name} is not a WAV file: {error}") from error


def _to_float(data: bytes) -> Samples:
    whole = len(data) // 2 * 2  # a truncated file may end in half a sample
    return np.frombuffer(data[:whole], dtype="<i2").astype(np.float32) / 32768.0
