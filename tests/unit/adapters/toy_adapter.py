"""A small honest adapter for a made-up JSON agency, and hostile ones that each break one rule: the suite must bite."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx

from adapters.sdk import (
    Adapter,
    AdapterSettings,
    BadReplyError,
    Callback,
    CannotExpressError,
    Capacity,
    Delivered,
    FindOrder,
    Found,
    HttpEndpoint,
    HttpReply,
    InboundCall,
    InboundReply,
    NotFound,
    PrecheckOrder,
    Profile,
    Repeat,
    SubmitOrder,
    WireKey,
    Wires,
)
from adapters.sdk.testing import Subject
from schemas.privacy import present_paths
from schemas.services import ServiceCode

FIELDS = {"name": "client.name", "born": "client.birth_date", "phone": "client.phones", "words": "referral.opinion"}


class Toy(Adapter[AdapterSettings]):
    """Honest."""

    profile: ClassVar[Profile] = Profile(
        slug="toy",
        title="장난감",
        wire="REST/JSON",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_CASE}),
        discloses=frozenset(FIELDS.values()),
        requires=frozenset({"client.name"}),
        repeat=Repeat.KEYED,
        wire_key=WireKey(width=20),
    )

    def __init__(self, settings: AdapterSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        self.wire = wires.http(HttpEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes))

    def body(self, order: SubmitOrder) -> dict[str, Any]:
        beyond = sorted(present_paths(order.document) - self.profile.discloses)
        if beyond:
            raise CannotExpressError(beyond[0], "없음")
        client = order.document.client
        values = {
            "key": order.wire_key,
            "name": client.name,
            "born": client.birth_date and client.birth_date.isoformat(),
            "phone": client.phones[0] if client.phones else None,
            "words": order.document.referral.opinion,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def submit(self, order: SubmitOrder) -> Delivered:
        return self.read(await self.post(order, self.body(order)))

    async def post(self, order: SubmitOrder | FindOrder, body: dict[str, Any], path: str = "/register") -> HttpReply:
        return await self.wire.send(order.decision, "POST", path, body=json.dumps(body).encode())

    def read(self, reply: HttpReply) -> Delivered:
        try:
            receipt = json.loads(reply.body)["receipt"]
        except (ValueError, KeyError, TypeError, RecursionError):
            receipt = None
        if not isinstance(receipt, str) or not re.fullmatch(r"T[0-9]{1,6}|", receipt, re.ASCII):
            raise BadReplyError("toy: no receipt")
        return Delivered(receipt, "ok")

    async def find(self, order: FindOrder) -> Found | NotFound:
        answer = self.read(await self.post(order, {"key": order.wire_key}, "/find"))
        return Found(answer.receipt, "ok") if answer.receipt else NotFound("none")


class Boaster(Toy):
    """Says that a look-up settles an unknown, and cannot look up."""

    profile = replace(Toy.profile, repeat=Repeat.LOOKUP)
    find = None  # type: ignore[assignment]  # that is the point


class Hoarder(Toy):
    """Remembers what an earlier order told."""

    known: dict[str, Any]

    def body(self, order: SubmitOrder) -> dict[str, Any]:
        self.known = {**getattr(self, "known", {}), **super().body(order)}
        return self.known


class Gossip(Toy):
    """Tells what it does not say it discloses."""

    def body(self, order: SubmitOrder) -> dict[str, Any]:
        return {"key": order.wire_key, "name": order.document.client.name, "more": order.document.model_dump_json()}


class Dropper(Toy):
    """Leaves a field out."""

    def body(self, order: SubmitOrder) -> dict[str, Any]:
        body = super().body(order)
        body.pop("words", None)
        return body


class Quoter(Toy):
    """Quotes the agency's answer in its errors."""

    def read(self, reply: HttpReply) -> Delivered:
        try:
            return super().read(reply)
        except BadReplyError:
            raise BadReplyError(f"toy: {reply.body.decode('utf-8', 'replace')}") from None


class Logger(Toy):
    """Logs what it sends."""

    async def post(self, order: SubmitOrder | FindOrder, body: dict[str, Any], path: str = "/register") -> HttpReply:
        logging.getLogger("toy").debug("sending %s", body)
        return await super().post(order, body, path)


class Addresser(Toy):
    """Puts a name into the address."""

    async def post(self, order: SubmitOrder | FindOrder, body: dict[str, Any], path: str = "/register") -> HttpReply:
        return await super().post(order, body, f"{path}/{body.get('phone', '')}")


class Believer(Toy):
    """Takes any answer for a yes."""

    def read(self, reply: HttpReply) -> Delivered:
        try:
            return super().read(reply)
        except BadReplyError:
            return Delivered("", "ok")


class Echoer(Toy):
    """Takes whatever text comes for a receipt, which is kept and shown in clear."""

    def read(self, reply: HttpReply) -> Delivered:
        try:
            return Delivered(str(json.loads(reply.body)["receipt"]), "ok")
        except (ValueError, KeyError, TypeError, RecursionError):
            raise BadReplyError("toy: no receipt") from None


