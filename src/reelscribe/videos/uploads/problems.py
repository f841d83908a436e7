"""What is wrong with an upload, as its client is told."""

from collections.abc import Sequence
from http import HTTPStatus

from reelscribe.problems import FieldError, PayloadTooLarge, Problem, Unprocessable


class UnsupportedMedia(Problem):
    """415: the content is no video or sound that can be worked with, whatever its name says."""

    default_status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def too_large(limit: int) -> Problem:
    """413: larger than any video may be here."""
    return PayloadTooLarge(f"The file is larger than the {amount(limit)} that one video may have here.")


def over_quota(quota: int, used: int) -> Problem:
    """413: the user's room is used up."""
    return PayloadTooLarge(
        f"There is not enough room for this upload: {amount(used)} of your {amount(quota)} are used, uploads under way"
        " included. Delete a video or an unfinished upload, or ask the administrator for more.",
        title="Quota exceeded",
    )


def empty_file() -> Problem:
    """422: there is not one byte in it."""
    return bad_fields([FieldError(field="body.file", message="the file is empty", code="empty_file")])


def bad_fields(errors: Sequence[FieldError]) -> Problem:
    """422 with the fields that were refused."""
    return Unprocessable("; ".join(f"{error.field}: {error.message}" for error in errors) + ".", errors=errors)


def bad_field(field: str, message: str, code: str = "invalid") -> Problem:
    """422 for one field."""
    return bad_fields([FieldError(field=f"body.{field}", message=message, code=code)])


def amount(size: int) -> str:
    """Bytes for a person, such as 1.5 GiB."""
    value = float(size)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:  # noqa: PLR2004 - the next unit
            return f"{value:,.4g} {unit}"
        value /= 1024
    return f"{value:,.4g} GiB"
