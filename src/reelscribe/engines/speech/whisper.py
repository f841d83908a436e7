"""Speech to text by faster-whisper (Whisper on CTranslate2)."""

import hashlib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from threading import Lock

from reelscribe.engines.speech.errors import TranscriptionStopped
from reelscribe.engines.speech.languages import whisper_code
from reelscribe.engines.speech.listen import BEAM, PIECE_FRAMES, Language, Listener
from reelscribe.engines.speech.model import WhisperModel, best_compute_type, best_device, load
from reelscribe.engines.speech.segments import Assembly
from reelscribe.engines.speech.spoken import Spoken
from reelscribe.engines.speech.voice import BLOCK, silero, speech_spans
from reelscribe.engines.speech.wav import Recording, Samples
from reelscribe.text.transcript import Transcript


def _ignore_progress(_share: float) -> None: ...


def _never() -> bool:
    return False


class WhisperSpeech:
    """Build one for a process: the model is loaded by the first transcription and kept.

    `find` returns the model's folder (see `reelscribe.models.find_whisper`) and raises what tells how to get it.
    `device` is "cpu", "cuda", "cuda:1" or "auto"; `compute_type` None is int8 on a CPU, float16 on a GPU. Threads may
    share it.
    """

    def __init__(
        self,
        find: Callable[[], Path],
        *,
        name: str,
        device: str = "cpu",
        threads: int = 2,
        compute_type: str | None = None,
        piece_frames: int = PIECE_FRAMES,
    ) -> None:
        self._find = find
        self._name = name
        self._device = device
        self._threads = threads
        self._compute_type = compute_type
        self._piece_frames = piece_frames
        self._lock = Lock()
        self._folder: Path | None = None
        self._model: WhisperModel | None = None
        self._sha256: str | None = None

    def check(self) -> None:
        """See `SpeechToText.check`."""
        with self._lock:
            self._where()

    def transcribe(
        self,
        audio: Path,
        *,
        language: str | None = None,
        on_progress: Callable[[float], None] = _ignore_progress,
        should_stop: Callable[[], bool] = _never,
    ) -> Transcript:
        """See `SpeechToText.transcribe`."""
        model = self._loaded()
        spoken_in = Language(whisper_code(language, model.supported_languages, self._name) if language else None)
        with Recording.open(audio) as recording:
            spoken = Spoken(recording, speech_spans(_until_stopped(recording, should_stop), silero()))
            assembly = Assembly(spoken)
            for segment, before in Listener(model, spoken, spoken_in, should_stop, self._piece_frames).segments():
                assembly.add(segment, before)
                on_progress(min(1.0, assembly.end / recording.seconds))
        on_progress(1.0)
        segments = assembly.segments(recording.seconds)
        return Transcript(
            language=spoken_in.code if segments or language else None,
            duration=recording.seconds,
            segments=segments,
            model_info=self._about(spoken_in),
        )

    def _where(self) -> Path:
        if self._folder is None:
            self._folder = self._find()
        return self._folder

    def _loaded(self) -> WhisperModel:
        with self._lock:
            if self._model is None:
                folder = self._where()
                self._device = best_device(self._device)
                self._compute_type = self._compute_type or best_compute_type(self._device)
                self._model = load(folder, self._device, self._threads, self._compute_type)
                with (folder / "model.bin").open("rb") as weights:
                    self._sha256 = hashlib.file_digest(weights, "sha256").hexdigest()
            return self._model

    def _about(self, language: Language) -> dict[str, object]:
        return {
            "engine": "faster-whisper",
            "version": version("faster-whisper"),
            "model": self._name,
            "sha256": self._sha256,
            "device": self._device,
            "compute_type": self._compute_type,
            "beam_size": BEAM,
            "voice_activity": "silero-v6",
            "language_probability": None if language.probability is None else round(language.probability, 4),
        }


def _until_stopped(recording: Recording, should_stop: Callable[[], bool]) -> Iterator[Samples]:
    for block in recording.blocks(BLOCK):
        if should_stop():
            raise TranscriptionStopped("Transcription was stopped")
        yield block
