"""Logs: one line an event on standard error, JSON when no terminal reads it, with request, video and job ids.

Everything that goes to the standard library's logging (uvicorn, SQLAlchemy) comes out in the same form. No secret,
token or signed address gets through: see `masked`.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TypeAlias

import structlog
from structlog.typing import Processor

_Event: TypeAlias = MutableMapping[str, Any]
"""structlog's own type of an event."""

MASK: Final = "***"
_SECRET_NAMES: Final = re.compile(
    r"passw|secret|token$|authorization|cookie|api_?key|signature|credential", re.IGNORECASE
)
_MASKS: Final = (
    # A password's hash, and the values of a failed statement, which may be personal.
    (re.compile(r"\$argon2[\w$=,+/.-]+"), MASK),
    (re.compile(r"\[parameters: [^\n]*"), f"[parameters: {MASK}]"),
    # A JWT, wherever it stands.
    (re.compile(r"\beyJ[\w-]{5,2000}\.[\w-]*\.?[\w-]*"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',;]+"), rf"\1 {MASK}"),
    # Signed addresses of our own: the token is a part of the path (see engines/storage/signing). Templates may stay.
    (re.compile(r"/(media|play|uploads/parts)/(?!\{)[^\s\"'?#<>)]+"), rf"/\1/{MASK}"),
    # Query strings: those of S3 are signatures, and others may carry anything.
    (re.compile(r"\?[\w.%~+-]{1,64}=[^\s\"'<>)]*"), f"?{MASK}"),
    # The password before the host of an address.
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}):[^\s/@]{1,500}@", re.IGNORECASE), rf"\1:{MASK}@"),
)
_LONGEST: Final = 16_384
"""Characters of one value: more than any stack that somebody reads, and masking stays quick."""


def configure(level: str, json: bool | None = None) -> None:
    """Set up logging for this process. `json` None: JSON unless standard error is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    shared = _shared()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*_rendering(as_json)])
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    _quiet(level)


def masked(text: str) -> str:
    """The text without tokens, signatures, passwords in addresses and query strings; the end of it, if very long."""
    if len(text) > _LONGEST:
        # Cut where a word begins: half a token would not be known as one.
        text = "… " + "".join(text[-_LONGEST:].split(maxsplit=1)[1:])
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        # Without the values of local variables, which may be passwords.
        structlog.processors.format_exc_info,
        _mask,
    ]


def _rendering(as_json: bool) -> list[Processor]:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if as_json:
        return [remove, structlog.processors.JSONRenderer(ensure_ascii=False, default=_as_text)]
    return [remove, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


def _as_text(value: object) -> str:
    return masked(str(value))


def _mask(_logger: object, _method: str, event: _Event) -> _Event:
    for name, value in event.items():
        if _SECRET_NAMES.search(name):
            event[name] = MASK
        elif name != "_record":
            event[name] = _masked_value(value)
    return event


def _masked_value(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: MASK if _SECRET_NAMES.search(str(name)) else _masked_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(str(value))


def _quiet(level: str) -> None:
    """Third parties speak from warnings on, unless debugging. Uvicorn's access log would repeat our own lines."""
    if level.lower() != "debug":
        for name in ("asyncio", "httpx", "httpcore", "openai", "faster_whisper", "sqlalchemy", "aiosqlite"):
            logging.getLogger(name).setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.handlers, access.propagate = [], False
