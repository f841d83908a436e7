"""Where somebody speaks: Silero's voice activity detector over a stream of samples.

faster-whisper runs the detector over a whole recording in memory. This does the same arithmetic block by block, so that
the spans come out equal (a test holds it to that) whatever the length of the recording.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

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


class Span(NamedTuple):
    """Samples [start, end) of a recording."""

    start: int
    end: int


def speech_spans(blocks: Iterable[Samples], detector: Detector) -> list[Span]:
    """Where somebody speaks, with 0.4 s around it; gaps of under 2 s belong to the speech.

    `blocks` are of `BLOCK` samples, the last one shorter.
    """
    spans: list[Span] = []
    since: int | None = None
    silent_since: int | None = None
    length = 0
    for block in blocks:
        padded = np.pad(block, (0, -len(block) % WINDOW))
        for at, probability in enumerate(detector(padded)):
            position = length + at * WINDOW
            if probability >= SPEECH_ABOVE:
                since, silent_since = position if since is None else since, None
            elif probability < SILENCE_BELOW and since is not None:
                silent_since = position if silent_since is None else silent_since
                if position - silent_since >= SILENCE_BETWEEN:
                    spans.append(Span(max(0, since - PAD), silent_since + PAD))
                    since = silent_since = None
        length += len(block)
    if since is not None:
        spans.append(Span(max(0, since - PAD), length))
    return spans


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
