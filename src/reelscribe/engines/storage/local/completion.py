"""Make the object of its parts."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from reelscribe.engines.storage import Part, PartRefused, StoredObject, UploadNotFound
from reelscribe.engines.storage.keys import validate_key
from reelscribe.engines.storage.local import ledger
from reelscribe.engines.storage.local.debris import discard_folder
from reelscribe.engines.storage.local.folders import PARTS, names_in, opened
from reelscribe.engines.storage.local.place import FILE_MODE, describe, find, place


def complete(root: Path, upload_id: str, etags: Mapping[int, str]) -> StoredObject:
    """Check the parts, publish their bytes under the key, forget the upload. A crash may come after any step."""
    with ledger.upload_folder(root, upload_id) as folder, ledger.locked(folder, ledger.PLAN):
        plan = ledger.read_plan(folder)
        names = validate_key(plan.key)
        if not _has_data(folder):  # a crash, or another call, came between publishing and forgetting
            stored = _published(root, names)
        else:
            with _closed(folder, plan, etags):
                stored = _publish(root, folder, names)
    forget(root, upload_id)
    return stored


def forget(root: Path, upload_id: str) -> None:
    """Remove the upload's folder, if it is there."""
    try:
        with opened(root, (PARTS,)) as uploads:
            discard_folder(root, uploads, upload_id)
    except FileNotFoundError:
        return


def check(plan: ledger.Plan, parts: list[Part], etags: Mapping[int, str]) -> None:
    """Raise `PartRefused` unless exactly the parts named by `etags` are finished and they are all there are."""
    written = {part.number: part.etag for part in parts}
    for number in range(1, plan.count + 1):
        if number not in written:
            raise PartRefused(
                f"part {number} of {plan.count} was not uploaded: PUT it to its address, then complete again"
            )
        if number not in etags:
            raise PartRefused(f"part {number} of {plan.count} is missing in the request")
        if etags[number].strip('"').lower() != written[number]:
            raise PartRefused(f"part {number} is not the one that was written: its ETag is {written[number]}")
    if extra := sorted(set(etags) - set(written)):
        raise PartRefused(f"there is no part {extra[0]}: this upload has parts 1 to {plan.count}")


@contextmanager
def _closed(folder: int, plan: ledger.Plan, etags: Mapping[int, str]) -> Iterator[None]:
    """Take every writer's right away, and give it back when the parts prove not to be right."""
    check(plan, ledger.finished_parts(folder, plan), etags)
    with ExitStack() as otherwise:
        otherwise.callback(_set_writers, folder, plan, b"")
        _set_writers(folder, plan, ledger.CLOSED)
        check(plan, ledger.finished_parts(folder, plan), etags)  # one may have been begun anew meanwhile
        yield
        otherwise.pop_all()


def _set_writers(folder: int, plan: ledger.Plan, token: bytes) -> None:
    for number in range(1, plan.count + 1):
        with ledger.locked(folder, ledger.writer_name(number)) as writer:
            ledger.set_writer(writer, token)


def _publish(root: Path, folder: int, names: tuple[str, ...]) -> StoredObject:
    file = os.open(ledger.DATA, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fchmod(file, FILE_MODE)
        return place(root, folder, ledger.DATA, file, names)
    finally:
        os.close(file)


def _published(root: Path, names: tuple[str, ...]) -> StoredObject:
    if (status := find(root, names)) is None:
        raise UploadNotFound("this upload was completed, and its object removed since")
    return describe("/".join(names), status)


def _has_data(folder: int) -> bool:
    return ledger.DATA in names_in(folder)
