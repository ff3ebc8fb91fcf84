"""The 불법사금융 피해구제 adapter and its mock on sockets, and the contract's own judgement of a form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import httpx

from adapters.illegal_lending import IllegalLending
from adapters.illegal_lending.settings import IllegalLendingSettings
from adapters.sdk.testing import Subject
from mocks.illegal_lending import IllegalLendingMock
from mocks.kit.run import MockServer

SLUG = "illegal_lending"
FORM = json.loads((files("schemas") / "agencies" / SLUG / "form.json").read_text(encoding="utf-8"))


@asynccontextmanager
async def served() -> AsyncIterator[MockServer]:
    """Serve the mock on a free port."""
    async with MockServer([IllegalLendingMock]) as server:
        yield server


def subject_for(server: MockServer) -> Subject:
    """Return the adapter as the suite wants it, on its way to the mock."""
    return Subject(
        adapter=IllegalLending,
        settings=IllegalLendingSettings(enabled=True, base_url=server.url_of(SLUG)),
        agency=httpx.AsyncHTTPTransport(),
        problems=lambda request: list(problems(request)),
        said=said,
    )


def problems(request: httpx.Request) -> Iterator[str]:
    """Yield what in a form breaks the contract, judged with the standard library alone."""
    told = next((one for one in FORM["operations"].values() if request.url.path.endswith(one["path"])), None)
    if told is None:
        yield "no such path"
        return
    if request.headers["content-type"] != f"{FORM['content_type']}; charset=EUC-KR":
        yield "another content type"
    fields = {field["name"]: field for field in told["fields"]}
    for name, value in _pairs(request):
        if name not in fields:
            yield f"{name}: unknown"
        elif len(value.encode("cp949")) > fields[name]["bytes"]:
            yield f"{name}: too long"
    yield from (f"{name}: missing" for name, one in fields.items() if one.get("required") and not _has(request, name))


def said(request: httpx.Request) -> str:
    """Return what the agency reads of a form, but for the message's own id."""
    return repr([pair for pair in _pairs(request) if pair[0] != "TRAN_ID"])


def _has(request: httpx.Request, name: str) -> bool:
    return any(told == name and value for told, value in _pairs(request))


def _pairs(request: httpx.Request) -> list[tuple[str, Any]]:
    return parse_qsl(request.content.decode("ascii"), True, True, encoding="cp949", errors="strict")
