"""Which keys there are. The platform makes them all, so the rule is strict and the same for every adapter."""

import re

from reelscribe.engines.storage.errors import InvalidKey

MAX_KEY_LENGTH = 512
"""Characters; S3 allows 1,024, and a file system's path needs room for its root."""

MAX_DEPTH = 12
COMPONENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=-]{0,127}", re.ASCII)
"""No leading dot: neither `..` nor the local adapter's own folders can be named. Nothing that an address must quote."""


def validate_key(key: str) -> tuple[str, ...]:
    """The components of `key`, such as `videos/9vXk/720p.mp4`. Raises `InvalidKey`."""
    names = tuple(key.split("/")) if len(key) <= MAX_KEY_LENGTH else ()
    if not 1 <= len(names) <= MAX_DEPTH or not all(COMPONENT.fullmatch(name) for name in names):
        raise InvalidKey(f"{key[:80]!r} is not a key of stored objects (letters, digits, '._=-', parted by '/')")
    return names


def validate_prefix(prefix: str) -> tuple[str, ...]:
    """The components of a folder of keys: empty for "", else `prefix` must end in "/". Raises `InvalidKey`."""
    if not prefix:
        return ()
    if not prefix.endswith("/"):
        raise InvalidKey(f"the prefix {prefix[:80]!r} must end in '/', so that it names no neighbour")
    return validate_key(prefix[:-1])
