"""Build the one FFmpeg command that makes everything of a source."""

from dataclasses import dataclass

from reelscribe.media.allowed import MAX_ALLOCATION, input_arguments
from reelscribe.media.filters import audio_graph, cover_graph, video_graph, waveform
from reelscribe.media.info import MediaInfo
from reelscribe.media.ladder import SEGMENT_SECONDS, LadderPlan, Rendition
from reelscribe.media.storyboard import Grid

AUDIO_ONLY = "720p"  # the contract's lowest quality: it names the variant, though there is no picture in it
POSTER = "poster.jpg"
SHEETS = "storyboard-%03d.jpg"
BLANK_SHEET = SHEETS % 0
SPEECH = "audio.wav"
SPEECH_RATE = 16_000
# Fragmented: one object is both the download and, by byte ranges, the HLS segments. Not `negative_cts_offsets`, with
# which the video starts 80 ms after the audio.
MP4 = "f=mp4:movflags=+frag_keyframe+delay_moov+default_base_moof+global_sidx"
MP4_AUDIO = f"f=mp4:frag_duration={int(SEGMENT_SECONDS * 1e6)}:movflags=+delay_moov+default_base_moof+global_sidx"
# superfast is poor because it turns off macroblock trees and lookahead; with them it nearly reaches veryfast's quality
# at two thirds of its cost.
X264 = "mbtree=1:rc-lookahead=10:open-gop=0:scenecut=0:keyint=infinite"


@dataclass(frozen=True, slots=True)
class Job:
    """One transcode: the source, the plan for it, and how hard to try."""

    info: MediaInfo
    plan: LadderPlan
    layout: Grid | None  # None without video
    threads: int
    lenient: bool = False


def arguments(job: Job, descriptor: int) -> list[str]:
    """Arguments after the program's name; outputs are relative to the working folder."""
    return [
        *("-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-max_alloc", str(MAX_ALLOCATION)),
        *("-filter_threads", "1", "-filter_complex_threads", str(job.threads)),
        *_decoding(job),
        *input_arguments(descriptor),
        *("-sn", "-dn"),
        *_sound(job),
        *(_with_video(job) if job.plan.renditions else _audio_only(job)),
        *(_speech() if job.info.speech else []),
    ]


def _decoding(job: Job) -> list[str]:
    arguments = ["-threads", str(job.threads)]
    if job.plan.renditions and not job.plan.encoded:
        arguments += ["-skip_frame", "nokey"]  # copied: only pictures are wanted, and keyframes are enough for them
    if job.lenient:
        arguments += ["-err_detect", "ignore_err", "-fflags", "+genpts+discardcorrupt", "-max_error_rate", "1"]
    return arguments


def _sound(job: Job) -> list[str]:
    """The one graph that everything heard comes from; see `audio_graph` why there is but one."""
    track = job.info.speech
    if track is None:
        return []
    outputs = ["[speech]"] if job.plan.copy_audio else ["[speech]", "[sound]"]
    drawn = not job.plan.renditions and job.info.cover is None
    return ["-filter_complex", audio_graph(track.index, outputs, waveform() if drawn else None)]


def _with_video(job: Job) -> list[str]:
    video, layout = job.info.video, job.layout
    if video is None or layout is None:
        raise ValueError("a plan with renditions needs a video track")
    return [
        *("-filter_complex", video_graph(video, job.plan, layout)),
        *_video_streams(job, video.index),
        *_audio(job),
        *_clean(),
        *("-f", "tee", _tee(job.plan.renditions)),
        *("-map", "[tiles]", "-fps_mode", "passthrough", "-q:v", "5", "-f", "image2", "-start_number", "0", SHEETS),
        *_poster(),
    ]


def _clean() -> list[str]:
    """No metadata: phones write where a video was taken."""
    return ["-map_metadata", "-1", "-map_chapters", "-1"]


def _poster() -> list[str]:
    """Two frames, of which the second overwrites the blank first."""
    options = ["-fps_mode", "passthrough", "-frames:v", "2", "-update", "1", "-q:v", "3", "-f", "image2"]
    return ["-map", "[poster]", *options, POSTER]


def _video_streams(job: Job, index: int) -> list[str]:
    arguments, label = [], 0
    for i, rendition in enumerate(job.plan.renditions):
        if rendition.copy:
            arguments += ["-map", f"0:{index}", f"-c:v:{i}", "copy"]
        else:
            arguments += ["-map", f"[v{label}]", *_h264(i, rendition, job)]
            label += 1
    return [*arguments, "-fps_mode:v", "vfr", "-flags", "+global_header"]


def _h264(stream: int, rendition: Rendition, job: Job) -> list[str]:
    """Keyframes (where players switch) fall on the copied rendition's, or else every four seconds."""
    # Not `n_forced*4`, which after a gap of a minute makes keyframes of the next fifteen frames.
    timed = f"expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+{SEGMENT_SECONDS - 0.001:g}))"
    options = {
        "c": "libx264",
        "preset": "superfast",
        "crf": f"{rendition.crf:g}",
        "maxrate": str(rendition.max_rate),
        "bufsize": str(rendition.max_rate * 2),
        "x264-params": X264,
        "threads": str(job.threads),
        "force_key_frames": "source" if job.plan.copies_video else timed,
    }
    return [part for name, value in options.items() for part in (f"-{name}:v:{stream}", value)]


def _audio(job: Job) -> list[str]:
    track = job.info.speech
    if track is None:
        return []
    if job.plan.copy_audio:
        return ["-map", f"0:{track.index}", "-c:a", "copy"]
    channels = min(track.channels, 2)
    rate = track.sample_rate if track.sample_rate in (44_100, 48_000) else 48_000
    return [
        *("-map", "[sound]", "-c:a", "aac"),
        *("-b:a", "128k" if channels > 1 else "80k", "-ac", str(channels), "-ar", str(rate)),
    ]


def _tee(renditions: tuple[Rendition, ...]) -> str:
    """The tee muxer's outputs: each rendition's video with the one audio track, encoded once for all of them."""
    return "|".join(
        f"[select=\\'v:{i},a\\':onfail=abort:{MP4}]{rendition.quality}.mp4" for i, rendition in enumerate(renditions)
    )


def _audio_only(job: Job) -> list[str]:
    """An MP4 without pictures, which a video element plays under its poster."""
    cover = [] if job.info.cover is None else ["-filter_complex", cover_graph(job.info.cover)]
    return [
        *cover,
        *_audio(job),
        *("-flags", "+global_header", *_clean(), "-f", "tee", f"[onfail=abort:{MP4_AUDIO}]{AUDIO_ONLY}.mp4"),
        *_poster(),
    ]


def _speech() -> list[str]:
    return [
        *("-map", "[speech]", "-ac", "1", "-ar", str(SPEECH_RATE)),
        *("-c:a", "pcm_s16le", *_clean(), "-f", "wav", SPEECH),
    ]
