"""Golden answers of 복지로, and its client before an agency that answers as told."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from adapters.bokjiro import Bokjiro
from adapters.bokjiro.settings import BokjiroSettings
from adapters.sdk import Gate, Impersonal, Wires
from adapters.sdk.decisions import steady_now

GOLDEN = Path(__file__).parents[2] / "contract" / "bokjiro"
KEY = "sample+key/with=="
ENCODED_KEY = "sample%2Bkey%2Fwith%3D%3D"


def golden(name: str) -> str:
    """Return one answer."""
    return (GOLDEN / name).read_text(encoding="utf-8")


def answer(name: str, status: int = 200) -> httpx.Response:
    """Return one golden answer as it comes over HTTP."""
    kind = "application/json" if name.endswith("json") else "text/xml"
    return httpx.Response(status, content=golden(name).encode(), headers={"content-type": f"{kind}; charset=utf-8"})


def page(total: int, *ids: str, code: str = "0") -> httpx.Response:
    """Return a page of a list."""
    entries = "".join(f"<servList><servId>{one}</servId><servNm>이름 {one}</servNm></servList>" for one in ids)
    body = f"<wantedList><totalCount>{total}</totalCount><resultCode>{code}</resultCode>{entries}</wantedList>"
    return httpx.Response(200, content=body.encode(), headers={"content-type": "text/xml"})


class Portal:
    """Answers the requests of a script, one after the other; the last answer goes on for ever."""

    def __init__(self, answers: Sequence[httpx.Response | Exception]) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(told, Exception):
            raise told
        return httpx.Response(told.status_code, content=told.content, headers=told.headers)


@asynccontextmanager
async def client_of(portal: Callable[[httpx.Request], httpx.Response], **settings: Any) -> AsyncIterator[Bokjiro]:
    """Build the client as the hub does, with a leave for every call, and no waits."""
    gate = Gate()

    def leave() -> Impersonal:
        made = Impersonal(attempt_id=uuid.uuid4().hex, recipient="bokjiro", send_by=steady_now() + 60)
        return gate.stamp(made)

    told = {"base_url": "http://portal.invalid/B554287", "service_key": KEY, "retry_first_seconds": 0.0, **settings}
    client = Bokjiro(BokjiroSettings(**told), Wires("bokjiro", gate, httpx.MockTransport(portal)), leave)
    try:
        yield client
    finally:
        await client.aclose()
