"""What FastAPI cannot tell of routes that read streams and headers themselves, for the API's documentation."""

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


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "schema": schema, "description": description}


_BYTES: Final[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_TUS: Final = _header("Tus-Resumable", {"type": "string", "enum": ["1.0.0"]}, "The protocol's version.")
_METADATA: Final = {
    **_header("Upload-Metadata", {"type": "string"}, "The fields of the form, and filename: `key base64(value), ...`."),
    "required": False,
    "example": "filename dGFsay5tcDQ=,title SG93IHdlIGJ1aWx0IGl0",
}
TUS_REQUEST: Final[dict[str, Any]] = {"parameters": [_TUS]}
# No request body is declared: tus' media type is unknown to the tools that read this document, and they stop at it.
TUS_CREATION: Final[dict[str, Any]] = {
    "parameters": [_TUS, _header("Upload-Length", {**_BYTES, "minimum": 1}, "Bytes of the whole file."), _METADATA]
}
TUS_PATCH: Final[dict[str, Any]] = {
    "parameters": [_TUS, _header("Upload-Offset", _BYTES, "Where these bytes belong: how many there are already.")]
}
