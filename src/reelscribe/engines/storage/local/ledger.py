"""The folder of one upload in parts: what it shall become, the bytes, and which parts are finished.

    plan.json           key, size and part size
    data                the object's bytes, each part at its own offset: completing copies nothing
    00001.writer        who may write part 1: the newest writer's token, or CLOSED. Locked (flock) for each batch
    00001.<etag>.part   part 1 is finished and durable; its whole truth is in its name

A writer that lost its right (the client began the part anew, or completed the upload) notices under the lock before its
next batch, so late bytes never reach a finished part or a published object, whatever process they are in.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from reelscribe.engines.storage import MAX_PARTS, Part, PartRefused, UploadNotFound
from reelscribe.engines.storage.local.folders import PARTS, names_in, opened

PLAN = "plan.json"
DATA = "data"
CLOSED = b"closed"
UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
FINISHED = re.compile(r"(\d{5})\.([0-9a-f]{32})\.part")
GONE = "there is no such upload: it was completed or given up, or it ran out"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload shall become. Sizes in bytes."""

    key: str
    size: int
    part_size: int

    def __post_init__(self) -> None:
        if self.size < 1 or self.part_size < 1 or self.count > MAX_PARTS:
            raise PartRefused(
                f"an upload has at least 1 byte and at most {MAX_PARTS:,} parts; {self.size:,} bytes in parts of"
                f" {self.part_size:,} are not such"
            )

    @property
    def count(self) -> int:
        return -(-self.size // self.part_size)

    def offset(self, number: int) -> int:
        """Where part `number` begins. Raises `PartRefused` when there is none of that number."""
        if not 1 <= number <= self.count:
            raise PartRefused(f"there is no part {number}: this upload has parts 1 to {self.count}")
        return (number - 1) * self.part_size

    def length(self, number: int) -> int:
        return min(self.part_size, self.size - self.offset(number))


@contextmanager
def upload_folder(root: Path, upload_id: str) -> Iterator[int]:
    """A descriptor of the upload's folder. Raises `UploadNotFound`, also when it goes away while it is used."""
    if not UPLOAD_ID.fullmatch(upload_id):
        raise UploadNotFound(GONE)
    try:
        with opened(root, (PARTS, upload_id)) as folder:
            yield folder
    except FileNotFoundError as error:
        raise UploadNotFound(GONE) from error


def write_plan(folder: int, plan: Plan) -> None:
    file = os.open(PLAN, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=folder)
    with os.fdopen(file, "wb") as stream:
        stream.write(json.dumps(asdict(plan)).encode())
        stream.flush()
        os.fsync(file)


def read_plan(folder: int) -> Plan:
    with os.fdopen(os.open(PLAN, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder), "rb") as stream:
        return Plan(**json.load(stream))


@contextmanager
def locked(folder: int, name: str) -> Iterator[int]:
    """A file of the folder, made if missing, that no other thread or process holds meanwhile."""
    file = open_lock(folder, name)
    try:
        with held(file):
            yield file
    finally:
        os.close(file)


def open_lock(folder: int, name: str) -> int:
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640, dir_fd=folder)


@contextmanager
def held(file: int) -> Iterator[None]:
    """No other descriptor of this file is held meanwhile, in any process (flock)."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def writer_name(number: int) -> str:
    return f"{number:05}.writer"


def set_writer(file: int, token: bytes) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, token, 0)


def finished_parts(folder: int, plan: Plan) -> list[Part]:
    """The finished parts, by number."""
    found = (FINISHED.fullmatch(name) for name in names_in(folder))
    return [Part(int(m[1]), plan.length(int(m[1])), m[2]) for m in found if m]


def mark_finished(folder: int, number: int, etag: str) -> None:
    os.close(os.open(f"{number:05}.{etag}.part", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640, dir_fd=folder))
    os.fsync(folder)


def mark_unfinished(folder: int, number: int) -> None:
    """Forget that a part was finished, durably, before its first byte is written over."""
    marks = [name for name in names_in(folder) if name.startswith(f"{number:05}.") and name.endswith(".part")]
    for name in marks:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
    if marks:
        os.fsync(folder)
