"""Access tokens: JWT, signed with HS256 and nothing else."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import jwt

ALGORITHM: Final = "HS256"
_REQUIRED: Final = ("sub", "jti", "iat", "exp", "epoch")
_LONGEST_CLAIM: Final = 128
STRONG_SECRET_BYTES: Final = 32
"""RFC 7518, 3.2: an HS256 key has at least as many bits as the hash."""


class InvalidToken(Exception):  # noqa: N818 - named as what it is, like PyJWT's own
    """The token is not ours, not whole, or no longer good."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `epoch` must still be its account's; `token_id` must not be revoked."""

    user_id: int
    epoch: str
    token_id: str
    expires_at: datetime


class Tokens:
    """Issues and reads tokens that are good for `expiry` seconds."""

    def __init__(self, secret: bytes, expiry: int) -> None:
        # HMAC pads a short key with zeros itself: the signatures are the same, and PyJWT does not warn at every call.
        self._secret = secret.ljust(STRONG_SECRET_BYTES, b"\0")
        self.expiry = expiry
        self._jwt = jwt.PyJWT(options={"require": list(_REQUIRED)})

    def issue(self, user_id: int, epoch: str) -> str:
        """A new token for this account."""
        now = int(time.time())
        claims = {
            "sub": str(user_id),
            "epoch": epoch,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + self.expiry,
        }
        return self._jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims:
        """What a token says, once its signature and its times are proven. Raises `InvalidToken`."""
        try:
            claims = self._jwt.decode(token, self._secret, algorithms=[ALGORITHM])
            return Claims(
                user_id=_key(claims["sub"]),
                epoch=_text(claims["epoch"]),
                token_id=_text(claims["jti"]),
                expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
            )
        # OSError: a moment that the system's clock cannot tell (EOVERFLOW).
        except (jwt.PyJWTError, ValueError, OverflowError, OSError, RecursionError) as error:
            raise InvalidToken(type(error).__name__) from error


def _key(value: object) -> int:
    number = int(_text(value))
    if not 0 < number < 2**63:
        raise ValueError("no account has such a key")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_CLAIM:
        raise ValueError("not a claim of ours")
    return value
