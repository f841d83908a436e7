"""Where somebody speaks: Silero's voice activity detector over a stream of samples.

faster-whisper runs the detector over a whole recording in memory. This does the same arithmetic block by block, so that
the spans come out equal (a test holds it to that) whatever the length of the recording.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from reelscribe.engines.speech.wav import RATE, Samples

WINDOW = 512
"""Samples that the detector judges at once."""

BLOCK = 1000 * WINDOW
"""Samples to feed at once: 32 s."""

# faster-whisper's own thresholds (faster_whisper.vad.VadOptions): its word error rates rest on them.
SPEECH_ABOVE = 0.5
SILENCE_BELOW = 0.35
SILENCE_BETWEEN = 2 * RATE
PAD = 400 * RATE // 1000

Detector = Callable[[Samples], Samples]
"""Samples of whole windows in, a probability of speech for each window out; it remembers what it heard before."""


@dataclass(frozen=True, slots=True)
class Run:
    """Samples with speech, and where in the recording they begin (in samples). A run may go on where the last ended."""

    start: int
    samples: Samples


def speech_runs(blocks: Iterable[Samples], detector: Detector) -> Iterator[Run]:
    """The samples in which somebody speaks, with 0.4 s around them; gaps of under 2 s belong to the speech.

    `blocks` are of `BLOCK` samples, the last one shorter. Holds on to one block at most.
    """
    gate = _Gate()
    for block in blocks:
        padded = np.pad(block, (0, -len(block) % WINDOW)) if len(block) < BLOCK else block
        yield from gate.hear(padded, detector(padded), len(block))
    yield from gate.close()


class _Gate:
    """Passes on what is surely speech. Positions are samples from the recording's start."""

    def __init__(self) -> None:
        self._held: Samples = np.empty(0, dtype=np.float32)
        self._held_from = 0
        self._end = 0
        self._is_open = False
        self._given_to = 0
        self._silent_since: int | None = None

    def hear(self, block: Samples, probabilities: Samples, length: int) -> Iterator[Run]:
        """`length` is the block's without its padding."""
        first = self._end
        self._end += length
        self._held = np.concatenate([self._held, block[:length]])
        for index, probability in enumerate(probabilities):
            yield from self._judge(first + index * WINDOW, float(probability))
        if self._is_open:
            yield from self._give(self._end if self._silent_since is None else self._silent_since + PAD)
        self._forget(self._given_to if self._is_open else self._end - PAD)

    def close(self) -> Iterator[Run]:
        """The rest, at the recording's end."""
        if self._is_open:
            yield from self._give(self._end)

    def _judge(self, at: int, probability: float) -> Iterator[Run]:
        if probability >= SPEECH_ABOVE:
            self._silent_since = None
            if not self._is_open:
                self._is_open, self._given_to = True, max(0, at - PAD)
        elif probability < SILENCE_BELOW and self._is_open:
            if self._silent_since is None:
                self._silent_since = at
            if at - self._silent_since >= SILENCE_BETWEEN:
                yield from self._give(self._silent_since + PAD)
                self._is_open, self._silent_since = False, None

    def _give(self, to: int) -> Iterator[Run]:
        to = min(to, self._end)
        if to > self._given_to:
            samples = self._held[self._given_to - self._held_from : to - self._held_from]
            yield Run(self._given_to, samples)
            self._given_to = to

    def _forget(self, before: int) -> None:
        if before > self._held_from:
            self._held = self._held[before - self._held_from :].copy()
            self._held_from = before


def silero() -> Detector:
    """The detector that faster-whisper carries (Silero v6), listening to a new recording."""
    from faster_whisper.vad import get_vad_model  # type: ignore[import-untyped]  # it ships no types

    session = get_vad_model().session
    state = np.zeros((1, 1, 128), dtype=np.float32)
    cell = np.zeros((1, 1, 128), dtype=np.float32)
    tail: Samples = np.zeros((1, 64), dtype=np.float32)

    def detect(samples: Samples) -> Samples:
        nonlocal state, cell, tail
        windows = samples.reshape(-1, WINDOW)
        context = np.concatenate([tail, windows[:-1, -64:]])
        heard = {"input": np.concatenate([context, windows], axis=1), "h": state, "c": cell}
        output, state, cell = session.run(None, heard)
        tail = windows[-1:, -64:].copy()
        probabilities: Samples = output.reshape(-1)
        return probabilities

    return detect
