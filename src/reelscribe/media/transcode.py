"""Make everything that watching and transcribing a video needs, in one FFmpeg process."""

import contextlib
import dataclasses
import errno
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reelscribe.media import encode, hls
from reelscribe.media.budget import limits_for, time_allowed
from reelscribe.media.complaints import explain
from reelscribe.media.errors import CannotWrite, DamagedMedia, MediaError, MediaStalled, OutOfSpace
from reelscribe.media.filters import TILE_TIMES
from reelscribe.media.fmp4 import FileIndex, read_index
from reelscribe.media.info import MediaInfo
from reelscribe.media.ladder import LadderPlan, plan
from reelscribe.media.progress import Progress
from reelscribe.media.runner import Completed, open_source, run
from reelscribe.media.storyboard import Tile, grid, tiles
from reelscribe.media.tools import FFmpegTools

APART = 0.5  # seconds that audio and video may end apart before it is told
MISSING = 0.02  # of the declared duration, that may be missing before it is told
DAMAGED = "The file is damaged; what could be read was kept."
DAMAGED_IN_PLACES = "The file is damaged in places: there the picture or the sound may falter."
DECODER_COMPLAINTS = re.compile(
    r"error while decoding|error at MB|damaged|submitting packet to decoder|corrupt|concealing|partial file",
    re.IGNORECASE,
)
PATIENCE = 120.0  # seconds without a new frame: forty frames of 8K on a slow core take half of it
PTS = re.compile(r"pts_time:(\S+)")


@dataclass(frozen=True, slots=True)
class Variant:
    """One finished rendition.

    Attributes:
        quality: `720p` or `1080p`.
        width: Pixels; None when it is audio alone.
        bitrate: Bits a second on average.
        size: Bytes.
        codecs: For HLS and MIME types, such as `avc1.640028,mp4a.40.2`.
        index: Its HLS segments; the peak rate is in there.
    """

    quality: str
    width: int | None
    height: int | None
    bitrate: int
    size: int
    codecs: str
    path: Path
    index: hls.SegmentIndex
    copied: bool


@dataclass(frozen=True, slots=True)
class TranscodeResult:
    """What was made; all paths are in the folder that was given, and complete.

    Attributes:
        duration: Seconds that the result plays.
        variants: Smallest first; never empty.
        sheets: The storyboard's pictures; `tiles` refer to them by position. Empty without video.
        audio: 16 kHz mono WAV of the track to transcribe; None when the source has no sound.
        warnings: What a person should know about the source, each a sentence.
    """

    duration: float
    variants: tuple[Variant, ...]
    poster: Path
    sheets: tuple[Path, ...]
    tiles: tuple[Tile, ...]
    audio: Path | None
    warnings: tuple[str, ...]


async def transcode(
    tools: FFmpegTools,
    source: Path,
    out: Path,
    info: MediaInfo,
    *,
    threads: int = 2,
    on_progress: Callable[[float], None] = lambda _: None,
) -> TranscodeResult:
    """Transcode `source`, as `probe` described it (`info`), into the existing folder `out`.

    Files appear under their names when all of them are complete; scratch files stay in a hidden folder in `out`, which
    is gone afterwards. Damaged sources, and copies that do not work out, get a second, lenient try. `threads` is for
    each decoder and encoder: 2 keep memory predictable. `on_progress` is called with percent, 0 to 100, never falling.

    Raises:
        DamagedMedia: nothing could be made of it.
        MediaTimeout, LimitExceeded: it took more than a source like this may.
        OutOfSpace, CannotWrite: the folder cannot take the results.
    """
    progress = Progress(info.duration, on_progress)
    planned = plan(info)
    try:
        with _scratch(out) as folder:
            result = await _attempt(tools, source, folder, _job(info, planned, threads), progress)
    except (DamagedMedia, MediaStalled) as trouble:
        job = _job(info, plan(info, allow_copy=False), threads, lenient=True)
        with _scratch(out) as folder:
            result = await _attempt(tools, source, folder, job, progress)
        if isinstance(trouble, DamagedMedia):
            result = dataclasses.replace(result, warnings=(DAMAGED, *result.warnings))
    on_progress(100.0)
    return result


