"""The server's memory does not grow with the upload. bench/upload.py measures it with 2 GiB."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.upload import send_form, send_parts, send_tus
from tests.support.uploads import MIB, Account, Server, serving

SIZE = 384 * MIB
ALLOWED = 64 * MIB


def by_form(server: Server, account: Account) -> None:
    send_form(server.port, "/api/v1/videos/upload", account.headers, SIZE)


def by_tus(server: Server, account: Account) -> None:
    send_tus(server, account, SIZE)


def by_parts(server: Server, account: Account) -> None:
    send_parts(server, account, SIZE, at_once=4)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("way", [by_form, by_tus, by_parts])
def test_stays_within_64_mib(server: Server, way: Callable[[Server, Account], None]):
    account = server.account()
    with server.client(account) as client:
        assert client.get("/videos/list").status_code == 200
    before = server.memory()
    way(server, account)
    assert server.memory_peak() - before < ALLOWED
    [path] = server.stored().values()
    assert path.stat().st_size == SIZE
