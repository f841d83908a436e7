"""What this package uses of faster-whisper, as types (it ships none), and how it is loaded."""

import copy
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, cast

from reelscribe.engines.speech.errors import SpeechUnavailable
from reelscribe.engines.speech.features import Extractor, SteadyFeatures
from reelscribe.engines.speech.wav import Samples


class WhisperWord(Protocol):
    start: float
    end: float
    word: str
    probability: float


class WhisperSegment(Protocol):
    """`seek` is the frame (10 ms) at which the window begins in which it was heard."""

    seek: int
    start: float
    end: float
    text: str
    words: list[WhisperWord]


class WhisperInfo(Protocol):
    language: str
    language_probability: float


class WhisperModel(Protocol):
    feature_extractor: Extractor

    @property
    def supported_languages(self) -> list[str]: ...

    def transcribe(
        self,
        audio: Samples,
        *,
        language: str | None,
        beam_size: int,
        temperature: Sequence[float],
        condition_on_previous_text: bool,
        word_timestamps: bool,
        language_detection_segments: int,
        clip_timestamps: Sequence[float],
    ) -> tuple[Iterable[WhisperSegment], WhisperInfo]: ...


def best_device(device: str) -> str:
    """`device`, or for "auto" a GPU if CTranslate2 sees one."""
    if device != "auto":
        return device
    import ctranslate2  # type: ignore[import-untyped]  # it ships no types

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def best_compute_type(device: str) -> str:
    """The number format the field uses there: on a CPU float32 is 5 times slower than int8."""
    return "int8" if device == "cpu" else "float16"


def load(folder: Path, device: str, threads: int, compute_type: str) -> WhisperModel:
    """The model in `folder`, in memory. `device` is "cpu", "cuda" or "cuda:1".

    Raises `SpeechUnavailable`: the files are no such model, or the device or the number format is not to be had.
    """
    # OpenMP's threads else spin while they wait for each other. Beside a busy FFmpeg that took 4 times the CPU time and
    # the wall time (10.4 and 23 s against 2.5 and 6.1 s on 28 s of speech). It is read when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import faster_whisper  # type: ignore[import-untyped]  # it ships no types

    name, _, index = device.partition(":")
    try:
        model = faster_whisper.WhisperModel(
            str(folder), device=name, device_index=int(index or 0), cpu_threads=threads, compute_type=compute_type
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise SpeechUnavailable(
            f"Whisper does not load from {folder} on {device!r} ({error}). "
            "Check WHISPER_DEVICE (cpu works everywhere), and that the model's folder is whole."
        ) from error
    return cast("WhisperModel", model)


def with_loudest(model: WhisperModel, loudest: float | None) -> WhisperModel:
    """The same loaded model for one recording, whose greatest feature is `loudest` (see `features`)."""
    twin = copy.copy(model)
    twin.feature_extractor = SteadyFeatures(model.feature_extractor, loudest)
    return twin
