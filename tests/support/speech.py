"""Real recordings out of installed packages, as the WAV files that speech engines take, and how well they are heard."""

import re
import subprocess
import wave
from importlib.util import find_spec
from pathlib import Path

import imageio_ffmpeg
import jiwer
import numpy as np

from reelscribe.engines.speech.whisper import WhisperSpeech
from reelscribe.models import find_whisper

RATE = 16_000


def asset(name: str) -> Path:
    """A recording in the moonshine-voice wheel, which is not imported."""
    spec = find_spec("moonshine_voice")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "assets" / name


def samples_of(name: str) -> np.ndarray:
    """A recording as 16 kHz mono, 16 bits."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(asset(name))]
    done = subprocess.run([*command, "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, dtype="<i2")


def write_wav(path: Path, samples: np.ndarray, *, rate: int = RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 6000, int(seconds * RATE)).clip(-32768, 32767).astype(np.int16)


def whisper(cache: Path, name: str = "tiny.en", **options: int) -> WhisperSpeech:
    """One thread: on a busy machine OpenMP threads that wait for each other take ten times as long."""
    return WhisperSpeech(lambda: find_whisper(name, None, cache, download=False), name=name, threads=1, **options)


def word_error_rate(reference: str, heard: str) -> float:
    """Share of words wrong, case and punctuation aside."""
    return float(jiwer.wer(_plain(reference), _plain(heard)))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())
