"""The 신용회복위원회 adapter before the mock, over TLS on its own port: settings, the suite's subject, and orders."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx

from adapters.ccrs import Ccrs
from adapters.ccrs.settings import CcrsSettings
from adapters.sdk import InboundCall, client_tls
from adapters.sdk.json_contract import JsonContract
from adapters.sdk.kst import utc_now
from adapters.sdk.testing import Bench, Subject, live_bench_of
from mocks.ccrs import CcrsMock
from mocks.ccrs.tokens import CLIENT_ID, CLIENT_SECRET
from mocks.kit.counter import Counter
from mocks.kit.ledger import Act
from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

SLUG = "ccrs"
GOLDEN = Path(__file__).parents[1] / "contract" / SLUG / "status_notice.signed.json"
SECRET = "shared-test-secret"
CONTRACT = JsonContract(SLUG, files("schemas") / "agencies" / SLUG)
BODIES = {"debt-adjustments": "RegisterBody", "supplements": "SupplementBody", "withdrawal": "WithdrawBody"}


def settings_for(base_url: str, certificates: Certificates, **more: Any) -> CcrsSettings:
    """Return settings that reach a mock with these certificates."""
    told = {
        "enabled": True,
        "base_url": base_url,
        "certificate": certificates.certificate("hub-client"),
        "key": certificates.key("hub-client"),
        "ca": certificates.ca,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "callback_secret": SECRET,
    }
    return CcrsSettings.model_validate(told | more)


def fetches_token(request: httpx.Request) -> bool:
    """Tell whether a request fetches a token."""
    return request.url.path.endswith("/oauth2/token")


def problems(request: httpx.Request) -> list[str]:
    """Judge a request by the contract's files."""
    found = [] if request.headers.get("authorization", "").startswith("Bearer ") else ["no token"]
    if request.method == "GET":
        return found + (["body"] if request.content else [])
    if request.headers["content-type"] != "application/json; charset=utf-8":
        found.append("content type")
    broken = CONTRACT.violation(BODIES[request.url.path.rpartition("/")[2]], json.loads(request.content))
    return found + ([str(broken)] if broken is not None else [])


def said(request: httpx.Request) -> str:
    """Write what the agency reads."""
    return f"{request.method} {request.content.decode()}"


def subject_for(mocks: MockServer, certificates: Certificates) -> Subject:
    """Return the suite's subject: the adapter before a mock."""
    settings = settings_for(mocks.url_of(SLUG), certificates)
    tls = client_tls(
        ca=certificates.ca, certificate=certificates.certificate("hub-client"), key=certificates.key("hub-client")
    )
    agency = httpx.AsyncHTTPTransport(verify=tls)
    return Subject(
        adapter=Ccrs,
        settings=settings,
        agency=agency,
        problems=problems,
        said=said,
        fetches_token=fetches_token,
        calls=signed_call,
        notices=(json.loads(GOLDEN.read_bytes())["body"].encode(),),
    )


def signed_call(body: bytes) -> InboundCall:
    """Make a notice with this body, as the agency signs it now."""
    now, nonce = utc_now(), secrets.token_hex(16)
    stamp = str(int(now.timestamp()))
    signature = hmac.digest(SECRET.encode(), f"{stamp}\n{nonce}\n".encode() + body, "sha256")
    headers = {"x-ccrs-timestamp": stamp, "x-ccrs-nonce": nonce}
    headers["x-ccrs-signature"] = base64.b64encode(signature).decode()
    return InboundCall("POST", "", headers, body, now)


class Desk:
    """An adapter that is connected to a mock, and control of the mock."""

    def __init__(self, mocks: MockServer, bench: Bench) -> None:
        self.mocks = mocks
        self.bench = bench
        self.counter: Counter = mocks.counters[SLUG]

    def fault(self, name: str, operation: str = "*", **more: float) -> None:
        """Let one fault strike from now on."""
        self.counter.faults.set({"faults": [{"name": name, "operation": operation, **more}]})

    def behave(self) -> None:
        """Let no fault strike any more."""
        self.counter.faults.clear()

    def advance(self, key: str, state: str, **more: str) -> None:
        """Move an application on, as the agency."""
        self.counter.mock.advance({"key": key, "to": state, **more})

    def revoke_tokens(self) -> int:
        """Take back every token that the agency issued."""
        return int(self.counter.mock.advance({"tokens": "revoke"})["revoked"])

    @property
    def acts(self) -> tuple[Act, ...]:
        """The acts that the agency accepted, by its own record."""
        return self.counter.desk.ledger.acts

    def calls(self, operation: str) -> int:
        """Return how many requests for an operation reached the agency."""
        entries = self.counter.desk.journal.entries
        return sum(entry.direction == "in" and entry.operation == operation for entry in entries)


@asynccontextmanager
async def serving(certificates: Certificates, **more: str) -> AsyncIterator[MockServer]:
    """Serve the mock, alone."""
    settings = {"certificates": str(certificates.folder), "callback_secret": SECRET, **more}
    async with MockServer([CcrsMock], {SLUG: settings}) as mocks:
        yield mocks


@asynccontextmanager
async def connected(certificates: Certificates, *, told: Any = None, **more: str) -> AsyncIterator[Desk]:
    """Serve the mock, told `more`, and connect the adapter to it, told `told`."""
    async with serving(certificates, **more) as mocks:
        settings = settings_for(mocks.url_of(SLUG), certificates, **(told or {}))
        async with live_bench_of(Ccrs, settings) as bench:
            yield Desk(mocks, bench)
