"""Stage 1, `video.uploaded` -> `video.transcoded`: renditions, poster, storyboard and sound, in one FFmpeg process."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from reelscribe.engines.storage import ObjectNotFound, ObjectStorage
from reelscribe.media.errors import CannotWrite, MediaError, OutOfSpace, ToolMissing
from reelscribe.media.probe import probe
from reelscribe.media.storyboard import Tile
from reelscribe.media.transcode import TranscodeResult, Variant, transcode
from reelscribe.pipeline.stage import Context, StageError, TryAgainError
from reelscribe.videos.artifacts import put_index
from reelscribe.videos.models import Video, VideoVariant


@dataclass(frozen=True, slots=True)
class Transcoded:
    """What FFmpeg made, and where its files now lie in object storage."""

    result: TranscodeResult
    keys: dict[Path, str]
    index_keys: dict[Path, str]


async def load(_session: AsyncSession, video: Video) -> str:
    """The original's key."""
    if video.key is None:
        raise StageError("The upload of this video never ended. Upload it again.")
    return video.key


async def work(original: str, context: Context) -> Transcoded:
    """Transcode the original and store every result."""
    try:
        result = await _transcode(original, context)
    except (OutOfSpace, CannotWrite, ToolMissing) as error:
        raise TryAgainError(str(error), error.detail) from error
    except MediaError as error:
        raise StageError(str(error), error.detail) from error
    except ObjectNotFound as error:
        raise StageError("The original of this video is gone from storage. Upload it again.") from error
    return await _store(result, context)


async def record(session: AsyncSession, video: Video, transcoded: Transcoded) -> dict[str, object]:
    """Put the renditions in place of any earlier ones."""
    result = transcoded.result
    await session.execute(delete(VideoVariant).where(VideoVariant.video_id == video.id))
    session.add_all([_row(video, variant, transcoded) for variant in result.variants])
    largest = result.variants[-1]
    video.duration, video.width, video.height = result.duration, largest.width, largest.height
    video.poster_key = transcoded.keys[result.poster]
    video.audio_key = transcoded.keys.get(result.audio) if result.audio else None
    video.storyboard = _storyboard(transcoded)
    video.warnings = list(result.warnings)
    return {
        "duration": result.duration,
        "variants": [variant.quality for variant in result.variants],
        "copied": [variant.quality for variant in result.variants if variant.copied],
        "warnings": list(result.warnings),
    }


async def _transcode(original: str, context: Context) -> TranscodeResult:
    engines = context.engines
    source, out = context.folder / "original", context.folder / "out"
    await engines.storage.fetch(original, source)
    out.mkdir()
    info = await probe(engines.tools, source, max_duration=engines.max_duration)
    return await transcode(engines.tools, source, out, info, threads=engines.ffmpeg_threads, on_progress=context.report)


async def _store(result: TranscodeResult, context: Context) -> Transcoded:
    storage = context.engines.storage
    files = [variant.path for variant in result.variants] + [result.poster, *result.sheets]
    if result.audio is not None:
        files.append(result.audio)
    keys = {path: await _put(storage, path, context.prefix) for path in files}
    index_keys = {variant.path: await _put_index(storage, variant, context.prefix) for variant in result.variants}
    return Transcoded(result, keys, index_keys)


TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".wav": "audio/wav"}


async def _put(storage: ObjectStorage, path: Path, prefix: str) -> str:
    key = prefix + path.name
    await storage.put_file(key, path, content_type=TYPES[path.suffix])
    return key


async def _put_index(storage: ObjectStorage, variant: Variant, prefix: str) -> str:
    key = f"{prefix}{variant.quality}.index.json"
    await put_index(storage, key, variant.index)
    return key


def _row(video: Video, variant: Variant, transcoded: Transcoded) -> VideoVariant:
    return VideoVariant(
        video_id=video.id,
        quality=variant.quality,
        key=transcoded.keys[variant.path],
        index_key=transcoded.index_keys[variant.path],
        width=variant.width,
        height=variant.height,
        bitrate=variant.bitrate,
        size=variant.size,
        codecs=variant.codecs,
    )


def _storyboard(transcoded: Transcoded) -> dict[str, object]:
    result = transcoded.result
    return {
        "sheets": [transcoded.keys[sheet] for sheet in result.sheets],
        "tiles": [_tile(tile) for tile in result.tiles],
    }


def _tile(tile: Tile) -> dict[str, object]:
    return {
        "start": tile.start,
        "end": tile.end,
        "sheet": tile.sheet,
        "x": tile.x,
        "y": tile.y,
        "w": tile.width,
        "h": tile.height,
    }
