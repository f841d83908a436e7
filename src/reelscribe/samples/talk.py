"""Slides and voice made one MP4 (H.264, AAC) by FFmpeg."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reelscribe.samples import script
from reelscribe.samples.recording import SECONDS, recording
from reelscribe.samples.slides import draw_slides

FRAMES_PER_SECOND = 25
TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Talk:
    """A short real talk. `reference_text` is what the reader says, `speech_start` when (seconds)."""

    path: Path
    title: str
    description: str
    language: str
    duration: float
    speech_start: float
    reference_text: str


def build_talk(ffmpeg: Path, out: Path) -> Talk:
    """Make the talk at `out` (replaced whole), 1920x1080, 47 s, always the same bytes from the same FFmpeg.

    Raises:
        SampleMissing: the packages with the recording or with Pillow are not installed.
        RuntimeError: FFmpeg failed; the message ends with what it said.
    """
    voice = recording()
    with TemporaryDirectory(dir=out.parent, prefix=".talk-") as name:
        folder = Path(name)
        slides, made = folder / "slides.ffconcat", folder / "talk.mp4"
        slides.write_text(_playlist(draw_slides(folder)))
        _run(ffmpeg, _arguments(slides, voice, made))
        made.replace(out)
    return Talk(
        path=out,
        title=f"{script.TITLE}: the opening",
        description=script.DESCRIPTION,
        language=script.LANGUAGE,
        duration=script.LEAD_IN + SECONDS,
        speech_start=script.LEAD_IN,
        reference_text=script.REFERENCE_TEXT,
    )


def _playlist(slides: list[tuple[Path, float]]) -> str:
    """FFmpeg's concat format. The last slide is named twice: otherwise its duration does not count."""
    lines = [line for path, seconds in slides for line in (f"file {path.name}", f"duration {seconds:.3f}")]
    return "\n".join(["ffconcat version 1.0", *lines, f"file {slides[-1][0].name}"])


def _arguments(slides: Path, voice: Path, out: Path) -> list[str]:
    inputs = ["-f", "concat", "-i", str(slides), "-i", str(voice)]
    picture = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setsar=1,fps={FRAMES_PER_SECOND}"
    picture += ",setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    sound = f"adelay={round(script.LEAD_IN * 1000)}:all=1"
    video = "-c:v libx264 -preset veryfast -tune stillimage -crf 20 -g 100 -threads:v 2"
    audio = "-c:a aac -b:a 128k -ac 2 -ar 48000"
    plain = "-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart"
    length = f"-t {script.LEAD_IN + SECONDS}"
    options = f"{video} {audio} {plain} {length}".split()
    return [*inputs, "-vf", picture, "-af", sound, *options, str(out)]


def _run(ffmpeg: Path, arguments: list[str]) -> None:
    command = [str(ffmpeg), "-nostdin", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"FFmpeg could not make the sample talk: {done.stderr.strip()[-500:]}")
