"""Who counts as one client, and what is kept of an address."""

import pytest
from starlette.requests import HTTPConnection

from reelscribe.accounts.limits import account_bucket, client_bucket


def bucket(host: str | None) -> str:
    client = None if host is None else (host, 50_000)
    return client_bucket("login", HTTPConnection({"type": "http", "headers": [], "client": client}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        (None, ""),
        ("testclient", None),
    ],
)
def test_these_are_one_client(one: str | None, other: str | None) -> None:
    assert bucket(one) == bucket(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("203.0.113.7", "203.0.113.8"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("203.0.113.7", None)],
)
def test_these_are_two(one: str | None, other: str | None) -> None:
    assert bucket(one) != bucket(other)


def test_an_accounts_bucket_does_not_tell_its_address_and_fits_its_column() -> None:
    name = account_bucket("login", "a" * 300 + "@example.com")
    assert "example" not in name
    assert len(name) < 255
    assert name != account_bucket("login", "b@example.com")
