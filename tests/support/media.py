"""Clips for the media tests, made by FFmpeg itself from synthetic sources, once a session."""

import asyncio
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reelscribe.media.info import MediaInfo
from reelscribe.media.probe import probe
from reelscribe.media.tools import FFmpegTools, find_tools
from reelscribe.media.transcode import TranscodeResult, transcode

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
X265_PQ = (
    *("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none"),
    *("-vf", "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"),
)


def picture(size: str, seconds: float, rate: float = 25, source: str = "testsrc2") -> tuple[str, ...]:
    """FFmpeg arguments for a synthetic moving picture."""
    return ("-f", "lavfi", "-i", f"{source}=s={size}:r={rate}:d={seconds}")


def tone(seconds: float, hertz: int = 440) -> tuple[str, ...]:
    """FFmpeg arguments for a sine tone."""
    return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={seconds}:sample_rate=48000")


@dataclass(frozen=True)
class Clips:
    """Makes clips in a folder; each is made when it is first asked for and kept for the session."""

    tools: FFmpegTools
    folder: Path

    def make(self, name: str, *arguments: str) -> Path:
        """The clip `name`, made by ffmpeg with these arguments."""
        path = self.folder / name
        if not path.exists():
            scratch = path.with_name("scratch-" + name)
            self.ffmpeg(*arguments, str(scratch))
            scratch.rename(path)
        return path

    def ffmpeg(self, *arguments: str) -> None:
        """Run ffmpeg plainly: these inputs are our own."""
        command = [str(self.tools.ffmpeg), "-nostdin", "-v", "error", "-y", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def talk(self) -> Path:
        """1080p with sound, 3 s, one keyframe only at the start and far above any rate that could be copied."""
        return self.make(
            "talk.mp4", *picture("1920x1080", 3), *tone(3), *X264, "-qp", "8", "-c:a", "libmp3lame", "-shortest"
        )

    def small(self, seconds: float = 2) -> Path:
        """A small clip with sound that must be encoded anew (MPEG-4 part 2)."""
        return self.make(
            f"small-{seconds}.mp4", *picture("320x180", seconds), *tone(seconds), "-c:v", "mpeg4", "-shortest"
        )

    def compliant(self) -> Path:
        """1080p H.264 with AAC and irregular keyframes, 9 s, that is copied."""
        keyframes = ("-force_key_frames", "0,1.48,4.2,5.6", "-sc_threshold", "0", "-g", "250", "-bf", "2")
        return self.make(
            "compliant.mp4", *picture("1920x1080", 9, source="testsrc"), *tone(9), *X264, *keyframes, "-c:a", "aac"
        )


@dataclass(frozen=True)
class Shot:
    """What ffprobe and ffmpeg say about a finished file."""

    tools: FFmpegTools
    path: Path

    def entries(self, what: str, stream: str = "v:0") -> list[str]:
        """Lines of ffprobe's compact output."""
        command = [str(self.tools.ffprobe), "-v", "error", "-select_streams", stream, "-show_entries", what]
        done = subprocess.run([*command, "-of", "csv=p=0", str(self.path)], check=True, capture_output=True, timeout=60)
        return [line for line in done.stdout.decode().splitlines() if line]

    def keyframes(self) -> list[float]:
        """Presentation times of the keyframes, in seconds."""
        rows = [line.split(",") for line in self.entries("packet=pts_time,flags")]
        return sorted(float(row[0]) for row in rows if row[1].startswith("K"))

    def frames(self) -> int:
        """How many frames can be decoded."""
        return len(self.entries("frame=pts"))

    def pixel(self, at: float, x: float, y: float) -> tuple[int, int, int]:
        """The colour of the frame at a time (seconds), at a place given as a share of width and height; RGB."""
        crop = f"crop=8:8:iw*{x}-4:ih*{y}-4,scale=1:1:flags=area,format=rgb24"
        command = [str(self.tools.ffmpeg), "-v", "error", "-ss", str(at), "-i", str(self.path)]
        done = subprocess.run(
            [*command, "-frames:v", "1", "-vf", crop, "-f", "rawvideo", "-"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        red, green, blue = done.stdout[:3]
        return red, green, blue

    def decodes(self) -> bool:
        """Whether a strict decoder reads all of it without one complaint."""
        command = [str(self.tools.ffmpeg), "-v", "error", "-xerror", "-i", str(self.path), "-f", "null", "-"]
        done = subprocess.run(command, check=False, capture_output=True, timeout=60)
        return done.returncode == 0 and not done.stderr


def look(clips: Clips, source: Path) -> MediaInfo:
    """Probe a file."""
    return asyncio.run(probe(clips.tools, source))


def process(clips: Clips, source: Path, out: Path, progress: list[float] | None = None) -> TranscodeResult:
    """Probe and transcode into `out`, which is made; percentages are added to `progress`."""
    out.mkdir(parents=True, exist_ok=True)
    info = look(clips, source)
    note = (lambda _: None) if progress is None else progress.append
    return asyncio.run(transcode(clips.tools, source, out, info, on_progress=note))


def session_clips(base: Path) -> Clips:
    """The clips of a test session whose base folder this is."""
    folder = base / "clips"
    folder.mkdir(exist_ok=True)
    return Clips(find_tools(), folder)


def names(folder: Path) -> list[str]:
    """All that is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def cut(source: Path, target: Path, size: int) -> Path:
    """The first `size` bytes of a file."""
    target.write_bytes(source.read_bytes()[:size])
    return target


def corrupt(source: Path, target: Path, places: Sequence[float], length: int = 400) -> Path:
    """A copy with junk at places given as shares of the file's size."""
    data = bytearray(source.read_bytes())
    for place in places:
        at = int(len(data) * place)
        data[at : at + length] = bytes((i * 73 + 11) % 256 for i in range(length))
    target.write_bytes(data)
    return target
