"""What a video's way through the platform costs beside the two programs that do its work.

    python -m bench.pipeline [--seconds 60] [--rounds 3]

The same clip (1080p, with speech) goes through FFmpeg, by the very arguments of our transcode stage, and through
faster-whisper, loaded and with our settings, both bare; and through `serve`, from `uploaded` to `ready`. Rounds take
turns, since the machine is shared, and the medians count. Limit: 1.05 of the bare time. The rest is told by stages.
"""

import argparse
import asyncio
import statistics
import subprocess
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench.served import Served, make_clip

from reelscribe.engines.speech.listen import BEAM, DETECTION_WINDOWS, TEMPERATURES
from reelscribe.media import encode
from reelscribe.media.ladder import plan
from reelscribe.media.probe import probe
from reelscribe.media.runner import open_source
from reelscribe.media.storyboard import grid
from reelscribe.media.tools import find_tools
from reelscribe.models import find_whisper
from reelscribe.settings import Settings

LIMIT = 1.05
STAGES = ("transcode", "transcribe", "summarize", "index")
HISTORY = """
    SELECT event.kind, coalesce(event.stage, ''), event.at FROM video_events AS event
    JOIN videos ON videos.id = event.video_id WHERE videos.public_id = ? ORDER BY event.id
"""


class Bare:
    """FFmpeg and faster-whisper without a platform around them; the model is loaded before the clock starts."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        import faster_whisper

        self._settings = settings
        self._folder = folder
        speech = settings.speech
        found = find_whisper(speech.model, speech.model_folder, folder / "models")
        self._model = faster_whisper.WhisperModel(str(found), cpu_threads=speech.threads, compute_type="int8")

    async def run(self, clip: Path) -> tuple[float, float]:
        """Seconds of FFmpeg and of faster-whisper."""
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            out = Path(name)
            encoded = await self._encode(clip, out)
            return encoded, await asyncio.to_thread(self._listen, out / encode.SPEECH)

    async def _encode(self, clip: Path, out: Path) -> float:
        tools, threads = find_tools(), self._settings.media.threads
        info = await probe(tools, clip)
        planned = plan(info)
        layout = grid(info.duration, planned.renditions[-1].width, planned.renditions[-1].height)
        job = encode.Job(info, planned, layout, threads, lenient=False)
        began = time.perf_counter()
        with open_source(clip) as source:
            command = [str(tools.ffmpeg), *encode.arguments(job, source)]
            running = await asyncio.create_subprocess_exec(
                *command, pass_fds=(source,), cwd=out, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            assert await running.wait() == 0
        return time.perf_counter() - began

    def _listen(self, audio: Path) -> float:
        began = time.perf_counter()
        segments, _ = self._model.transcribe(
            str(audio),
            beam_size=BEAM,
            temperature=TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
            vad_filter=True,
            language_detection_segments=DETECTION_WINDOWS,
        )
        assert sum(1 for _ in segments) > 0
        return time.perf_counter() - began


def way(served: Served, public_id: str) -> dict[str, float]:
    """Seconds of a video's way: in each stage, between the stages, and from `uploaded` to `ready`."""
    at = {
        (kind, stage): datetime.fromisoformat(when).timestamp() for kind, stage, when in served.rows(HISTORY, public_id)
    }
    spent = {stage: at["completed", stage] - at["started", stage] for stage in STAGES}
    whole = at["ready", ""] - at["uploaded", ""]
    return {**spent, "between stages": whole - sum(spent.values()), "whole": whole}


async def measure(seconds: float, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = make_clip(folder / "clip.mp4", seconds=seconds, size="1920x1080", rate=25)
        bare = Bare(Settings(), folder)
        async with Served.opened() as served:
            bares: list[tuple[float, float]] = []
            ways: list[dict[str, float]] = []
            for number in range(rounds):
                bares.append(await bare.run(clip))
                ways.append(way(served, await served.process(clip, f"clip {number}")))
                print(
                    f"round {number + 1}: bare {sum(bares[-1]):.2f} s, platform {ways[-1]['whole']:.2f} s", flush=True
                )
    tell(seconds, bares, ways)


def tell(seconds: float, bares: list[tuple[float, float]], ways: list[dict[str, float]]) -> None:
    """Print the medians."""
    encoded, heard = (statistics.median(column) for column in zip(*bares, strict=True))
    spent = {name: statistics.median(one[name] for one in ways) for name in ways[0]}
    print(f"a clip of {seconds:.0f} s, medians of {len(ways)} rounds")
    print(f"  bare FFmpeg          {encoded:7.2f} s      transcode stage   {spent['transcode']:7.2f} s")
    print(f"  bare faster-whisper  {heard:7.2f} s      transcribe stage  {spent['transcribe']:7.2f} s")
    for name in ("summarize", "index", "between stages"):
        print(f"  {name:41} {'':6}{spent[name]:7.2f} s")
    ratio = statistics.median(one["whole"] / sum(both) for one, both in zip(ways, bares, strict=True))
    print(f"  bare {encoded + heard:.2f} s, platform {spent['whole']:.2f} s: ratio {ratio:.3f} (limit {LIMIT})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.seconds, arguments.rounds))


if __name__ == "__main__":
    main()
