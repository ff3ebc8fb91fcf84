"""What the tests of the kit share: an agency of their own, a raw caller, and a listener for callbacks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.callbacks import Callback
from mocks.kit.connection import Answer
from mocks.kit.desk import Desk
from mocks.kit.server import HttpServer

HONEST = '{"receipt":"R-1","message":"정상 처리되었습니다"}'.encode()


class FerryMock(HttpMock):
    """A tiny agency: POST /register writes an act, POST /find shows whether it is visible, POST /crash breaks."""

    slug: ClassVar[str] = "ferry"
    title: ClassVar[str] = "나루터"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "made up for tests <only>"
    operations: ClassVar[tuple[str, ...]] = ("register", "find")
    callbacks: ClassVar[tuple[str, ...]] = ("notice",)
    own_faults: ClassVar[frozenset[str]] = frozenset({"unsigned_reply", "agency_fault_500"})

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def operation_of(self, request: Request) -> str:
        name = request.path.removeprefix("/")
        return name if name in self.operations else "other"

    async def handle(self, request: Request) -> Reply:
        if request.path == "/crash":
            raise RuntimeError(request.body.decode())
        if request.path == "/register":
            self.desk.journal.note("K-1", ["name"])
            self.desk.ledger.append("register", "K-1", "R-1", {"name": request.body.decode()}, "received")
            return Reply(200, HONEST)
        if request.path == "/find":
            seen = [act for act in self.desk.ledger.acts if self.desk.ledger.is_visible(act)]
            return Reply(200, json.dumps({"found": len(seen)}).encode())
        return Reply(200, request.body, "application/octet-stream", (("X-Query", request.query),))

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        return Reply(500 if fault == "agency_fault_500" else 200, f"{fault} {reply is not None}".encode())

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        if "call" not in order:
            raise ValueError("an order of the ferry has call")
        for text in order["call"]:
            self.desk.call_back("notice", lambda text=text: Callback(text.encode(), "text/plain"))
        return {"called": len(order["call"])}


async def raw_call(
    port: int, data: bytes, *, seconds: float = 20.0, enough: Callable[[bytes], bool] | None = None
) -> tuple[bytes, str]:
    """Send bytes, return all bytes that come back and how the connection ended: `closed`, `reset` or `open`.

    It is `open` after so many seconds; or a moment after `enough` is true of what came, if nothing more does.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        writer.write(data)
        await writer.drain()
        async with asyncio.timeout(seconds):
            while chunk := await _next(reader, received, enough):
                received += chunk
    except ConnectionResetError:
        return received, "reset"
    except TimeoutError:
        return received, "open"
    finally:
        writer.transport.abort()
    return received, "closed"


async def _next(reader: asyncio.StreamReader, received: bytes, enough: Callable[[bytes], bool] | None) -> bytes:
    """Return what comes next, nothing at the end.

    Raises:
        TimeoutError: a moment passed without anything, and what came before is enough.
    """
    while True:
        with_nothing_more = enough is not None and enough(received)
        try:
            async with asyncio.timeout(0.1):
                return await reader.read(65536)
        except TimeoutError:
            if with_nothing_more:
                raise


def post(path: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a plain HTTP/1.1 POST."""
    lines = (f"POST {path} HTTP/1.1", "Host: mock", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return as soon as `holds()`; fail if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - any condition, also one that nobody announces
            await asyncio.sleep(0.005)


class Listener:
    """Receives callbacks; answers with the statuses in `answers`, then with 200."""

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.answers: list[int] = []
        self.body = b""
        self.url = ""

    @property
    def bodies(self) -> list[str]:
        return [request.body.decode() for request in self.received]

    def at_head(self, method: str, path: str) -> Answer | None:
        return None

    async def answer(self, request: Request) -> Answer:
        self.received.append(request)
        return Answer(Reply(self.answers.pop(0) if self.answers else 200, self.body))


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener, server = Listener(), HttpServer()
    listener.url = f"http://127.0.0.1:{await server.bind('127.0.0.1', 0)}/callbacks"
    await server.serve(listener)
    try:
        yield listener
    finally:
        await server.stop()
