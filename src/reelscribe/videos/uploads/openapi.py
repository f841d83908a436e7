"""The bodies of POST /videos/upload for the API's documentation: FastAPI can not tell them from a stream."""

from typing import Any, Final

from reelscribe.videos.uploads.details import Details
from reelscribe.videos.uploads.schemas import SessionIn


def _fields(model: type[Details]) -> dict[str, Any]:
    """The fields' schemas, with every reference resolved: these bodies stand outside the document's components."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return {name: _resolved(field, definitions) for name, field in schema["properties"].items()}


def _resolved(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = field.pop("$ref", "").rpartition("/")[2]
    return {**definitions.get(reference, {}), **field}


def _form() -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "The video, or a sound recording."}
    captions = {"type": "string", "format": "binary", "description": "WebVTT or SubRip: used instead of recognition."}
    properties = {"file": file, **_fields(Details), "captions": captions}
    return {"type": "object", "required": ["file"], "properties": properties}


def _json() -> dict[str, Any]:
    schema = {"type": "object", "required": ["filename", "size"], "properties": _fields(SessionIn)}
    return {"schema": schema, "example": SessionIn.model_json_schema()["example"]}


UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": _form()}, "application/json": _json()},
    }
}
