"""The control API under `/_mock/`: for testers and the auditor. It is no part of any agency's contract.

JSON in and out; an error is `{"error": "…"}` with 400 (not JSON), 404, 405 or 422 (JSON, but not what can be done).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mocks.kit.agency import Reply, Request
from mocks.kit.clock import LONGEST_WAIT_SECONDS, BusinessClock
from mocks.kit.counter import Counter
from mocks.kit.fault_catalogue import CATALOGUE
from mocks.kit.file_faults import FILE_CATALOGUE

Counters = Mapping[str, Counter]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def complain(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    """Return an error answer of the kit itself."""
    return Reply(status, json.dumps({"error": text}, ensure_ascii=False).encode(), headers=headers)


async def answer_control(request: Request, clock: BusinessClock, counters: Counters) -> Reply:
    """Answer `request`, whose path begins after `/_mock`."""
    handlers = _handlers(request.path, clock, counters)
    if not handlers:
        return complain(404, f"no such control path; agencies are: {', '.join(counters)}")
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        allowed = ", ".join(handlers)
        return complain(405, f"use {allowed} here", ("Allow", allowed))
    try:
        result = await handler(request)
    except _NotJsonError as error:
        return complain(400, str(error))
    except ValueError as error:
        return complain(422, str(error))
    return Reply(200, json.dumps(result, ensure_ascii=False).encode())


Handler = Callable[[Request], Awaitable[Mapping[str, Any]]]


class _NotJsonError(ValueError):
    """The body is not a JSON object."""


def _handlers(path: str, clock: BusinessClock, counters: Counters) -> Mapping[str, Handler]:
    """Return the handlers of `path` by method; none if there is no such path."""
    match path.strip("/").split("/"):
        case ["agencies"]:
            return {"GET": lambda _: _list_agencies(counters)}
        case ["faults"]:
            return {"GET": lambda _: _describe_faults()}
        case ["clock"]:
            return {"GET": lambda request: _read_clock(request, clock), "POST": lambda request: _move(request, clock)}
        case ["reset"]:
            return {"POST": lambda _: _reset(clock, counters)}
        case [slug, what] if slug in counters:
            return _handlers_of(counters[slug], what)
        case _:
            return {}


def _handlers_of(counter: Counter, what: str) -> Mapping[str, Handler]:
    return {
        "ledger": {"GET": lambda _: _show(counter.desk.ledger.as_json(counter.kind.slug))},
        "journal": {"GET": lambda _: _show(counter.desk.journal.as_json(counter.kind.slug))},
        "faults": {
            "GET": lambda _: _show(counter.faults.as_json()),
            "PUT": lambda request: _set_faults(request, counter),
        },
        "advance": {"POST": lambda request: _advance(request, counter)},
        "callback": {"PUT": lambda request: _set_callback(request, counter)},
    }.get(what, {})


async def _show(what: Mapping[str, Any]) -> Mapping[str, Any]:
    return what


async def _list_agencies(counters: Counters) -> Mapping[str, Any]:
    return {"agencies": [counter.as_json() for counter in counters.values()]}


async def _describe_faults() -> Mapping[str, Any]:
    return {
        "faults": [kind.as_json() for kind in CATALOGUE.values()],
        "file_faults": [kind.as_json() for kind in FILE_CATALOGUE.values()],
    }


async def _set_faults(request: Request, counter: Counter) -> Mapping[str, Any]:
    await counter.set_faults(_object(request))
    return counter.faults.as_json()


async def _advance(request: Request, counter: Counter) -> Mapping[str, Any]:
    return counter.mock.advance(_object(request))


async def _set_callback(request: Request, counter: Counter) -> Mapping[str, Any]:
    """Set where callbacks go, `{"url": "http://127.0.0.1:…"}`: the hub may get its port after the mocks got theirs."""
    body = _object(request)
    url = body.get("url")
    if set(body) != {"url"} or not isinstance(url, str):
        raise ValueError('the body must be {"url": "http://127.0.0.1:…"}, or {"url": ""} for no callbacks')
    if url and urlsplit(url).hostname not in _LOOPBACK:
        raise ValueError("callbacks go to loopback addresses only")
    counter.call_back_to(url)
    return {"slug": counter.kind.slug, "url": url}


async def _read_clock(request: Request, clock: BusinessClock) -> Mapping[str, Any]:
    """Tell the time; with `?after=<version>&wait=<seconds>` as soon as the version is another one."""
    query = parse_qs(request.query)
    if set(query) - {"after", "wait"}:
        raise ValueError("known query parameters are after and wait")
    if "after" in query:
        after, wait = query["after"][-1], query.get("wait", [str(LONGEST_WAIT_SECONDS)])[-1]
        if not after.isdecimal() or not wait.replace(".", "", 1).isdecimal():
            raise ValueError("after must be a version and wait a number of seconds")
        await clock.wait_change(int(after), float(wait))
    return clock.as_json()


async def _move(request: Request, clock: BusinessClock) -> Mapping[str, Any]:
    body = _object(request)
    match body:
        case {"advance_seconds": int() | float() as seconds} if len(body) == 1 and not isinstance(seconds, bool):
            clock.advance(seconds)
        case {"set": str() as moment} if len(body) == 1:
            clock.set(datetime.fromisoformat(moment))
        case _:
            raise ValueError('the body must be {"advance_seconds": n} or {"set": "2025-01-15T09:00:00+09:00"}')
    return clock.as_json()


async def _reset(clock: BusinessClock, counters: Counters) -> Mapping[str, Any]:
    for counter in counters.values():
        await counter.reset()
    clock.reset()
    return {"reset": list(counters), "clock": clock.as_json()}


def _object(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise _NotJsonError("the body must be a JSON object in UTF-8") from None
    if not isinstance(body, dict):
        raise _NotJsonError("the body must be a JSON object in UTF-8")
    return body
