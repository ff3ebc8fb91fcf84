"""Answers that are small on the wire and large, deep or slow when read: for JSON, XML and telegrams. Pure data."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

_MILLION = 10**6


def bombs_for(good: Sequence[Any], cap: int) -> Iterator[tuple[str, Any]]:
    """Yield name and answer, labelled as these good answers are. `cap`: bytes that an answer may have."""
    if any(isinstance(one, bytes) for one in good):
        for name, body in _telegrams():
            yield name, body
        return
    for label in sorted({one.headers.get("content-type", "") for one in good}):
        for name, body in _bodies(cap):
            yield f"{name} as {label}", _reply(body, {"content-type": label})
        yield f"gzip as {label}", _reply(gzip.compress(b" " * (64 << 20)), {
            "content-type": label, "content-encoding": "gzip",
        })  # fmt: skip
        yield f"longer than it may be as {label}", _reply(b" " * (cap + 1), {"content-type": label})
        huge = {"content-type": label, "content-length": "9" * 30}
        yield f"a length without measure as {label}", _reply(b"{}", huge)


def _bodies(cap: int) -> Iterator[tuple[str, bytes]]:
    """Yield bodies within the cap."""
    whole = cap - 1
    yield "deep lists", b"[" * whole
    yield "deep lists, closed", b"[" * (whole // 2) + b"]" * (whole // 2)
    yield "deep objects", b'{"a":' * (whole // 5)
    yield "many lists", b"[" + b"[]," * (whole // 3 - 1) + b"[]]"
    yield "many names", b"{" + b",".join(b'"%x":0' % number for number in range(whole // 12)) + b"}"
    yield "one number", b"1" * min(whole, _MILLION)
    yield "a number in an object", b'{"a":' + b"1" * min(whole - 6, _MILLION) + b"}"
    yield "an exponent", b"1e" + b"9" * min(whole - 2, _MILLION)
    yield "an escaped text", b'"' + b"\\u0041" * (whole // 6 - 1) + b'"'
    yield "deep elements", b"<a>" * (whole // 3)
    yield "deep elements, closed", b"<a>" * (whole // 7) + b"</a>" * (whole // 7)
    yield "many elements", b"<a>" + b"<b/>" * (whole // 4 - 2) + b"</a>"
    yield "many attributes", b"<a " + b" ".join(b'b%x=""' % number for number in range(whole // 10)) + b"/>"
    yield "many namespaces", b"<a " + b" ".join(b'xmlns:b%x="c"' % number for number in range(whole // 18)) + b"/>"
    yield "many comments", b"<a>" + b"<!---->" * (whole // 7 - 2) + b"</a>"
    yield "one long text", b"<a>" + b"&lt;" * (whole // 4 - 2) + b"</a>"
    yield "entities", b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]><a>' + b"&b;" * 10_000 + b"</a>"


def _telegrams() -> Iterator[tuple[str, bytes]]:
    yield "all that a prefix can say", b"9999" + b"9" * 9999
    yield "more than its prefix says", b"0001" + b"1" * (1 << 20)
    yield "less than its prefix says", b"9999" + b"1"
    yield "half characters", b"9998" + b"\xc7" * 9998
    yield "noughts", b"9999" + b"\x00" * 9999


def _reply(body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))
