"""CPU of a signed and checked SOAP call against a raw httpx post of the same bytes: `make bench`.

Ratios of one run, of this process only; the server that answers is another one. The steps take turns, round by round.
Each counts by its quietest round, since a neighbour on the machine only ever adds; the median over all rounds stands
beside it. A read uses its connection again; a write makes one of its own, and a decision too (`docs/decisions/0010`).
The exit status is 1 if the bar is missed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from adapters.haengbok.adapter import _RULES, _operation, contract
from adapters.haengbok.mapping import REGISTER, register_content
from adapters.sdk import Disclose, Gate, HttpEndpoint, HttpWire, Impersonal, Wires
from adapters.sdk.decisions import steady_now
from adapters.sdk.testing import full_document
from adapters.sdk.transports.soap_envelope import parse, split
from adapters.sdk.transports.wsse import WsSecurity
from mocks.kit.pki import Certificates, make_certificates
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.services import ServiceCode

CALLS, ROUNDS = 50, 30
BAR = 3.0
"""The design's: a signed, schema-checked SOAP call costs at most so many times a raw post."""
PATH = "/referral/ReferralService"
HEADER = {
    "serviceName": "ReferralService",
    "useSystemCode": "NARUHUB01",
    "certServerId": "SVR6410000001",
    "transactionUniqueId": "2025011509000000000000002",
    "userDeptCode": "6410000",
    "userName": "서민금융복지지원센터",
}
KEY = "2501150900000000000000001"
REPLY = f"""<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>
<commonHeader xmlns="urn:naru:haengbok:referral:1">
{"".join(f"<{name}>{value}</{name}>" for name, value in HEADER.items())}</commonHeader>
</soap:Header><soap:Body><registerResponse xmlns="urn:naru:haengbok:referral:1"><rtnCd>0000</rtnCd><rtnMsg>정상</rtnMsg>
<linkReqNo>{KEY}</linkReqNo><rcptNo>HB202501150000001</rcptNo><procStcd>01</procStcd><rcptDt>20250115090000</rcptDt>
</registerResponse></soap:Body></soap:Envelope>"""


def security(made: Certificates, signer: str, peer: str) -> WsSecurity:
    return WsSecurity(certificate=made.certificate(signer), key=made.key(signer), ca=made.ca, peer=f"naru TEST {peer}")


def serve(body: bytes, told: Connection) -> None:
    """Answer every request with the same reply, with as little work as possible."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                asked = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            length = next(line[15:] for line in asked.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length))
            writer.write(head.encode() + body)

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await asyncio.sleep(3600)

    asyncio.run(run())


async def cpu_of(call: Callable[[], Awaitable[object]]) -> float:
    """Return the CPU milliseconds of one call, the mean of some."""
    start = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - start) / CALLS * 1000


async def measure(port: int, made: Certificates, message: bytes) -> dict[str, list[float]]:
    """Take the steps in turn, several rounds, and return the milliseconds of each, round by round."""
    url = f"http://127.0.0.1:{port}"
    gate, numbers = Gate(), count()
    read = gate.stamp(Impersonal(attempt_id="a", recipient="haengbok", send_by=steady_now() + 600))

    def write() -> Disclose:
        attempt, fields = str(next(numbers)), frozenset(REGISTER.discloses)
        said = {"attempt_id": attempt, "recipient": "haengbok", "send_by": steady_now() + 600}
        return gate.stamp(Disclose(**said, fields=fields, bases={}, fields_hmac=""))

    endpoint = HttpEndpoint(url, 10, 1 << 20)
    wires = Wires("haengbok", gate)
    http = HttpWire("haengbok", gate, endpoint)
    soap = wires.soap(endpoint, contract(), security(made, "hub-signing", "haengbok-signing"), _RULES)
    content = {"linkReqNo": KEY, "reqDeptCd": "6410000", **register_content(document())}
    operation = _operation("Referral", "register")
    async with httpx.AsyncClient(trust_env=False) as raw:
        steps: dict[str, Callable[[], Awaitable[object]]] = {
            "raw httpx post of the same bytes, connection kept": lambda: raw.post(url + PATH, content=message),
            "HttpWire, a read": lambda: http.send(read, "POST", PATH, body=message),
            "HttpWire, a write": lambda: http.send(write(), "POST", PATH, body=message),
            "SOAP signed and checked, a read": lambda: soap.call(read, PATH, operation, HEADER, content),
            "SOAP signed and checked, a write": lambda: soap.call(write(), PATH, operation, HEADER, content),
        }
        taken: dict[str, list[float]] = {name: [] for name in steps}
        for call in steps.values():
            await cpu_of(call)  # connections are made, caches filled
        for _ in range(ROUNDS):
            for name, call in steps.items():
                taken[name].append(await cpu_of(call))
    await http.aclose()
    await wires.aclose()
    return taken


def document() -> Disclosure:
    return prune(full_document(ServiceCode.WEL_BASIC), REGISTER.discloses)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        made = make_certificates(Path(folder) / "certificates")
        reply = security(made, "haengbok-signing", "").sign(split(parse(REPLY.encode())))
        content = {"linkReqNo": KEY, "reqDeptCd": "6410000", **register_content(document())}
        made_message = contract().make(_operation("Referral", "register"), HEADER, content)
        message = security(made, "hub-signing", "").sign(made_message)
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(reply, theirs), daemon=True)
        server.start()
        times = asyncio.run(measure(ours.recv(), made, message))
        server.terminate()
    base = next(iter(times.values()))
    ratio = 0.0
    print(f"{datetime.now(UTC):%Y-%m-%d}, request {len(message)} bytes, reply {len(reply)} bytes")  # noqa: T201 - it prints
    for name, spent in times.items():
        ratio = min(spent) / min(base)
        median = statistics.median(one / raw for one, raw in zip(spent, base, strict=True))
        print(f"{ratio:5.2f} (median {median:4.2f})  {min(spent):6.3f} ms CPU  {name}")  # noqa: T201 - the same
    print(f"the last one, the dearest, may cost {BAR:g} at most: {'met' if ratio <= BAR else 'MISSED'}")  # noqa: T201 - the same
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
