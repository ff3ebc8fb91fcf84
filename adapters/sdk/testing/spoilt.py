"""Makes answers that nobody should send: arbitrary bytes, and good messages spoilt as bytes, as JSON, as XML, as text.

Strategies for hypothesis, pure. `MARKS` are personal texts that they carry: no error, log or code may repeat them.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from hypothesis import strategies as st

MARKS: Mapping[str, tuple[str, ...]] = {
    "a name in an answer": ("답변속이름나루",),
    "an RRN in an answer": ("8002022000000", "800202-2000000"),
    "a phone in an answer": ("010-0000-7777", "01000007777"),
}
"""What an agency's answer may say of somebody, in the forms in which it is looked for."""

_MARKS = [form for forms in MARKS.values() for form in forms]
_TEXTS = [
    "", " ", "0", "-1", "1" * 400, "1" * 5000, "9" * 20, "1e999", "-0", "0x10", "1_0", "１２３", "٣٤", "²", "Ⅷ", "null",
    "20240230", "00000000", "99991231", "99991231235959", "00010101000000", "20241301250000", "2024-05-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "\x00", "\x1f", "\ufeff", "\u2028", "똠방각하",
    "가" * 3000, "한", "\U0001f6a2", "<", "&", "]]>", '"', "\\", "%", "=", ";", "A" * 70000, *_MARKS,
]  # fmt: skip
_TOKENS = [
    *(text.encode() for text in _TEXTS), *(mark.encode("cp949") for mark in _MARKS), b"\xff\xfe", b"\xed\xa0\x80",
    b"\xc7", "똠".encode("cp949"), b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<!--x-->", b"<?x y?>", b"<![CDATA[", b"&#0;",
    b"&#xD800;", b"&b;", b"xmlns:a=''", b'<?xml version="1.0" encoding="utf-16"?>', b"\\ud800", b"\\u0000", b"NaN",
    b"{", b"}", b"[", b"]", b",", b":", b"\r\n\r\n", b"\n", b"\t",
]  # fmt: skip
_RAW = ["1e999", "-1e999", "NaN", "1" * 5000, "1" * 4000, "1.0", "-0.0", "1E2", '"\\ud800"', '"\\u0000"', "tru", ""]
_VALUES: list[Any] = [None, True, False, 0, -1, 2**63, 10**40, 1.5, [], {}, [[]], [None], {"": ""}, *_TEXTS]
_PLACE = "@@here@@"
_LEAF = re.compile(rb"<([A-Za-z_][\w:.-]*)([^<>]*)>([^<>]*)</\1>")
_MOST_EDITS = 3


def bodies(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy of bodies: spoilt ones of these good ones, and anything."""
    anything = st.binary(max_size=400) | st.text(max_size=200).map(str.encode)
    if not good:
        return anything
    ways = [_edited(good), _edited(good), _framed_edits(good)]
    trees = [tree for body in good if (tree := _tree(body)) is not None]
    if trees:
        ways += [_reshaped(trees)] * 4
    marked_up = [body for body in good if _LEAF.search(body)]
    if marked_up:
        ways += [_retold(marked_up)] * 4
    return st.one_of(*ways, anything)


def replies(good: Sequence[httpx.Response]) -> st.SearchStrategy[httpx.Response]:
    """Return a strategy of HTTP answers: statuses, labels and bodies of good ones, mixed with strange ones."""
    statuses = [reply.status_code for reply in good]
    status = st.sampled_from(_weighted(statuses, range(200, 600, 9)))
    label = st.sampled_from(_weighted([reply.headers.get("content-type", "") for reply in good], _LABELS))
    more = st.sampled_from(_weighted([{}], [{name: value} for name in _NAMES for value in _HEADERS]))
    return st.builds(_reply, status, label, more, bodies([reply.content for reply in good]))


def telegrams(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy of what comes back on a telegram line: mostly framed well, for what is in it to be read."""
    inner = _same_length([one[4:] for one in good]) | bodies([one[4:] for one in good])
    return inner.map(lambda body: b"%04d" % min(len(body), 9999) + body[:9999]) | bodies(good)


def records(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy of files of fixed-length records: bytes changed in place, and all that `bodies` does."""
    return _same_length(good) | _same_length(good) | bodies(good)


_LABELS = [
    "", "text/html", "text/html; charset=euc-kr", "application/json", "application/json; charset=utf-16", "text/xml",
    "text/xml; charset=nonsense", "application/json; charset=", ";", "a" * 5000, "application/problem+json",
]  # fmt: skip
_NAMES = ["retry-after", "content-encoding", "content-length", "www-authenticate", "location", "set-cookie", "link"]
_HEADERS = [
    "0", "-1", "1" * 400, "\u00b2", "inf", "nan", "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359", "1 Jan 2025", "Mon, 99 Foo 2025 99:99:99 +999999999999", "gzip", "identity, br",
    "naru", ",", "a, 0, 0, 0, 0, 0, 0, 0, 0, 0",
]  # fmt: skip


def _weighted(usual: Sequence[Any], strange: Sequence[Any]) -> list[Any]:
    """Return what is to be drawn from: the usual seven times in eight."""
    return [*usual] * (7 * len(strange) // max(len(usual), 1)) + [*strange]


def _reply(status: int, label: str, more: Mapping[str, str], body: bytes) -> httpx.Response:
    headers = [(b"content-type", label.encode("latin-1"))]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in more.items()]
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


@st.composite
def _edited(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """Change a good message as bytes: cut, repeat, replace, insert."""
    body = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 12)))
        token = draw(st.sampled_from(_TOKENS) | st.binary(max_size=6))
        kind = draw(st.sampled_from(["cut", "insert", "replace", "repeat", "end", "cross"]))
        match kind:
            case "cut":
                body = body[:start] + body[end:]
            case "insert":
                body = body[:start] + token + body[start:]
            case "replace":
                body = body[:start] + token + body[end:]
            case "repeat":
                body = body[:end] + body[start:]
            case "end":
                body = body[:start]
            case _:
                body = body[:start] + draw(st.sampled_from(good))[start:]
    return body


@st.composite
def _same_length(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """Overwrite some bytes of a good message; its length stays."""
    body = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, _MOST_EDITS)) if body else 0):
        start = draw(st.integers(0, len(body) - 1))
        token = draw(st.sampled_from(_TOKENS) | st.binary(min_size=1, max_size=8))[: len(body) - start]
        body[start : start + len(token)] = token
    return bytes(body)


def _framed_edits(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Leave a good message alone, and put something before and behind it."""
    around = st.sampled_from([b"", *_TOKENS])
    return st.tuples(around, st.sampled_from(good), around).map(b"".join)


def _tree(body: bytes) -> Any:
    try:
        tree = json.loads(body)
    except ValueError:
        return None
    return tree if isinstance(tree, dict | list) else None


@st.composite
def _reshaped(draw: st.DrawFn, trees: Sequence[Any]) -> bytes:
    """Change a JSON message at one to three places: another value, none, one too many, or what is hardly JSON."""
    tree = json.loads(json.dumps(draw(st.sampled_from(trees))))
    raw = ""
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        places = list(_places(tree))
        if not places:
            break
        parent, name = draw(st.sampled_from(places))
        match draw(st.sampled_from(["value", "value", "raw", "drop", "more", "wrap"])):
            case "value":
                parent[name] = copy.deepcopy(
                    draw(st.sampled_from(_VALUES) | st.sampled_from(_MARKS) | st.text(max_size=30))
                )
            case "raw":
                raw, parent[name] = draw(st.sampled_from(_RAW)), _PLACE
            case "drop":
                del parent[name]
            case "more" if isinstance(parent, dict):
                parent[draw(st.sampled_from(_TEXTS))] = parent[name]
            case "more":
                parent.extend([parent[name]] * draw(st.sampled_from([1, 200])))
            case _:
                parent[name] = [parent[name]]
    said = json.dumps(tree, ensure_ascii=draw(st.booleans())).replace(json.dumps(_PLACE), raw)
    return said.encode("utf-8", "surrogatepass")


def _places(tree: Any) -> Any:
    for name, inner in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, name
        if isinstance(inner, dict | list):
            yield from _places(inner)


@st.composite
def _retold(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """Change what elements of an XML message say, repeat them, or leave them out."""
    body = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        leaves = list(_LEAF.finditer(body))
        if not leaves:
            break
        leaf = draw(st.sampled_from(leaves))
        token = draw(st.sampled_from(_TOKENS) | (st.sampled_from(_MARKS) | st.text(max_size=20)).map(str.encode))
        match draw(st.sampled_from(["say", "say", "say", "drop", "twice", "inside", "attribute"])):
            case "say":
                body = body[: leaf.start(3)] + token + body[leaf.end(3) :]
            case "drop":
                body = body[: leaf.start()] + body[leaf.end() :]
            case "twice":
                body = body[: leaf.end()] + leaf[0] + body[leaf.end() :]
            case "inside":
                body = body[: leaf.start(3)] + leaf[0] + body[leaf.start(3) :]
            case _:
                body = body[: leaf.end(2)] + b' a="' + token + b'"' + body[leaf.end(2) :]
    return body
