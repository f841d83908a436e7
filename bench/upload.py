"""How fast an upload comes in, beside a bare ASGI app that writes the body to disk, and how the server's memory grows.

    python -m bench.upload [--mib 512] [--rounds 3] [--memory-mib 2048] [--folder DIR]

Server and client are processes of their own, over loopback, on one disk; every way ends with fsync. Rounds interleave
and medians count, since the machine may be shared. The limit is the bare app of the same round.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from tests.support.uploads import MIB, PATIENCE, Account, Server, free_port, serving

CHUNK = 256 * 1024
HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
BLOCK = HEAD + os.urandom(CHUNK - len(HEAD))
BOUNDARY = b"bench-of-uploads-boundary"
OPENING = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="bench.mp4"\r\n\r\n' % BOUNDARY
CLOSING = b"\r\n--%s--\r\n" % BOUNDARY


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The limit: what comes is written as it comes; nothing is parsed, checked or handed to a thread."""
    assert scope["type"] == "http"
    with tempfile.NamedTemporaryFile(dir=os.environ["BENCH_FOLDER"], buffering=0) as file:
        while True:
            message = await receive()
            file.write(message.get("body", b""))
            if not message.get("more_body"):
                break
        os.fsync(file.fileno())
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def starlette_form(scope: Scope, receive: Receive, send: Send) -> None:
    """What a FastAPI application does by default: a spooled temporary file, then copied to where it belongs."""
    from starlette.datastructures import UploadFile
    from starlette.requests import Request
    from starlette.responses import Response

    async with Request(scope, receive).form() as form:
        upload = form["file"]
        assert isinstance(upload, UploadFile)
        with tempfile.NamedTemporaryFile(dir=os.environ["BENCH_FOLDER"], buffering=0) as file:
            while chunk := await upload.read(MIB):
                file.write(chunk)
            os.fsync(file.fileno())
    await Response(status_code=204)(scope, receive, send)


