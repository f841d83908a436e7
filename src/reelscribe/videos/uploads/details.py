"""What a client tells of the video that it uploads, the same in a form, in JSON and in tus metadata."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from reelscribe.problems import FieldError, Problem
from reelscribe.videos.fields import MAX_TITLE, Description, clean_line, known_language
from reelscribe.videos.models import Visibility
from reelscribe.videos.uploads.problems import bad_fields

MAX_FILE_NAME: Final = 255
UNTITLED: Final = "Untitled"


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


_KnownLanguage = Annotated[str, AfterValidator(known_language)]


class Details(BaseModel):
    """The fields that go with a file; an empty one counts as not given."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, BeforeValidator(clean_line), Field(max_length=MAX_TITLE)] = Field(
        "", description="Without one the file's name serves.", examples=["How lighthouses work"]
    )
    description: Description = ""
    visibility: Annotated[Visibility, BeforeValidator(lambda value: _none_if_empty(value) or Visibility.INTERNAL)] = (
        Visibility.INTERNAL
    )
    language: Annotated[_KnownLanguage | None, BeforeValidator(_none_if_empty)] = Field(
        None, description="ISO 639-1, as en or en-US; without one it is heard.", examples=["en"]
    )

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
    name = re.split(r"[/\\]", str(clean_line(given)))[-1].strip()
    return "" if name in (".", "..") else name[:MAX_FILE_NAME]
