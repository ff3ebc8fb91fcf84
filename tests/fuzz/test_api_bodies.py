"""What a centre's application may send: bodies, queries, headers, cursors of every route; nothing is echoed."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "api"))

from api_bench import Bench, bench_in

from adapters.sdk.testing.fuzzing import fuzz, fuzz_calls, grows_by_at_most
from adapters.sdk.testing.spoilt import MARKS, bodies
from hub.access.api_keys import _FORM
from hub.api.paging import from_cursor, sequence_of, to_cursor

pytestmark = pytest.mark.slow
MARKED = ["답변속이름나루", "8002022000000", "800202-2000000", "010-0000-7777"]
ODD_TEXTS = st.sampled_from([*MARKED, "\u00b2", "", " ", "%00", "../..", "1" * 400, "a" * 3000]) | st.text(max_size=40)
HEADERS = ["Authorization", "Idempotency-Key", "Content-Type", "Content-Encoding", "Content-Length", "Accept",
           "X-Request-Id", "X-Forwarded-For", "Traceparent", "If-Match", "Range", "Cookie"]  # fmt: skip


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_in(tmp_path) as bench:
        yield bench


def _operations(bench: Bench) -> Iterator[tuple[str, str, list[bytes]]]:
    """Yield method, path and example bodies of every operation that the API describes."""
    for path, methods in bench.app.openapi()["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = [one["value"] for one in content.get("examples", {}).values() if "value" in one]
            examples += [content["example"]] if "example" in content else []
            yield method.upper(), path, [json.dumps(one, ensure_ascii=False).encode() for one in examples]


def _marked(examples: list[bytes]) -> st.SearchStrategy[bytes]:
    """Draw bodies; some are good ones whose texts are personal marks."""
    trees = [json.loads(one) for one in examples]
    return bodies(examples) | st.sampled_from([json.dumps(_all_marked(tree)).encode() for tree in trees] or [b"{}"])


def _all_marked(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _all_marked(inner) for name, inner in tree.items()}
    if isinstance(tree, list):
        return [_all_marked(inner) for inner in tree]
    return MARKED[0] if isinstance(tree, str) else copy.copy(tree)


def _expect_silence(reply: Any) -> None:
    """Require that an answer is none of a defect, and that a problem echoes nothing; /readyz may say that it is not."""
    if reply.request.url.path == "/readyz":
        return
    assert reply.status_code < 500 or reply.status_code == 503, (reply.status_code, reply.text)
    if reply.status_code >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
        told = reply.text + json.dumps(dict(reply.headers), ensure_ascii=False)
        assert not any(mark in told for marks in MARKS.values() for mark in marks), told


async def test_any_body_is_read_or_refused(bench: Bench) -> None:
    """Every operation, whatever its body: an answer below 500, and no problem repeats what was sent."""
    ids = [await _some_id(bench), "ref_0", "%00", "é" * 3]
    for method, path, examples in _operations(bench):
        if method == "GET":
            continue

        async def check(example: tuple[bytes, str, str], method: str = method, path: str = path) -> None:
            body, one, label = example
            target = _filled(path, one)
            headers = {"Content-Type": label, "Idempotency-Key": "a-key"}
            _expect_silence(await bench.ask.request(method, target, content=body, headers=headers))

        labels = ["application/json"] * 7 + ["application/json; charset=utf-16", "text/plain", ";", "a/b; c*=d''e"]
        examples_of = st.tuples(_marked(examples), st.sampled_from(ids), st.sampled_from(labels))
        await fuzz_calls(f"API {method} {path}", examples_of, check)


async def test_any_query_and_header_is_read_or_refused(bench: Bench) -> None:
    """Every operation, whatever stands in its query and its headers: likewise."""
    operations = [(method, path) for method, path, _ in _operations(bench)]
    names = ["cursor", "limit", "delivery", "business", "agency", "after", "q", "\u00e9", "client.name"]
    queries = st.dictionaries(st.sampled_from(names) | ODD_TEXTS, ODD_TEXTS, max_size=3)
    headers = st.dictionaries(st.sampled_from(HEADERS), ODD_TEXTS.map(_as_header), max_size=3)

    async def check(example: tuple[tuple[str, str], dict[str, str], dict[str, bytes]]) -> None:
        (method, path), query, more = example
        _expect_silence(await bench.ask.request(method, _filled(path, "ref_1"), params=query, headers=more))

    await fuzz_calls("API queries and headers", st.tuples(st.sampled_from(operations), queries, headers), check)


async def test_any_key_opens_nothing(bench: Bench) -> None:
    """Whatever calls itself an API key: 401, or the answer that the right one gets."""
    good = bench.key
    keys = st.sampled_from([good, good[:-1], good.upper(), f"naru_{'a' * 12}_{'b' * 43}"]) | st.from_regex(_FORM)

    async def check(example: tuple[str, str]) -> None:
        scheme, key = example
        reply = await bench.nobody.get("/v1/agencies", headers={"Authorization": _as_header(f"{scheme} {key}")})
        assert reply.status_code == (200 if (scheme.lower(), key) == ("bearer", good) else 401), reply.text
        assert len(key) < 20 or key not in reply.text

    schemes = st.sampled_from(["Bearer", "bearer", "Basic", "", "Bearer Bearer"])
    await fuzz_calls("API keys", st.tuples(schemes, keys | ODD_TEXTS.filter(str.strip)), check)


def test_any_cursor_is_a_position_or_refused() -> None:
    """What is no cursor of ours is a ValueError; a cursor leads to its own position."""

    def check(text: str) -> None:
        refusal = ""
        try:
            position = from_cursor(text)
        except ValueError as error:
            refusal = str(error)
        else:
            assert (from_cursor(to_cursor(position)), sequence_of(position) >= 0) == (position, True)
        assert len(text) < 2 or text not in refusal

    fuzz("cursors", ODD_TEXTS | st.binary(max_size=30).map(lambda raw: to_cursor(raw.decode("latin-1"))), check)


BOMBS = {
    "deep lists": b"[" * 500_000,
    "deep lists, closed": b"[" * 400_000 + b"]" * 400_000,
    "lists as deep as Python reads": b"[" * 900 + b"]" * 900,
    "objects as deep as Python reads": b'{"a":' * 900 + b"1" + b"}" * 900,
    "a name twice, deep down": b'{"a":' * 900 + b'{"b":1,"b":2}' + b"}" * 900,
    "one number": b"1" * 1_000_000,
    "a number in an object": b'{"reference":' + b"1" * 1_000_000 + b"}",
    "many names": b"{" + b",".join(b'"%x":0' % number for number in range(90_000)) + b"}",
    "many consents": b'{"consents":[' + b",".join([b"{}"] * 300_000) + b"]}",
    "one long text": b'{"reference":"' + b"\\u0041" * 160_000 + b'"}',
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_body_that_is_a_bomb_is_refused(bench: Bench, name: str) -> None:
    """What is small on the wire and large or deep when read: refused, in bounded memory."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a-key"}
    for path in ("/v1/cases", "/v1/consents", "/v1/webhooks", "/v1/prechecks"):
        with grows_by_at_most(256 << 20, name):
            reply = await bench.ask.post(path, content=BOMBS[name], headers=headers)
        _expect_silence(reply)
        assert (reply.status_code in {400, 413, 422}, len(reply.content) < 1 << 20) == (True, True)


def _filled(path: str, value: str) -> str:
    head, brace, rest = path.partition("{")
    return head + value + _filled(rest.partition("}")[2], value) if brace else path


def _as_header(text: str) -> bytes:
    return "".join(char for char in text if char >= " " and char != "\x7f").encode("utf-8", "replace").strip()


async def _some_id(bench: Bench) -> str:
    accepted = await bench.accept()
    return str(accepted["referrals"][0]["id"])
