"""Where a video's bytes lie in object storage.

    videos/<public id>/original/<upload>/...          what came in
    videos/<public id>/<stage>/<run>-<attempt>/...    what an attempt of a stage made, in a place of its own

A database row names the objects that count; whatever else an attempt left is pruned.
"""

from typing import Protocol


class Attempt(Protocol):
    """What tells one attempt from another."""

    @property
    def run(self) -> int:
        """Which trip through the pipeline."""
        ...

    @property
    def attempt(self) -> int:
        """Which claim of the job."""
        ...


def video_prefix(public_id: str) -> str:
    """Everything of one video."""
    return f"videos/{public_id}/"


def original_prefix(public_id: str) -> str:
    """What was uploaded."""
    return f"videos/{public_id}/original/"


def stage_prefix(public_id: str, stage: str) -> str:
    """Everything that any attempt of a stage made."""
    return f"videos/{public_id}/{stage}/"


def attempt_prefix(public_id: str, stage: str, attempt: Attempt) -> str:
    """What one attempt makes."""
    return f"{stage_prefix(public_id, stage)}{attempt.run}-{attempt.attempt}/"


def is_older(key: str, kept_prefix: str) -> bool:
    """True for an object of an attempt before the one whose prefix is kept, in the same stage."""
    folder, kept = kept_prefix.rstrip("/").rsplit("/", 1)
    if not key.startswith(folder + "/"):
        return False
    name = key[len(folder) + 1 :].split("/", 1)[0]
    return _order(name) < _order(kept)


def _order(name: str) -> tuple[int, int]:
    run, _, attempt = name.partition("-")
    return int(run), int(attempt)
