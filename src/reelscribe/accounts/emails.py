"""Addresses in the one form in which they are kept and compared."""

import unicodedata
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

LONGEST: Final = 320


_HOUSE: Final = ("@localhost", ".localhost", ".local", ".test")
"""Names that email-validator refuses as not of the internet. Servers at home have them, and we send no mail."""

_STAND_IN: Final = ".example"


def normalize(address: str) -> str:
    """Trimmed, NFC, lower case; its form is checked, no server is asked. Raises `ValueError` for what is no address."""
    trimmed = address.strip()
    suffix = _STAND_IN if trimmed.lower().endswith(_HOUSE) else ""
    try:
        parts = validate_email(trimmed + suffix, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"not a valid email address: {error}") from None
    return unicodedata.normalize("NFC", parts.normalized.lower()).removesuffix(suffix)


Email = Annotated[
    str,
    Field(max_length=LONGEST, json_schema_extra={"format": "email"}, examples=["ada@example.com"]),
    AfterValidator(normalize),
]
