"""What the supervisor and its children agree on. Light, so that the supervisor starts at once."""

import ctypes
import errno
import os
import signal
import sys
from typing import Final

from reelscribe.settings import Settings, ensure_private

PARENT_VARIABLE: Final = "REELSCRIBE_SUPERVISOR_PID"
PR_SET_PDEATHSIG: Final = 1
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StartError(Exception):
    """The process cannot do its work; the message says why and what to do."""


def require_data_folder(settings: Settings) -> None:
    """Make the data folder, or raise StartError: it cannot be written."""
    try:
        for folder in (settings.data_dir, settings.run_dir):
            if not os.access(ensure_private(folder), os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        reason = f"The data folder {settings.data_dir} cannot be used: {error.strerror}."
        raise StartError(f"{reason} Set DATA_DIR to another one.") from error


def is_supervised() -> bool:
    """True in a process that `serve` started."""
    return PARENT_VARIABLE in os.environ


def end_with_parent() -> None:
    """Get SIGTERM when the supervisor that started this process dies, even by SIGKILL: prctl(2), on Linux only."""
    supervisor = os.environ.get(PARENT_VARIABLE)
    if supervisor is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(supervisor):
        # It died before we asked.
        raise SystemExit(1)
