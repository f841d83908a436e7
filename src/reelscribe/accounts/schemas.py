"""The wire shapes of accounts."""

import unicodedata
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from reelscribe.accounts.emails import Email

_UNFIT = {"Cc", "Cs"}
"""Control characters (PostgreSQL cannot keep NUL) and halves of surrogate pairs (no encoding has them)."""


_NAME_PATTERN: Final = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
"""The same for the API's description, where it can be said."""

LONGEST_PASSWORD: Final = 128
"""Characters: argon2 would hash a megabyte too, and take its time."""


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in _UNFIT for character in text):
        raise ValueError("control characters are not allowed")
    return text


def _encodable(text: str) -> str:
    # The message must not quote the password, as Python's own would.
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("not valid Unicode")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
    Field(examples=["Ada Lovelace"], json_schema_extra={"pattern": _NAME_PATTERN}),
]
_PASSWORD = Field(json_schema_extra={"format": "password"}, examples=["correct horse battery staple"])
NewPassword = Annotated[
    str, StringConstraints(min_length=8, max_length=LONGEST_PASSWORD), AfterValidator(_encodable), _PASSWORD
]
KnownPassword = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD), AfterValidator(_encodable), _PASSWORD
]
"""No rule but the limit on length: a password that was fit once must stay good."""


class SignupRequest(BaseModel):
    """A new account."""

    name: Name
    email: Email
    password: NewPassword


class LoginRequest(BaseModel):
    """Who signs in."""

    email: Email
    password: KnownPassword


class CheckEmailRequest(BaseModel):
    """An address that may be taken."""

    email: Email


class ProfileChange(BaseModel):
    """What is to change; what is left out or null stays. A new address or password needs the current password."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    email: Email | None = None
    password: NewPassword | None = None
    current_password: KnownPassword | None = None


class UserOut(BaseModel):
    """An account, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True, title="User")

    id: int = Field(examples=[1])
    name: str = Field(examples=["Ada Lovelace"])
    email: str = Field(examples=["ada@example.com"])
    role: Literal["admin", "member"]
    created_at: datetime


class Token(BaseModel):
    """An access token, for `Authorization: Bearer`."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."])
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds.", examples=[86400])


class Exists(BaseModel):
    """Whether an account has this address."""

    exists: bool
