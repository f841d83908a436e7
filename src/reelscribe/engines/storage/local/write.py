"""Write batches of bytes at their offset."""

import os
from collections.abc import Sequence


def write_at(file: int, batch: Sequence[bytes], offset: int) -> int:
    """Write all of `batch` (at most IOV_MAX = 1,024 buffers) at `offset`, and return how many bytes that were."""
    size = sum(map(len, batch))
    written = os.pwritev(file, batch, offset)
    if written < size:  # a signal, or a disk about to be full: the next call says which
        written += _write_rest(file, b"".join(batch), offset, written)
    return written


def _write_rest(file: int, data: bytes, offset: int, done: int) -> int:
    start = done
    view = memoryview(data)
    while done < len(data):
        done += os.pwrite(file, view[done:], offset + done)
    return done - start