def serve_app(name: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """One of the applications above in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "bench.upload", "--serve", name, "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "BENCH_FOLDER": str(folder), "TMPDIR": str(folder)})
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    return process, port


def blocks(size: int) -> Iterator[bytes]:
    """A body of that many bytes (a multiple of CHUNK)."""
    for _ in range(size // CHUNK):
        yield BLOCK


def send(port: int, request: str, headers: dict[str, str], body: Iterator[bytes], length: int) -> tuple[int, str]:
    """Send a request by socket, which costs the client as little as can be; status and the whole answer."""
    lines = [f"{request} HTTP/1.1", "Host: bench", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        for block in body:
            connection.sendall(block)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    status = int(answer.split(b" ", 2)[1])
    assert status < 300, answer[:500]
    return status, answer.decode("latin-1")


def form(size: int) -> Iterator[bytes]:
    """The same bytes as the file of a multipart form."""
    yield OPENING
    yield from blocks(size)
    yield CLOSING


def send_form(port: int, path: str, headers: dict[str, str], size: int) -> None:
    length = size + len(OPENING) + len(CLOSING)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    send(port, f"POST {path}", {**headers, **kind}, form(size), length)


def send_tus(server: Server, account: Account, size: int) -> None:
    headers = {**account.headers, "Tus-Resumable": "1.0.0"}
    with server.client(account) as client:
        answer = client.post("/videos/upload/tus", headers={**headers, "Upload-Length": str(size)})
    assert answer.status_code == 201, answer.text
    more = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    send(server.port, f"PATCH {answer.headers['Location']}", {**headers, **more}, blocks(size), size)


def send_parts(server: Server, account: Account, size: int, at_once: int) -> None:
    """As the SDKs of object storages do it: several parts at once, each on its own connection."""
    with server.client(account) as client:
        body = {"filename": "bench.mp4", "size": size, "content_type": "video/mp4"}
        answer = client.post("/videos/upload", json=body)
        assert answer.status_code == 201, answer.text
        session = answer.json()
        part_size = session["upload"]["part_size"]

        def put(part: dict[str, Any]) -> dict[str, Any]:
            length = min(part_size, size - (part["number"] - 1) * part_size)
            _, told = send(server.port, f"PUT {part['url']}", {}, blocks(length), length)
            etag = next(line.split(": ", 1)[1] for line in told.split("\r\n") if line.lower().startswith("etag"))
            return {"number": part["number"], "etag": etag}

        with ThreadPoolExecutor(at_once) as pool:
            parts = list(pool.map(put, session["upload"]["parts"]))
        done = client.post(f"/videos/{session['video']['id']}/upload/complete", json={"parts": parts})
        assert done.status_code == 202, done.text


def empty(server: Server) -> None:
    """Make room for the next round."""
    for path in server.stored().values():
        path.unlink()


def timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(server: Server, account: Account, apps: dict[str, int], size: int, rounds: int) -> dict[str, list[float]]:
    ways: dict[str, Callable[[], None]] = {
        "bare ASGI app": lambda: send(apps["bare"], "POST /", {}, blocks(size), size) and None,
        "Starlette's form": lambda: send_form(apps["starlette_form"], "/", {}, size),
        "multipart": lambda: send_form(server.port, "/api/v1/videos/upload", account.headers, size),
        "tus": lambda: send_tus(server, account, size),
        "parts, 4 at once": lambda: send_parts(server, account, size, 4),
        "parts, one by one": lambda: send_parts(server, account, size, 1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            os.sync()
            seconds[name].append(timed(way))
            empty(server)
    return seconds


def report(seconds: dict[str, list[float]], size: int) -> None:
    """`of bare` is the median of each round's own ratio; `best` compares the best rounds of both."""
    bare_seconds = seconds["bare ASGI app"]
    print(f"{'':18}{'median s':>10}{'MB/s':>8}{'of bare':>9}{'best':>7}")
    for name, values in seconds.items():
        middle = statistics.median(values)
        ratio = statistics.median(limit / value for limit, value in zip(bare_seconds, values, strict=True))
        print(f"{name:18}{middle:10.2f}{size / 1e6 / middle:8.0f}{ratio:9.2f}{min(bare_seconds) / min(values):7.2f}")


def report_memory(folder: Path, size: int) -> None:
    print(f"\nGrowth of the server's resident memory while {size // MIB} MiB come in (limit: 64 MiB)")
    ways: dict[str, Callable[[Server, Account], None]] = {
        "multipart": lambda server, account: send_form(server.port, "/api/v1/videos/upload", account.headers, size),
        "tus": lambda server, account: send_tus(server, account, size),
        "parts, 4 at once": lambda server, account: send_parts(server, account, size, 4),
    }
    for name, way in ways.items():
        with tempfile.TemporaryDirectory(dir=folder) as data, serving(Path(data)) as server:
            account = server.account()
            server.client(account).get("/health/live")
            before = server.memory()
            way(server, account)
            print(f"{name:18}{(server.memory_peak() - before) / MIB:8.1f} MiB (peak)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-mib", type=int, default=2048)
    parser.add_argument("--folder", type=Path, default=None, help="where to write; its disk is what is measured")
    parser.add_argument("--serve", choices=["bare", "starlette_form"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        app = {"bare": bare, "starlette_form": starlette_form}[options.serve]
        uvicorn.run(app, port=options.port, log_level="warning", access_log=False, lifespan="off")
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        run(Path(folder), options)


def run(folder: Path, options: argparse.Namespace) -> None:
    size = options.mib * MIB
    print(f"{options.mib} MiB, {options.rounds} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    (folder / "data").mkdir()
    apps = {name: serve_app(name, folder) for name in ("bare", "starlette_form")}
    try:
        with serving(folder / "data") as server:
            ports = {name: port for name, (_, port) in apps.items()}
            report(measure(server, server.account(), ports, size, options.rounds), size)
    finally:
        for process, _ in apps.values():
            process.terminate()
            process.wait()
    if options.memory_mib:
        report_memory(folder, options.memory_mib * MIB)


if __name__ == "__main__":
    main()
