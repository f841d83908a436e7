"""The real tus-js-client against the real server: connections cut in the middle, and the server killed.

Needs node and npm; the client comes from the package registry once and stays in tests/tus/node_modules.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.cutting_proxy import Proxy
from tests.support.engines import missing
from tests.support.uploads import MIB, Account, Server, mp4, serving, until

TUS = Path(__file__).parent.parent / "tus"
SIZE = 24 * MIB + 321


@pytest.fixture(scope="module")
def installed() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("tus-js-client needs node and npm")
    if not (TUS / "node_modules" / "tus-js-client").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, check=False, cwd=TUS, capture_output=True, text=True, timeout=120)
        if done.returncode:
            missing(f"npm could not fetch tus-js-client: {done.stderr[-300:]}")


class Client:
    """The script upload.mjs in a process of its own."""

    def __init__(self, endpoint: str, account: Account, file: Path, store: Path, chunk: int = 0) -> None:
        fields = json.dumps({"filename": file.name, "filetype": "video/mp4", "title": "By tus-js-client"})
        command = ["node", str(TUS / "upload.mjs"), endpoint, account.token, str(file), str(store), str(chunk), fields]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def events(self) -> list[dict]:
        try:
            out, error = self._process.communicate(timeout=60)
        finally:
            self.kill()
        assert not error, error
        return [json.loads(line) for line in out.splitlines()]

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(mp4(SIZE))
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "data"
    folder.mkdir()
    with serving(folder) as running:
        yield running


def endpoint(port: int) -> str:
    return f"http://127.0.0.1:{port}/api/v1/videos/upload/tus"


def assert_is_there_once(server: Server, file: Path) -> None:
    [(public_id, status, title, key)] = server.rows("SELECT public_id, status, title, key FROM videos")
    assert (status, title) == ("pending", "By tus-js-client")
    assert server.stored()[str(key)].read_bytes() == file.read_bytes()
    assert server.rows("SELECT count(*) FROM outbox_events WHERE video_key = ?", public_id) == [(1,)]
    assert server.leftovers() == []


def growing(server: Server) -> int:
    return sum(path.stat().st_size for path in (server.folder / "uploads").glob("*.data"))


def methods(events: list[dict]) -> list[str]:
    return [event["method"] for event in events if event["event"] == "answer"]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("chunk", [0, 5 * MIB])
def test_survives_cut_connections(server: Server, file: Path, tmp_path: Path, chunk: int):
    account = server.account()
    with Proxy(server.port, [10 * MIB, 7 * MIB, 300]) as proxy:
        events = Client(endpoint(proxy.port), account, file, tmp_path / "urls.json", chunk).events()
    assert events[-1]["event"] == "success", events[-3:]
    assert proxy.cuts >= 2
    assert "HEAD" in methods(events)
    assert_is_there_once(server, file)


@pytest.mark.usefixtures("installed")
def test_sends_nothing_twice_that_came_before_the_cut(server: Server, file: Path, tmp_path: Path):
    account = server.account()
    with Proxy(server.port, [12 * MIB]) as proxy:
        events = Client(endpoint(proxy.port), account, file, tmp_path / "urls.json").events()
    resumed = next(event for event in events if event.get("method") == "HEAD")
    # What the proxy passed on, but for headers and what lay in sockets that were reset.
    assert int(resumed["offset"]) > 8 * MIB
    assert_is_there_once(server, file)


@pytest.mark.usefixtures("installed")
def test_survives_a_killed_server(server: Server, file: Path, tmp_path: Path):
    """SIGKILL in the middle, started again on the same data: the client's own retries carry the upload on."""
    account = server.account()
    with Proxy(server.port, [], gate=10 * MIB) as proxy:
        client = Client(endpoint(proxy.port), account, file, tmp_path / "urls.json")
        until(lambda: growing(server) > 6 * MIB, "some megabytes are there")
        server.kill()
        there = growing(server)
        assert 0 < there < SIZE
        assert server.stored() == {}
        server.start()
        proxy.open()
        events = client.events()
    assert events[-1]["event"] == "success", events[-3:]
    heads = [int(event["offset"]) for event in events if event.get("method") == "HEAD" and event["status"] == 200]
    assert heads[0] == there
    assert_is_there_once(server, file)


@pytest.mark.usefixtures("installed")
def test_survives_a_killed_server_and_a_killed_client(server: Server, file: Path, tmp_path: Path):
    """The user closed the browser and comes back later: the client's store of addresses finds the upload."""
    account = server.account()
    store = tmp_path / "urls.json"
    with Proxy(server.port, [], gate=10 * MIB) as proxy:
        client = Client(endpoint(proxy.port), account, file, store)
        until(lambda: growing(server) > 6 * MIB, "some megabytes are there")
        server.kill()
        client.kill()
        there = growing(server)
        server.start()
        proxy.open()
        events = Client(endpoint(proxy.port), account, file, store).events()
    assert "POST" not in methods(events)
    assert int(next(event for event in events if event.get("method") == "HEAD")["offset"]) == there
    assert events[-1]["event"] == "success"
    assert_is_there_once(server, file)
