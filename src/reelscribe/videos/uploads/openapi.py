"""The bodies of POST /videos/upload for the API's documentation: FastAPI can not tell them from a stream."""

from typing import Any, Final

from reelscribe.videos.uploads.details import Details


def _fields() -> dict[str, Any]:
    properties: dict[str, Any] = Details.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    return properties


def _form() -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "The video, or a sound recording."}
    captions = {"type": "string", "format": "binary", "description": "WebVTT or SubRip: used instead of recognition."}
    return {"type": "object", "required": ["file"], "properties": {"file": file, **_fields(), "captions": captions}}


UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form()}}}
}
