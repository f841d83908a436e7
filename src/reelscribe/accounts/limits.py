"""Rate limits, a minute at a time, counted in the shared memory and so for all processes together."""

import hashlib
import ipaddress
from typing import Final

from starlette.requests import HTTPConnection

from reelscribe.engines.memory import SharedMemory
from reelscribe.problems import TooManyRequests

WINDOW_SECONDS: Final = 60
CHECKS_AN_ATTEMPT: Final = 6
"""A form asks about an address while it is typed: so many questions weigh as one attempt to sign in."""

_IPV6_NETWORK: Final = 64
"""The prefix that one customer has; addresses within it cost nothing."""


async def count(memory: SharedMemory, bucket: str, limit: int) -> None:
    """Count one more in `bucket`. Raises `TooManyRequests` beyond `limit` a minute."""
    hits = await memory.hit(bucket, WINDOW_SECONDS)
    if hits.count > limit:
        raise TooManyRequests(retry_after=hits.resets_in)


def client_bucket(action: str, connection: HTTPConnection) -> str:
    """The bucket of an action by the client's address, as the server saw it (X-Forwarded-For is uvicorn's affair)."""
    return f"{action}:client:{_network(connection.client.host if connection.client else '')}"


def account_bucket(action: str, email: str) -> str:
    """The bucket of an action on an account, whether it exists or not. The address itself is not kept."""
    return f"{action}:account:{hashlib.sha256(email.encode()).hexdigest()[:32]}"


def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
