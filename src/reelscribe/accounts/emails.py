"""Addresses in the one form in which they are kept and compared."""

import unicodedata
from typing import Annotated, Final

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

LONGEST: Final = 320


def normalize(address: str) -> str:
    """Trimmed, NFC, lower case; its form is checked, no server is asked. Raises `ValueError` for what is no address.

    Addresses within a house (`me@nas.local`) are good: the platform is self-hosted and sends no mail.
    """
    try:
        parts = validate_email(address.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(f"not a valid email address: {error}") from None
    return unicodedata.normalize("NFC", parts.normalized.lower())


Email = Annotated[
    str,
    Field(max_length=LONGEST, json_schema_extra={"format": "email"}, examples=["ada@example.com"]),
    AfterValidator(normalize),
]
