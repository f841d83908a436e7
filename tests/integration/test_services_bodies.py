"""Bodies that are too large, too slow or never come, over a real connection."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.app import API, App, http_settings, open_app, serve

from reelscribe.services.header_guard import GuardedHttp

pytestmark = pytest.mark.anyio
MIB = 1 << 20


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(tmp_path, http=http_settings(body_timeout=0.3)) as opened:
        yield opened


@pytest.fixture
async def address(app: App) -> AsyncIterator[str]:
    async with serve(app.app) as url:
        yield url


async def raw(address: str, head: str, *chunks: bytes) -> tuple[str, bool]:
    """Send a request by hand, and no more; what came back, and whether the server hung up, by a reset if need be."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        async with asyncio.timeout(20):
            writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + b"".join(chunks))
            await writer.drain()
            answer = await reader.read(65536)
            return answer.decode(), await reader.read() == b""
    except ConnectionError:
        return answer.decode(), True
    finally:
        writer.close()


def post(length: int | str, path: str = f"{API}/auth/login") -> str:
    return f"POST {path} HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: {length}"


@pytest.mark.parametrize("size", [MIB + 1, 10 * MIB])
async def test_a_large_json_body_is_413_and_the_client_reads_it(address: str, size: int) -> None:
    body = b'{"email": "' + b"a" * (size - 13) + b'"}'
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        answer = await client.post(f"{API}/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Connection"] == "close"


async def test_a_large_body_without_a_length_is_413_too(address: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * MIB

    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post(f"{API}/auth/login", content=chunks(), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", "multipart/form-data; boundary=x"])
async def test_the_limit_holds_whatever_the_body_claims_to_be(address: str, content_type: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        headers = {"Content-Type": content_type}
        answer = await client.post(f"{API}/auth/login", content=b"x" * 2 * MIB, headers=headers)
    assert answer.status_code == 413


async def test_bodies_of_uploads_are_measured_by_their_own_routes_and_json_is_not_one(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        part = await client.put("/uploads/parts/forged/u/1", content=b"x" * 2 * MIB)
        assert part.status_code == 403
        headers = {"Content-Type": "application/json"}
        session = await client.post(f"{API}/videos/upload", content=b" " * 2 * MIB, headers=headers)
        assert session.status_code == 413


async def test_a_body_just_within_the_limit_is_read(address: str) -> None:
    body = b'{"email": "ada@example.com", "password": "x"}'.ljust(MIB)
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        answer = await client.post(f"{API}/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


async def test_5_gb_that_were_announced_and_never_come_are_refused(address: str) -> None:
    answer, hung_up = await raw(address, post(5 * 1024 * MIB), b"{")
    assert answer.startswith("HTTP/1.1 413")
    assert hung_up


async def test_a_body_that_stops_coming_is_408_and_the_connection_is_closed(address: str) -> None:
    answer, hung_up = await raw(address, post(100), b'{"email"')
    assert answer.startswith("HTTP/1.1 408")
    assert "application/problem+json" in answer
    assert hung_up


async def test_a_body_of_a_byte_at_a_time_is_408_in_time(address: str) -> None:
    """No pause is as long as the limit; all of it together is."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(post(100_000).replace("\n", "\r\n").encode() + b"\r\n\r\n")

    async def trickle() -> None:
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with asyncio.timeout(10):
        trickling = asyncio.create_task(trickle())
        answer = await reader.read(65536)
        trickling.cancel()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    for _ in range(20):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(post(100).replace("\n", "\r\n").encode() + b'\r\n\r\n{"em')
        await writer.drain()
        writer.close()
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get(f"{API}/health/live")).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        f"GET / HTTP/1.1\nHost: x\nX-Large: {'a' * MIB}",
        f"GET /{'a' * 100_000} HTTP/1.1\nHost: x",
        "GET / HTTP/1.1\nHost: x\n" + "\n".join(f"X-{n}: {'a' * 100}" for n in range(2000)),
    ],
    ids=["one header", "the address", "many headers"],
)
async def test_a_head_that_is_too_large_is_refused(address: str, head: str) -> None:
    answer, hung_up = await raw(address, head)
    assert answer == "" or answer.startswith("HTTP/1.1 400")  # a reset may overtake the answer
    assert hung_up
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get(f"{API}/health/live")).status_code == 200


async def test_a_header_that_never_ends_is_400(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
    async with asyncio.timeout(20):
        answering = asyncio.create_task(reader.read(1000))
        while not answering.done():
            writer.write(b"a" * 1000)
            await asyncio.sleep(0)
    writer.close()
    assert (await answering).startswith(b"HTTP/1.1 400")


async def test_a_head_of_usual_size_is_no_matter_how_often_it_comes_on_one_connection(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        for _ in range(20):
            answer = await client.get(f"{API}/health/live", headers={"X-Some": "a" * 30_000})
            assert answer.status_code == 200


async def test_a_head_that_does_not_come_closes_the_connection(app: App) -> None:
    class Impatient(GuardedHttp):
        head_seconds = 0.2

    async with serve(app.app, Impatient) as address:
        for beginning in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b"):
            host, port = address.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(beginning)
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()
        async with httpx.AsyncClient(base_url=address) as client:
            assert (await client.get(f"{API}/health/live")).status_code == 200
