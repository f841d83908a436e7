"""What MediaCMS and PeerTube run for the same job, as argv lists: 720p, 1080p, storyboard, and the WAV for speech.

Both run one process a rendition. Rates and options follow their sources (MediaCMS files/helpers.py, PeerTube
packages/ffmpeg); the WAV, which neither makes, is added to each so that the jobs are equal.
"""

from collections.abc import Sequence
from pathlib import Path

RUNGS = (720, 1080)
MEDIACMS_RATES = {720: 2_500_000, 1080: 4_500_000}
PEERTUBE_BITS_A_PIXEL = {720: 0.11, 1080: 0.10}


def speech(ffmpeg: str, source: Path, out: Path) -> list[str]:
    """A pass over the file for the 16 kHz WAV."""
    return [ffmpeg, "-v", "error", "-y", "-i", str(source), "-vn", "-ac", "1", "-ar", "16000", str(out / "audio.wav")]


def mediacms(ffmpeg: str, source: Path, out: Path, fps: float) -> Sequence[list[str]]:
    """Preset medium, crf 23, keyframes each 4 s; sprites from a full decode at one frame a 10 s."""
    del fps
    encodes = []
    for side in RUNGS:
        rate = MEDIACMS_RATES[side]
        video = ["-c:v", "libx264", "-preset", "medium", "-crf", "23", "-profile:v", "main", "-level", "4.2"]
        rates = ["-maxrate", str(rate * 3 // 2), "-bufsize", str(rate * 3 // 2)]
        keys = ["-force_key_frames", "expr:gte(t,n_forced*4)"]
        scale = ["-vf", f"scale=-2:{side}:flags=lanczos,format=yuv420p"]
        audio = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"]
        target = str(out / f"{side}p.mp4")
        encodes.append([ffmpeg, "-v", "error", "-y", "-i", str(source), *scale, *video, *rates, *keys, *audio, target])
    sprites = ["-vf", "fps=1/10,scale=160:90", "-q:v", "5", str(out / "sprite-%03d.jpg")]
    return [*encodes, [ffmpeg, "-v", "error", "-y", "-i", str(source), *sprites], speech(ffmpeg, source, out)]


def peertube(ffmpeg: str, source: Path, out: Path, fps: float) -> Sequence[list[str]]:
    """Preset veryfast with 16 B-frames and a GOP of two seconds; a storyboard from a full decode at one a second."""
    encodes = []
    for side in RUNGS:
        target_rate = int(side * side * 16 / 9 * fps * PEERTUBE_BITS_A_PIXEL[side])
        video = [
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-maxrate",
            str(target_rate),
            "-bufsize",
            str(target_rate * 2),
        ]
        frames = ["-b_strategy", "1", "-bf", "16", "-r", f"{fps:g}", "-g", str(round(2 * fps)), "-pix_fmt", "yuv420p"]
        audio = ["-c:a", "aac", "-b:a", "128k", "-movflags", "faststart", "-max_muxing_queue_size", "1024"]
        target = str(out / f"{side}p.mp4")
        scale = ["-vf", f"scale=w=-2:h={side}"]
        encodes.append([ffmpeg, "-v", "error", "-y", "-i", str(source), *scale, *video, *frames, *audio, target])
    sprites = ["-vf", "fps=1,scale=160:90,tile=10x10", "-frames:v", "1", str(out / "storyboard.jpg")]
    return [*encodes, [ffmpeg, "-v", "error", "-y", "-i", str(source), *sprites], speech(ffmpeg, source, out)]
