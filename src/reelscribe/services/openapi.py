"""The API's description: every error typed as what it is, operation ids that stay."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from reelscribe.problems import MEDIA_TYPE, ProblemDetails

_PROBLEM: Final = {"$ref": "#/components/schemas/ProblemDetails"}
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
_FIRST_ERROR: Final = 400

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
    for response in _errors(document):
        _type_as_problem(response)
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    schemas.update(_schemas_of_problems())
    return document


def _errors(document: Document) -> Iterator[Document]:
    for path in document.get("paths", {}).values():
        for operation in path.values():
            for status, response in operation.get("responses", {}).items():
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
