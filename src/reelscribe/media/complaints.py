"""Turn what FFmpeg complains about into an error that a person understands."""

import signal

from reelscribe.media.errors import CannotWrite, DamagedMedia, LimitExceeded, MediaError, OutOfSpace, UnsupportedMedia
from reelscribe.media.runner import Completed

# The first that is found in the last 4 KB of standard error decides: the machine's troubles come before the file's.
COMPLAINTS: tuple[tuple[str, type[MediaError], str], ...] = (
    ("No space left on device", OutOfSpace, "The server's disk is full; the video can be processed again later."),
    ("Disk quota exceeded", OutOfSpace, "The server's disk quota is used up; the video can be processed again later."),
    ("Read-only file system", CannotWrite, "The server cannot write its results: the folder is read-only."),
    ("Permission denied", CannotWrite, "The server cannot write its results: permission denied."),
    ("File too large", LimitExceeded, "The result grew larger than is allowed."),
    ("Cannot allocate memory", LimitExceeded, "The file asks for more memory than is allowed."),
    ("max_pixels", LimitExceeded, "The picture is larger than is allowed."),
    ("exceeds the configured", LimitExceeded, "The picture is larger than is allowed."),
    ("not on whitelist", UnsupportedMedia, "This kind of file is not supported."),
    ("not in allowed", UnsupportedMedia, "This kind of file is not supported."),
    (
        "moov atom not found",
        DamagedMedia,
        "The file is incomplete: its index is missing (was the recording or upload cut off?).",
    ),
)
SIGNALS: dict[int, str] = {
    -signal.SIGXCPU: "The file takes more computing time than is allowed.",
    -signal.SIGXFSZ: "The result grew larger than is allowed.",
}
UNREADABLE = "The file is not a video that can be read, or it is damaged."


def explain(done: Completed) -> MediaError:
    """The error for a run that failed, or that found nothing."""
    if done.returncode in SIGNALS:
        return LimitExceeded(SIGNALS[done.returncode], detail=done.stderr)
    for words, kind, message in COMPLAINTS:
        if words in done.stderr:
            return kind(message, detail=done.stderr)
    return DamagedMedia(UNREADABLE, detail=done.stderr)