class Glutton(Toy):
    """Reads an answer many times over."""

    def read(self, reply: HttpReply) -> Delivered:
        copies = [reply.body + bytes([number]) for number in range(800)]
        return super().read(HttpReply(reply.status, reply.headers, copies[0][:-1]))


class Listener(Toy):
    """Is called, and lets its own errors out."""

    def read_callback(self, call: InboundCall) -> Callback:
        said = json.loads(call.body)
        return Callback(said["key"], None, (), InboundReply(200))


class Stumbler(Toy):
    """Lets its own errors out."""

    def read(self, reply: HttpReply) -> Delivered:
        return Delivered(json.loads(reply.body)["receipt"], "ok")


class Repeater(Toy):
    """Asks first whether anybody is there, under the decision that allows one write."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        await self.post(order, {}, "/hello")
        return await super().submit(order)


class Sidestepper(Toy):
    """Sends without asking the gate."""

    async def post(self, order: SubmitOrder | FindOrder, body: dict[str, Any], path: str = "/register") -> HttpReply:
        transport = self.wire._transport  # what nobody should do
        url = f"{self.settings.base_url}{path}"
        reply = await transport.handle_async_request(httpx.Request("POST", url, json=body))
        return HttpReply(reply.status_code, dict(reply.headers), await reply.aread())


class Chatterer(Toy):
    """Says who came last when it asks whether there is room."""

    last: str | None = None

    async def submit(self, order: SubmitOrder) -> Delivered:
        self.last = order.document.client.name
        return await super().submit(order)

    async def precheck(self, order: PrecheckOrder) -> Capacity:
        body = json.dumps({"name": self.last}, ensure_ascii=False).encode()
        await self.wire.send(order.decision, "POST", "/room", body=body)
        return Capacity(is_open=True, raw_code="ok")


class Caller(Toy):
    """Tells somebody else, by a connection of its own."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(b"somebody", ("127.0.0.1", 9))
        return await super().submit(order)


class Threader(Toy):
    """Does the same with a client that blocks, in a thread of its own."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        def connect() -> None:
            with socket.socket() as other:
                other.connect_ex(("127.0.0.1", 9))

        await asyncio.get_running_loop().run_in_executor(None, connect)
        return await super().submit(order)


class Asker(Toy):
    """Tells a name server: a name may hold anything."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        with suppress(OSError):
            socket.gethostbyname("somebody.invalid")
        return await super().submit(order)


class Starter(Toy):
    """Has a program do it."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        await (await asyncio.create_subprocess_exec("true")).wait()
        return await super().submit(order)


class Later(Toy):
    """Does it when the answer has been given, in a task that it leaves behind."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        self.left = asyncio.create_task(self._connect())
        delivered = await super().submit(order)
        await asyncio.sleep(0)
        return delivered

    async def _connect(self) -> None:
        with socket.socket() as other:
            other.connect_ex(("127.0.0.1", 9))


class Dumper(Toy):
    """Keeps what it could not read, for whoever looks into it."""

    def read(self, reply: HttpReply) -> Delivered:
        try:
            return super().read(reply)
        except BadReplyError:
            with tempfile.TemporaryFile() as dump:
                dump.write(reply.body)
            raise


class Builder(Toy):
    """Connects as soon as it is built."""

    def __init__(self, settings: AdapterSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        with socket.socket() as other:
            other.connect_ex(("127.0.0.1", 9))


class Rememberer(Toy):
    """Says who came last when it looks another referral up."""

    last: str | None = None

    async def submit(self, order: SubmitOrder) -> Delivered:
        self.last = order.document.client.name
        return await super().submit(order)

    async def find(self, order: FindOrder) -> Found | NotFound:
        answer = self.read(await self.post(order, {"key": order.wire_key, "name": self.last}, "/find"))
        return Found(answer.receipt, "ok") if answer.receipt else NotFound("none")


class Scribbler(Toy):
    """Writes what the contract does not know."""

    def body(self, order: SubmitOrder) -> dict[str, Any]:
        return {**super().body(order), "extra": "1"}


def toy_subject(adapter: type[Adapter[Any]] = Toy) -> Subject:
    """Make a subject with an agency that keeps what it was told."""
    registered: dict[str, str] = {}

    def agency(request: httpx.Request) -> httpx.Response:
        told = json.loads(request.content)
        if request.url.path == "/register":
            registered.setdefault(told["key"], f"T{len(registered)}")
        return httpx.Response(200, json={"receipt": registered.get(told.get("key", ""), "")})

    def problems(request: httpx.Request) -> list[str]:
        return [name for name in json.loads(request.content) if name not in {*FIELDS, "key"}]

    return Subject(
        adapter=adapter,
        settings=AdapterSettings(enabled=True, base_url="http://toy.invalid"),
        agency=httpx.MockTransport(agency),
        problems=problems,
        said=lambda request: request.content.decode(),
        calls=lambda body: InboundCall("POST", "", {}, body, datetime.now(UTC)),
        notices=(b'{"key": "NR2025"}',),
    )
