"""Signed addresses of the embedded storage: pure functions over HMAC-SHA256 (RFC 2104).

A token is `<expiry in hexadecimal>.<depth>.<mac>`. It covers the first `depth` components of the path that follows it,
or the whole path for depth 0, so that a playlist's relative addresses work under the token of their folder.
"""

import base64
import hmac
import math

TOKEN_LENGTH = 80
"""No genuine token is longer; a longer one is refused before any work."""

BUCKETS = 4
"""Expiry is rounded up to a quarter of the wish: addresses stay equal, and cached, for that long."""


def derive_key(secret: str, purpose: str) -> bytes:
    """A key for one purpose, so that a token made for one can never serve for another."""
    return hmac.digest(secret.encode(), f"reelscribe/{purpose}/1".encode(), "sha256")


def expiry(now: float, expires_in: float) -> int:
    """The Unix time, in whole seconds, when an address ends: at least `expires_in`, at most 5/4 of it + 1 s away."""
    bucket = max(1, math.ceil(expires_in / BUCKETS))
    return math.ceil((now + expires_in) / bucket) * bucket


def sign(key: bytes, path: str, expires: int, *, depth: int = 0, extra: str = "") -> str:
    """A token for `path`, or for all that lies below its first `depth` components. `extra` must come back unchanged."""
    mac = hmac.digest(key, f"{expires}\n{depth}\n{_scope(path, depth)}\n{extra}".encode(), "sha256")
    return f"{expires:x}.{depth}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def verify(key: bytes, token: str, path: str, now: float, *, extra: str = "") -> bool:
    """Whether `token` was signed with `key` for this path and has not expired; in the same time for every wrong mac."""
    expires, depth = _parse(token)
    if expires <= now or not 0 <= depth <= path.count("/"):
        return False
    genuine = sign(key, path, expires, depth=depth, extra=extra)
    return hmac.compare_digest(genuine.encode(), token.encode())


def _scope(path: str, depth: int) -> str:
    return "/".join(path.split("/")[:depth]) if depth else path


def _parse(token: str) -> tuple[int, int]:
    """Expiry and depth as claimed; an expiry of 0, long ago, for what is no token."""
    expires, _, rest = token.partition(".")
    try:
        return (int(expires, 16), int(rest.partition(".")[0])) if len(token) <= TOKEN_LENGTH else (0, 0)
    except ValueError:
        return 0, 0
