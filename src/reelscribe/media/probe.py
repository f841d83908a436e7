"""Look at an uploaded file, by its content and never by its name, and say what is in it or why it is refused."""

import dataclasses
import json
import os
from pathlib import Path

from reelscribe.media import keyframes, sniff
from reelscribe.media.allowed import (
    AUDIO_CODECS,
    MAX_ALLOCATION,
    MAX_PIXELS,
    MAX_STREAMS,
    VIDEO_CODECS,
    input_arguments,
)
from reelscribe.media.complaints import explain
from reelscribe.media.errors import DamagedMedia, LimitExceeded, MediaTooLarge, UnsupportedMedia
from reelscribe.media.info import AudioTrack, MediaInfo, VideoTrack
from reelscribe.media.ladder import may_be_copied
from reelscribe.media.runner import Limits, open_source, run
from reelscribe.media.streams import Json, audio_track, has_flag, mapping, number, objects, text, video_track
from reelscribe.media.tools import FFmpegTools

PROBE_TIMEOUT = 60.0
MAX_DURATION = 12 * 3600.0


async def probe(tools: FFmpegTools, path: Path, *, max_duration: float = MAX_DURATION) -> MediaInfo:
    """Describe the file at `path`, refusing what lasts longer than `max_duration` seconds.

    Raises:
        UnsupportedMedia: a picture, a text, a playlist, an unknown codec: not a video that we take.
        DamagedMedia: empty, or nothing in it can be read.
        MediaTooLarge: too long, or too many pixels.
        LimitExceeded: too many tracks, or reading it took too much.
    """
    with open_source(path) as source:
        if reason := sniff.refusal(os.pread(source, sniff.SNIFFED, 0)):
            raise UnsupportedMedia(reason)
        size = os.fstat(source).st_size
        found = await _ffprobe(tools, source)
    info = await _with_scan(tools, path, _read(found, size))
    if info.duration > max_duration:
        raise MediaTooLarge(
            f"This lasts {info.duration / 3600:.1f} hours; a video may last {max_duration / 3600:.1f} hours at most."
        )
    return info


async def _ffprobe(tools: FFmpegTools, source: int) -> Json:
    argv = [
        *(str(tools.ffprobe), "-v", "error", "-max_alloc", str(MAX_ALLOCATION)),
        *("-show_streams", "-show_format", "-of", "json"),
        *input_arguments(source),
    ]
    done = await run(argv, timeout=PROBE_TIMEOUT, limits=Limits(cpu_seconds=int(PROBE_TIMEOUT)), source=source)
    found = mapping(json.loads(done.stdout or b"{}")) if done.returncode == 0 else {}
    # The exit code is 0 for files without streams, and for those with more than allowed.
    if "max_streams" in done.stderr or len(objects(found.get("streams"))) > MAX_STREAMS:
        raise LimitExceeded(f"The file has more than {MAX_STREAMS} tracks.", detail=done.stderr)
    if not objects(found.get("streams")):
        raise explain(done)
    return found


def _read(found: Json, size: int) -> MediaInfo:
    streams = objects(found.get("streams"))
    container = mapping(found.get("format"))
    moving = [s for s in streams if text(s, "codec_type") == "video" and not has_flag(s, "attached_pic", "still_image")]
    covers = [s for s in streams if has_flag(s, "attached_pic")]
    audio = tuple(audio_track(s) for s in streams if text(s, "codec_type") == "audio")
    video = _main_video([video_track(s) for s in moving])
    heard = tuple(track for track in audio if track.codec in AUDIO_CODECS and track.channels and track.sample_rate)
    if video is None and not heard:
        raise _nothing_playable(audio)
    if video is not None and _is_single_picture(moving, video, heard):
        raise UnsupportedMedia("This is a single picture, not a video.")
    return MediaInfo(
        container=text(container, "format_name"),
        duration=number(container.get("duration")) or max((t.duration for t in (video, *heard) if t), default=0.0),
        size=size,
        video=video,
        audio=heard,
        cover=int(number(covers[0].get("index"))) if covers else None,
        warnings=() if len(heard) == len(audio) else ("An audio track in an unknown format was left out.",),
    )


def _main_video(tracks: list[VideoTrack]) -> VideoTrack | None:
    """The largest track: files with previews or several angles put those beside it."""
    video = max(tracks, key=lambda track: track.width * track.height, default=None)
    if video is None:
        return None
    if video.codec not in VIDEO_CODECS:
        raise UnsupportedMedia(f"The video format {video.codec or 'in this file'} is not supported.")
    if video.width * video.height > MAX_PIXELS:
        raise MediaTooLarge(f"{video.width} x {video.height} pixels are more than the {MAX_PIXELS} that are allowed.")
    if not video.width or not video.height:
        raise DamagedMedia("The video track's description is damaged.")
    return video


def _nothing_playable(audio: tuple[AudioTrack, ...]) -> UnsupportedMedia:
    if audio:
        return UnsupportedMedia(f"The audio format {audio[0].codec or 'in this file'} is not supported.")
    return UnsupportedMedia("The file has neither a video nor an audio track.")


def _is_single_picture(moving: list[Json], video: VideoTrack, heard: tuple[AudioTrack, ...]) -> bool:
    """A GIF of one frame is a picture; an MP4 of one frame is somebody's (very short) video."""
    return not heard and video.codec in ("gif", "png") and all(number(s.get("nb_frames")) == 1 for s in moving)


async def _with_scan(tools: FFmpegTools, path: Path, info: MediaInfo) -> MediaInfo:
    """Scan the packets where it matters: to copy, or because the file does not say how long it is."""
    if info.duration and not may_be_copied(info):
        return info
    video, speech = info.video, info.speech
    found = await keyframes.scan(tools, path, video.index if video else None, speech.index if speech else None)
    if not info.duration and not found.end():
        raise DamagedMedia("The file holds no video or audio data.")
    return dataclasses.replace(
        info,
        keyframes=found.video.result() if video else None,
        audio_gap=found.audio.gap if speech else None,
        duration=info.duration or found.end(),
    )
