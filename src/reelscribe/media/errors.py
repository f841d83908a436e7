"""What can go wrong with a file, in words for the person who uploaded it."""


class MediaError(Exception):
    """Base of all errors of this package; `str(error)` is fit to be shown to a user.

    `detail` is what FFmpeg said, for the log only: it may hold file names.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class UnsupportedMedia(MediaError):  # noqa: N818 - the base says that it is an error
    """The content is of a kind that this platform does not take: trying again is of no use."""


class DamagedMedia(MediaError):  # noqa: N818 - the base says that it is an error
    """The file should be a video, but it cannot be read."""


class LimitExceeded(MediaError):  # noqa: N818 - the base says that it is an error
    """The file asks for more memory, time, tracks or pixels than is allowed."""


class MediaTooLarge(LimitExceeded):
    """Too long, or too many pixels."""


class MediaTimeout(LimitExceeded):
    """FFmpeg did not end in the time that the file's duration allows it."""


class MediaStalled(MediaTimeout):
    """FFmpeg stood still: with some files its scheduler waits for itself for ever."""


class OutOfSpace(MediaError):  # noqa: N818 - the base says that it is an error
    """The disk (or the quota) that results are written to is full: trying again later may succeed."""


class CannotWrite(MediaError):  # noqa: N818 - the base says that it is an error
    """The folder for results is read-only or not ours."""


class ToolMissing(MediaError):  # noqa: N818 - the base says that it is an error
    """FFmpeg or ffprobe cannot be found or run on this machine."""
