"""Write batches of bytes at their offset, and keep the disk at work meanwhile."""

import os
from collections.abc import Sequence

WRITE_BACK = 8 << 20
"""Bytes after which the kernel is asked to begin writing to the disk, so that the last fsync has little left to do."""


def write_at(file: int, batch: Sequence[bytes], offset: int) -> int:
    """Write all of `batch` (at most IOV_MAX = 1,024 buffers) at `offset`, and return how many bytes that were."""
    size = sum(map(len, batch))
    written = os.pwritev(file, batch, offset)
    if written < size:  # a signal, or a disk about to be full: the next call says which
        written += _write_rest(file, b"".join(batch), offset, written)
    _write_back(file, offset, offset + written)
    return written


def _write_rest(file: int, data: bytes, offset: int, done: int) -> int:
    start = done
    view = memoryview(data)
    while done < len(data):
        done += os.pwrite(file, view[done:], offset + done)
    return done - start


def _write_back(file: int, start: int, end: int) -> None:
    """Ask for each `WRITE_BACK` bytes that were filled up. Linux then starts to write dirty pages, and keeps them."""
    first, last = start // WRITE_BACK * WRITE_BACK, end // WRITE_BACK * WRITE_BACK
    if last > first and hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file, first, last - first, os.POSIX_FADV_DONTNEED)
