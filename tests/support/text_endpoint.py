"""A real HTTP server that speaks the chat completion protocol, well or badly, as each test scripts it."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

Scope = dict
Receive = Callable[[], Awaitable[dict]]
Send = Callable[[dict], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers; `hang` never ends the answer, `endless` never ends its body."""

    body: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hang: bool = False
    endless: bool = False


Script = Callable[[dict, int], Reply]


@dataclass
class Endpoint:
    """The running server: what it was asked, and how many requests it had in work at most.

    It answers nobody before `gather` requests are in work at once.
    """

    script: Script
    url: str = ""
    requests: list[dict] = field(default_factory=list)
    in_work: int = 0
    most_in_work: int = 0
    gather: int = 1
    gathered: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        assert scope["type"] == "http"
        self.in_work += 1
        self.most_in_work = max(self.most_in_work, self.in_work)
        if self.in_work >= self.gather:
            self.gathered.set()
        try:
            await self.gathered.wait()
            await self._answer(scope, receive, send)
        finally:
            self.in_work -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = json.loads(b"".join([part async for part in _body(receive)]))
        request["path"] = scope["path"]
        request["headers"] = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append(request)
        reply = self.script(request, len(self.requests))
        if reply.hang:
            await _disconnected(receive)
            return
        headers = [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if reply.endless:
            await _pour(send, receive)
            return
        await send({"type": "http.response.body", "body": reply.body.encode()})


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pour(send: Send, receive: Receive) -> None:
    """More bytes than any client should read; the client's hanging up ends it."""
    for _ in range(2000):
        await send({"type": "http.response.body", "body": b" " * 65536, "more_body": True})
    await _disconnected(receive)


@contextmanager
def endpoint(script: Script, *, gather: int = 1) -> Iterator[Endpoint]:
    """Serve on a free port until the block ends."""
    served = Endpoint(script, gather=gather)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    served.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    config = uvicorn.Config(served, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


def completion(content: str | None, *, usage: tuple[int, int] | None = (100, 20), **message: object) -> Reply:
    """A well-formed completion with this content."""
    body: dict = {"choices": [{"message": {"role": "assistant", "content": content, **message}}]}
    if usage:
        body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return Reply(json.dumps(body), headers=(("content-type", "application/json"),))


def sentences(*pairs: tuple[str, list]) -> Reply:
    """A completion of these sentences and their sources."""
    return completion(json.dumps({"sentences": [{"text": text, "sources": sources} for text, sources in pairs]}))


def passages_of(request: dict) -> list[tuple[int, str]]:
    """The passages in a request's data, as a model would find them."""
    lines = request["messages"][1]["content"].splitlines()[1:-1]
    return [(int(match[1]), match[2]) for line in lines if (match := re.match(r"\[(\d+)\] (.*)", line))]


def obliging(request: dict, _number: int) -> Reply:
    """A model that does as asked: it repeats every so many passages, with the right sources."""
    most = int(re.search(r"at most (\d+) sentences", request["messages"][0]["content"])[1])
    given = passages_of(request)
    chosen = given[:: max(1, -(-len(given) // most))][:most]
    return sentences(*((f"The speaker says: {text}", [number]) for number, text in chosen))
