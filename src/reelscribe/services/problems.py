"""Every error leaves as application/problem+json; what nobody expected tells its request id and nothing else."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope
from structlog.stdlib import get_logger

from reelscribe.engines.storage.errors import StorageFull, StorageUnavailable
from reelscribe.problems import MEDIA_TYPE, FieldError, Problem, ProblemDetails, Unavailable, Unprocessable
from reelscribe.services.openapi import methods_at

_LOG = get_logger("reelscribe.http")
_PLAIN: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
}


def install(app: FastAPI) -> None:
    """Let `app` answer errors so."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for away in (OperationalError, InterfaceError, PoolTimeoutError, ConnectionError):
        app.add_exception_handler(away, _database_away)
    app.add_exception_handler(StorageUnavailable, _storage_away)
    app.add_exception_handler(StorageFull, _full)


def answer(problem: Problem, scope: Scope) -> Response:
    """The answer that tells of `problem`."""
    details = ProblemDetails(
        type=problem.type,
        title=problem.title,
        status=problem.status.value,
        detail=problem.detail,
        request_id=scope.get("state", {}).get("request_id"),
        errors=list(problem.errors) or None,
    )
    body = details.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status.value, headers=problem.headers, media_type=MEDIA_TYPE)


def unexpected(scope: Scope) -> Response:
    """The answer to a fault of ours."""
    return answer(Problem("Something went wrong here. The request id names it in the server's log."), scope)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette chose this handler by the type
    return answer(error, request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - Starlette chose this handler by the type
    # Only place, message and code are told: what was sent may be a password.
    errors = [_field_error(item["loc"], str(item["msg"]), str(item["type"])) for item in error.errors()]
    where = ", ".join(dict.fromkeys(item.field for item in errors))
    return answer(Unprocessable(f"Not valid: {where}.", errors=errors), request.scope)


def _field_error(place: Sequence[int | str], message: str, code: str) -> FieldError:
    # FastAPI tells where JSON breaks off as an offset, which is no field.
    names = place[:1] if code == "json_invalid" else place
    return FieldError(field=".".join(map(str, names)), message=message.removeprefix("Value error, "), code=code)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette chose this handler by the type
    status = HTTPStatus(error.status_code)
    # Starlette's own words are the status again.
    detail = error.detail if error.detail != status.phrase else _PLAIN.get(status, "")
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED and (methods := methods_at(request.app, request.scope["path"])):
        # Starlette tells those of the first route alone, and each method has a route of its own here.
        headers["Allow"] = ", ".join(methods)
    return answer(Problem(detail, status=status, headers=headers), request.scope)


async def _database_away(request: Request, error: Exception) -> Response:
    _LOG.error("database_away", error=_reason(error))
    if "disk is full" in str(error):
        return await _full(request, error)
    return answer(Unavailable("The database does not answer now. Try again in a moment."), request.scope)


async def _storage_away(request: Request, error: Exception) -> Response:
    _LOG.error("storage_away", error=str(error))
    return answer(Unavailable("The object storage does not answer now. Try again in a moment."), request.scope)


async def _full(request: Request, error: Exception) -> Response:
    _LOG.error("storage_full", error=_reason(error))
    return answer(Problem("There is no room left to store this.", status=507), request.scope)


def _reason(error: Exception) -> str:
    # SQLAlchemy's own text carries the statement's parameters, which may be personal.
    return str(error.orig if isinstance(error, DBAPIError) else error)
