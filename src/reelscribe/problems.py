"""What goes wrong, as an HTTP client is told: RFC 9457 problem details.

Features raise these; `services.problems` writes them as application/problem+json. Nothing here knows a feature.
"""
# ruff: noqa: N818 - each name says what happened (NotFound), as in "raise NotFound"

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
BLANK_TYPE = "about:blank"

CLIENT_GONE: Final = 499
"""Nginx' name, in logs, for a client that left before its answer: nobody reads it."""


class FieldError(BaseModel):
    """One bad field: where it stands, as `body.email` or `query.limit`, and what is wrong with it."""

    field: str = Field(examples=["body.email"])
    message: str = Field(examples=["value is not a valid email address"])
    code: str = Field("invalid", examples=["value_error"])


class ProblemDetails(BaseModel):
    """The body of every answer from 400 on (RFC 9457), as application/problem+json."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Not Found",
                "status": 404,
                "detail": "There is no such video.",
                "request_id": "0192f3b0c1d2",
            }
        }
    )

    type: str = Field(
        BLANK_TYPE, description="A URI that names the kind of problem; about:blank: the status says it all."
    )
    title: str = Field(description="A short name of the kind of problem.")
    status: int = Field(ge=400, le=599, description="The HTTP status, again.")
    detail: str = Field("", description="What happened, for a person.")
    request_id: str | None = Field(None, description="Names this request in the logs; also in `X-Request-ID`.")
    errors: list[FieldError] | None = Field(None, description="The fields that were refused, where fields were.")


class Problem(Exception):
    """Ends a request with this answer. Subclasses give `status`; `title` is the status's own phrase unless given."""

    default_status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    default_detail: ClassVar[str] = ""

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        title: str | None = None,
        type: str = BLANK_TYPE,  # noqa: A002 - RFC 9457 calls it so
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = HTTPStatus(status if status is not None else self.default_status)
        self.title = title if title is not None else self.status.phrase
        self.detail = detail or self.default_detail
        self.type = type
        self.errors = tuple(errors)
        self.headers = dict(headers) if headers is not None else {}
        super().__init__(f"{self.status.value} {self.title}: {self.detail}")


class Unauthorized(Problem):
    """401: who asks is not known. Always names the scheme, as RFC 9110 demands."""

    default_status = HTTPStatus.UNAUTHORIZED
    default_detail = "Sign in and send the access token as a bearer token."

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer", **(headers or {})})


class Forbidden(Problem):
    """403: known, and not allowed."""

    default_status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """404: not there, or not yours to see."""

    default_status = HTTPStatus.NOT_FOUND
    default_detail = "There is nothing here that you may see."


class Conflict(Problem):
    """409: right in itself, but not as things stand."""

    default_status = HTTPStatus.CONFLICT


class RequestTimeout(Problem):
    """408: the client stopped sending; the connection is closed."""

    default_status = HTTPStatus.REQUEST_TIMEOUT

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"Connection": "close"})


class PayloadTooLarge(Problem):
    """413: more bytes than are taken."""

    default_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unprocessable(Problem):
    """422: understood, and wrong; `errors` names the fields."""

    default_status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequests(Problem):
    """429: come again in `retry_after` seconds."""

    default_status = HTTPStatus.TOO_MANY_REQUESTS
    default_detail = "Too many tries; wait a little."

    def __init__(self, detail: str = "", *, retry_after: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, math.ceil(retry_after)))})


class Unavailable(Problem):
    """503: something that this needs does not answer; come again in `retry_after` seconds."""

    default_status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, detail: str = "", *, retry_after: float = 2.0) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, math.ceil(retry_after)))})


Responses = dict[int | str, dict[str, Any]]
"""FastAPI's own type, which is invariant."""


def responses(*statuses: int) -> Responses:
    """For a route's `responses=`: each status with the typed body that it comes with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {
        status: {"model": ProblemDetails, "description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