@contextlib.contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A hidden folder in `out` to work in; on success its files are moved up, in any case it is removed."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".partial-", dir=out))
    except OSError as error:
        raise _cannot_write(error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cannot_write(error: OSError) -> MediaError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutOfSpace("The server's disk is full; the video can be processed again later.", detail=str(error))
    return CannotWrite("The server cannot write its results to their folder.", detail=str(error))


def _job(info: MediaInfo, planned: LadderPlan, threads: int, *, lenient: bool = False) -> encode.Job:
    layout = None
    if planned.renditions:
        largest = planned.renditions[-1]
        layout = grid(info.duration, largest.width, largest.height)
    return encode.Job(info, planned, layout, threads, lenient)


async def _attempt(
    tools: FFmpegTools, source: Path, folder: Path, job: encode.Job, progress: Progress
) -> TranscodeResult:
    with open_source(source) as descriptor:
        done = await run(
            [str(tools.ffmpeg), *encode.arguments(job, descriptor)],
            timeout=time_allowed(job.info),
            limits=limits_for(job.info, job.threads),
            source=descriptor,
            cwd=folder,
            on_line=progress.line,
            patience=PATIENCE,
        )
    _check(done, folder, job)
    (folder / encode.BLANK_SHEET).unlink(missing_ok=True)
    result = _publish(_collect(folder, job), folder)
    if DECODER_COMPLAINTS.search(done.stderr) and not job.lenient and not result.warnings:
        return dataclasses.replace(result, warnings=(DAMAGED_IN_PLACES,))
    return result


def _check(done: Completed, folder: Path, job: encode.Job) -> None:
    """The exit code lies in both directions, so look at what is there as well."""
    error = explain(done)
    if done.returncode != 0 or isinstance(error, OutOfSpace | CannotWrite):
        raise error
    if job.layout and not _tile_times(folder / TILE_TIMES):
        raise DamagedMedia("No picture in this video can be read.", detail=done.stderr)
    if not (folder / encode.POSTER).is_file():
        raise DamagedMedia("The sound in this file cannot be read.", detail=done.stderr)
    if (job.plan.copies_video or job.plan.copy_audio) and DECODER_COMPLAINTS.search(done.stderr):
        # What the decoder stumbles over would stop a browser too: encode it all.
        raise DamagedMedia("The video's data is damaged.", detail=done.stderr)


def _collect(folder: Path, job: encode.Job) -> TranscodeResult:
    names = [(r.quality, r.copy) for r in job.plan.renditions] or [(encode.AUDIO_ONLY, job.plan.copy_audio)]
    paths = [folder / f"{quality}.mp4" for quality, _ in names]
    indexes = [read_index(path) for path in paths]
    grouped = hls.group([index.fragments for index in indexes])
    variants = tuple(
        _variant(quality, path, index, hls.SegmentIndex(index.init_size, tuple(segments)), copied=copied)
        for (quality, copied), path, index, segments in zip(names, paths, indexes, grouped, strict=True)
    )
    duration = max(max(index.video_end or 0.0, index.audio_end or 0.0) for index in indexes)
    times = _tile_times(folder / TILE_TIMES)
    speech = folder / encode.SPEECH
    return TranscodeResult(
        duration=duration,
        variants=variants,
        poster=folder / encode.POSTER,
        sheets=tuple(sorted(folder.glob("storyboard-*.jpg"))),
        tiles=tiles(times, duration, job.layout) if job.layout and times else (),
        audio=speech if speech.is_file() else None,
        warnings=(*job.info.warnings, *_doubts(job.info.duration, duration, indexes[0])),
    )


def _variant(quality: str, path: Path, index: FileIndex, segments: hls.SegmentIndex, *, copied: bool) -> Variant:
    return Variant(
        quality=quality,
        width=index.width,
        height=index.height,
        bitrate=segments.average_bandwidth,
        size=path.stat().st_size,
        codecs=index.codecs,
        path=path,
        index=segments,
        copied=copied,
    )


def _tile_times(path: Path) -> list[float]:
    """Presentation times of the storyboard's pictures, as the filter wrote them."""
    if not path.is_file():
        return []
    return [max(0.0, float(found[1])) for found in PTS.finditer(path.read_text())]


def _doubts(declared: float, duration: float, index: FileIndex) -> Iterator[str]:
    """FFmpeg says 0 for truncated and corrupted files, so compare what came out with what was promised."""
    if declared - duration > max(1.0, MISSING * declared):
        yield f"The file is cut off or damaged: only {duration:.1f} of {declared:.1f} seconds could be read."
    if index.video_end is not None and index.audio_end is not None:
        apart = abs(index.video_end - index.audio_end)
        if apart > APART:
            yield f"Sound and picture end {apart:.1f} seconds apart."


def _publish(result: TranscodeResult, folder: Path) -> TranscodeResult:
    """Move everything from the scratch folder to its place, one rename each."""

    def moved(path: Path) -> Path:
        try:
            return path.rename(folder.parent / path.name)
        except OSError as error:
            raise _cannot_write(error) from error

    return dataclasses.replace(
        result,
        variants=tuple(dataclasses.replace(one, path=moved(one.path)) for one in result.variants),
        poster=moved(result.poster),
        sheets=tuple(moved(sheet) for sheet in result.sheets),
        audio=moved(result.audio) if result.audio else None,
    )
