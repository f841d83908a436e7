"""What people write of a video: title, description, language; cleaned and checked alike however it comes in."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from reelscribe.videos.languages import language_code

MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 20_000

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
"""What nobody sees, and what turns text around where it is shown (Unicode's bidirectional controls)."""


def clean_line(value: object) -> object:
    """One line of visible text; what is no text is left to the field's type."""
    return " ".join(_UNSEEN.sub("", value).split()) if isinstance(value, str) else value


def clean_text(value: object) -> object:
    """Visible text and line ends."""
    return _UNSEEN.sub("", value.replace("\r\n", "\n")).strip() if isinstance(value, str) else value


def known_language(value: str) -> str:
    """Its code, see `languages`. Raises ValueError for a language that nobody knows."""
    code = language_code(value)
    if code is None:
        raise ValueError("is not the code of a language, such as en, de or pt-BR (ISO 639-1)")
    return code


Title = Annotated[
    str, BeforeValidator(clean_line), Field(min_length=1, max_length=MAX_TITLE, examples=["How we built it"])
]
"""One line of visible text."""

Description = Annotated[str, BeforeValidator(clean_text), Field(max_length=MAX_DESCRIPTION)]
"""Text, line ends allowed."""

Language = Annotated[
    str,
    Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$", max_length=35, examples=["en"]),
    AfterValidator(known_language),
]
"""An ISO 639-1 code; what follows a hyphen is dropped."""
