"""The API's description: every error typed as what it is, operation ids that stay."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from reelscribe.problems import MEDIA_TYPE, ProblemDetails

_PROBLEM: Final = {"$ref": "#/components/schemas/ProblemDetails"}
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
_FIRST_ERROR: Final = 400
_PARAMETER: Final = re.compile(r"\\\{\w+\\\}")
"""In a template that went through `re.escape`."""

Document = dict[str, Any]
"""An OpenAPI document, in FastAPI's own type."""


def operation_id(route: APIRoute) -> str:
    """The function's name in camel case, where a route does not say."""
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)


def describe(app: FastAPI) -> None:
    """Let `app.openapi()` give the document, made at the first call."""

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend its document


def methods_at(app: FastAPI, path: str) -> list[str]:
    """The methods that this address takes, by the document; none for what is not in it."""
    paths = app.openapi().get("paths", {})
    items = [paths[path]] if path in paths else [item for template, item in paths.items() if _fits(path, template)]
    return sorted({method.upper() for item in items for method in item})


def _fits(path: str, template: str) -> bool:
    return re.fullmatch(_PARAMETER.sub("[^/]+", re.escape(template)), path) is not None


def _document(app: FastAPI) -> Document:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for path, operation in _operations(document):
        _add_common_errors(operation, is_health="/health" in path)
        for response in _errors(operation):
            _type_as_problem(response)
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    schemas.update(_schemas_of_problems())
    return document


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in document.get("paths", {}).items():
        for operation in item.values():
            yield path, operation


def _add_common_errors(operation: Document, *, is_health: bool) -> None:
    """What the services themselves answer to any request, so that routes need not repeat it."""
    common = [] if is_health else [HTTPStatus.SERVICE_UNAVAILABLE]
    if "requestBody" in operation:
        common += [HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE]
    responses = operation["responses"]
    for status in common:
        responses.setdefault(str(status.value), {"description": status.phrase})
    operation["responses"] = dict(sorted(responses.items()))


def _errors(operation: Document) -> Iterator[Document]:
    for status, response in operation["responses"].items():
        if status.isdigit() and int(status) >= _FIRST_ERROR:
            yield response


def _type_as_problem(response: Document) -> None:
    """FastAPI documents a model as application/json, and its own 422, which nobody gets here."""
    declared = response.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", _PROBLEM["$ref"])
    if declared.rpartition("/")[2] in ("ProblemDetails", *_FASTAPIS_OWN):
        response["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}


def _schemas_of_problems() -> Document:
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = schema.pop("$defs", {})
    return {"ProblemDetails": schema, **nested}
