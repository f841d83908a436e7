"""Run a command of `reelscribe` that kills itself with SIGKILL at a named point.

    python -m tests.support.crash_points POINT COMMAND ...

The command is the real one. One function of it is wrapped, so that death comes at just that place: between two commits,
or between an object and its row, which a signal from outside would meet once in a thousand tries. At `STAGE:frozen` it
stops instead, with its results stored and not recorded, until somebody wakes it (SIGCONT).
"""

import asyncio
import os
import signal
import sys
from functools import wraps

STAGES = ("transcode", "transcribe", "summarize", "index")
STAGE_POINTS = ("load", "work", "stored", "uncommitted", "committed")
OTHER_POINTS = {
    "api": ("api:body", "api:stored", "api:uncommitted"),
    "relay": ("relay:unwoken", "relay:published", "relay:marked"),
    "scheduler": ("scheduler:reaping", "scheduler:chore-done"),
}


def points_of(process):
    """The points at which a process can be told to die."""
    return OTHER_POINTS.get(process) or tuple(f"{process}:{point}" for point in STAGE_POINTS)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(owner, name, *, before=False):
    """Die as `owner.name` is called, or when it has returned."""
    original = getattr(owner, name)

    @wraps(original)
    async def dying(*args, **options):
        if before:
            die()
        await original(*args, **options)
        die()

    # A row of the stage table is frozen, which holds for the product, not for those who saw at it.
    object.__setattr__(owner, name, dying) if not isinstance(owner, type) else setattr(owner, name, dying)


def arm_stage(name, point):
    from reelscribe.pipeline.run import Runner
    from reelscribe.pipeline.stages import stage_named

    stage = stage_named(name)
    if point == "committed":
        wrap(Runner, "_work_and_record")
    elif point == "work":
        arm_work(stage)
    elif point == "frozen":
        arm_frost(stage)
    else:
        wrap(stage, {"load": "load", "stored": "work", "uncommitted": "record"}[point])


def arm_work(stage):
    """Die in the middle of the work: after as many turns of the event loop as the process id says, or at its end."""
    original = stage.work

    async def dying(loaded, context):
        work = asyncio.ensure_future(original(loaded, context))
        await asyncio.wait({work}, timeout=(os.getpid() % 40) / 100)
        die()

    object.__setattr__(stage, "work", dying)


def arm_frost(stage):
    original = stage.work

    async def freezing(loaded, context):
        result = await original(loaded, context)
        os.kill(os.getpid(), signal.SIGSTOP)
        return result

    object.__setattr__(stage, "work", freezing)


def arm_api(point):
    from reelscribe.videos.uploads import ledger, multipart

    if point == "body":
        original = multipart.of_media

        async def first_chunk_only(chunks):
            async for chunk in original(chunks):
                yield chunk
                die()

        multipart.of_media = first_chunk_only
    else:
        wrap(ledger, "finish", before=point == "stored")


def arm_relay(point):
    from reelscribe.engines.queue.local import LocalJobQueue
    from reelscribe.pipeline import relay

    if point == "unwoken":
        wrap(LocalJobQueue, "wake", before=True)
    else:
        wrap(relay, "_mark", before=point == "published")


def arm_scheduler(point):
    from reelscribe.pipeline import reap
    from reelscribe.pipeline.upkeep import Upkeep

    if point == "chore-done":
        wrap(Upkeep, "_do")
    else:
        wrap(reap, "_release", before=True)


def main():
    where, _, point = sys.argv[1].partition(":")
    if where in STAGES:
        arm_stage(where, point)
    else:
        {"api": arm_api, "relay": arm_relay, "scheduler": arm_scheduler}[where](point)
    sys.argv[1:] = sys.argv[2:]
    from reelscribe.cli import main as run

    run()


if __name__ == "__main__":
    main()
