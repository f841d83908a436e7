"""What a client tells of the video that it uploads, the same in a form, in JSON and in tus metadata."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from reelscribe.problems import FieldError, Problem
from reelscribe.videos.models import Visibility
from reelscribe.videos.uploads.languages import language_code
from reelscribe.videos.uploads.problems import bad_fields

MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 20_000
MAX_FILE_NAME: Final = 255
UNTITLED: Final = "Untitled"

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES: Final = re.compile(r"[\t\r\n]+")


def _clean_line(value: object) -> object:
    return _CONTROLS.sub("", _SPACES.sub(" ", value)).strip() if isinstance(value, str) else value


def _clean_text(value: object) -> object:
    return _CONTROLS.sub("", value.replace("\r\n", "\n")).strip() if isinstance(value, str) else value


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class Details(BaseModel):
    """The fields that go with a file; an empty one counts as not given."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, BeforeValidator(_clean_line), Field(max_length=MAX_TITLE)] = Field(
        "", description="Without one the file's name serves.", examples=["How lighthouses work"]
    )
    description: Annotated[str, BeforeValidator(_clean_text), Field(max_length=MAX_DESCRIPTION)] = ""
    visibility: Annotated[Visibility, BeforeValidator(lambda value: _none_if_empty(value) or Visibility.INTERNAL)] = (
        Visibility.INTERNAL
    )
    language: Annotated[str | None, BeforeValidator(_none_if_empty)] = Field(
        None, description="ISO 639-1, as en or en-US; without one it is heard.", examples=["en"]
    )

    @field_validator("language")
    @classmethod
    def _known_language(cls, given: str | None) -> str | None:
        if given is None:
            return None
        code = language_code(given)
        if code is None:
            raise ValueError("is not the code of a language, such as en, de or pt-BR (ISO 639-1)")
        return code

    def titled(self, file_name: str) -> str:
        """The title given, else the file's name."""
        return self.title or file_name[:MAX_TITLE] or UNTITLED


FIELDS: Final = frozenset(Details.model_fields)


def parse_details(fields: Mapping[str, str]) -> Details:
    """Check fields that came as text. Raises a 422 that names each bad one."""
    try:
        return Details.model_validate(dict(fields))
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Problem:
    """Pydantic's findings as a problem; what was sent is not repeated."""
    return bad_fields(
        [
            FieldError(
                field=".".join(("body", *map(str, item["loc"]))),
                message=str(item["msg"]).removeprefix("Value error, "),
                code=str(item["type"]),
            )
            for item in error.errors(include_url=False, include_input=False)
        ]
    )


def display_name(given: str) -> str:
    """The name of a file without directories and control characters: for people to read, never to open."""
    name = re.split(r"[/\\]", _CONTROLS.sub("", _SPACES.sub(" ", given)))[-1].strip()
    return "" if name in (".", "..") else name[:MAX_FILE_NAME]
