"""A recording read block by block, so that ten hours of it take no more memory than a minute."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from reelscribe.engines.speech.errors import AudioUnreadable

Samples = npt.NDArray[np.float32]

RATE = 16_000
"""Samples a second: what Whisper and the voice activity detector were trained on."""

_EXPECTED = (RATE, 1, 2)


class Recording:
    """An open WAV file of 16 kHz, mono, 16 bits. Positions are samples.

    `length` is what the file holds, not what its header promises.
    """

    def __init__(self, file: wave.Wave_read, length: int) -> None:
        self._file = file
        self.length = length

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Raises `AudioUnreadable` unless it is such a file."""
        try:
            with path.open("rb") as raw, wave.open(raw, "rb") as file:
                found = (file.getframerate(), file.getnchannels(), file.getsampwidth())
                if found != _EXPECTED:
                    raise AudioUnreadable(f"{path.name} is not 16 kHz, mono, 16 bits, but {found}")
                held = (path.stat().st_size - raw.tell()) // 2
                yield cls(file, min(file.getnframes(), held))
        except (wave.Error, EOFError) as error:
            raise AudioUnreadable(f"{path.name} is not a WAV file: {error}") from error

    @property
    def seconds(self) -> float:
        """Its duration."""
        return self.length / RATE

    def read(self, start: int, end: int) -> Samples:
        """Samples [start, end) in [-1, 1)."""
        self._file.setpos(start)
        data = self._file.readframes(min(end, self.length) - start)
        return np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0

    def blocks(self, block: int) -> Iterator[Samples]:
        """All of it in blocks of `block` samples, the last one shorter; none if it is empty."""
        for start in range(0, self.length, block):
            yield self.read(start, start + block)
