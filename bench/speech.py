"""Word error rate, time and memory of the speech engine beside faster-whisper run bare with the same options.

    python -m bench.speech [MODEL ...]        (default: tiny.en base)

Recordings are those inside the moonshine-voice wheel. Each measurement is a process of its own, on 2 threads; times
are the best of three, loading aside. The long recording is the short ones in a row, seven times over.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
from tests.support.speech import samples_of, silence, word_error_rate, write_wav

from reelscribe.engines.speech.listen import BEAM, DETECTION_WINDOWS, TEMPERATURES
from reelscribe.engines.speech.whisper import WhisperSpeech
from reelscribe.models import find_whisper
from reelscribe.samples.script import REFERENCE_TEXT

CACHE = Path(gettempdir()) / "reelscribe-bench-models"
THREADS = 2
ROUNDS = 3
REFERENCES = {
    "two_cities": REFERENCE_TEXT,
    "beckett": "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better.",
}


def bare(model: str) -> Callable[[Path], str]:
    import faster_whisper

    whisper = faster_whisper.WhisperModel(
        str(find_whisper(model, None, CACHE)), device="cpu", compute_type="int8", cpu_threads=THREADS
    )

    def listen(audio: Path) -> str:
        segments, _ = whisper.transcribe(
            str(audio),
            beam_size=BEAM,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
            language_detection_segments=DETECTION_WINDOWS,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return listen


def ours(model: str) -> Callable[[Path], str]:
    engine = WhisperSpeech(lambda: find_whisper(model, None, CACHE), name=model, threads=THREADS)
    engine._loaded()  # noqa: SLF001  loading is not what is timed
    return lambda audio: engine.transcribe(audio).text


def measure(side: str, model: str, audio: Path) -> None:
    """Prints one measurement as JSON; run in a process of its own for the sake of its memory."""
    listen = {"bare": bare, "ours": ours}[side](model)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        text = listen(audio)
        seconds.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"text": text, "seconds": min(seconds), "loaded_mb": before, "peak_mb": peak}))


def compare(model: str, name: str, audio: Path, length: float) -> None:
    runs = {}
    for side in ("bare", "ours"):
        command = [sys.executable, "-m", "bench.speech", "--measure", side, model, str(audio)]
        alike = {
            **os.environ,
            "OMP_WAIT_POLICY": "PASSIVE",
        }  # as the engine sets it for itself
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=alike)
        runs[side] = json.loads(done.stdout)
    for side, run in runs.items():
        errors = f"{word_error_rate(REFERENCES[name], run['text']):6.1%}" if name in REFERENCES else "     -"
        print(
            f"{model:8} {name:12} {length:6.1f} s  {side}: word errors {errors}, real-time factor "
            f"{run['seconds'] / length:.3f}, memory {run['loaded_mb']:.0f} MB loaded, {run['peak_mb']:.0f} MB at most"
        )
    same = runs["bare"]["text"].split() == runs["ours"]["text"].split()
    print(
        f"{model:8} {name:12} ours / bare: time {runs['ours']['seconds'] / runs['bare']['seconds']:.3f} (limit 1.05), "
        f"memory {runs['ours']['peak_mb'] / runs['bare']['peak_mb']:.2f}, text {'the same' if same else 'DIFFERS'}\n"
    )


def recordings() -> dict[str, np.ndarray]:
    short = {name: samples_of(f"{name}.wav") for name in ("two_cities", "beckett", "endgame_nagg_nell")}
    row = [part for samples in short.values() for part in (samples, silence(3))]
    return {**short, "long": np.concatenate(row * 7)}


def main(models: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for name, samples in recordings().items():
            audio = write_wav(Path(folder) / f"{name}.wav", samples)
            for model in models:
                compare(model, name, audio, len(samples) / 16_000)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main(sys.argv[1:] or ["tiny.en", "base"])
