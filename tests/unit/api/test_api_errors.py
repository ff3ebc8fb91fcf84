from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from api_bench import Bench, case
from sqlalchemy import text

from hub.api.app import build_app

MARKER = "홍비밀"
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def _told(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["content-type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == reply.status_code
    assert problem["title"]
    assert problem["detail"]
    return reply.status_code, problem["type"].removeprefix("urn:naru:problem:")


async def test_unknown_path_is_a_problem(bench: Bench) -> None:
    """A path that does not exist, a trailing slash among them, is a 404 problem that does not repeat it."""
    replies = [await bench.ask.get(path) for path in (f"/v1/{MARKER}", "/v1/cases/", "/", "/console")]

    assert {_told(reply) for reply in replies} == {(404, "unknown-path")}
    assert not [reply for reply in replies if MARKER in reply.text or "cases" in reply.text]


async def test_wrong_method_is_a_problem(bench: Bench) -> None:
    """Another method than the path has is a 405 problem that names those it has."""
    reply = await bench.ask.delete("/v1/cases")

    assert (_told(reply), reply.headers["allow"]) == ((405, "method-not-allowed"), "POST")


async def test_wrong_method_is_told_of_all_methods_of_the_path(bench: Bench) -> None:
    """Also where a path has several, each served by a route of its own."""
    reply = await bench.ask.put("/v1/webhooks/hook_1")

    assert (reply.status_code, reply.headers["allow"]) == (405, "DELETE, GET, PATCH")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=euc-kr"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_other_media_types_are_refused(bench: Bench, headers: dict[str, str]) -> None:
    """A body that is not plain UTF-8 JSON by its headers is 415, whatever it holds."""
    reply = await bench.ask.post("/v1/cases", content=b"{}", headers={"Idempotency-Key": "k"} | headers)

    assert _told(reply) == (415, "unsupported-media-type")


async def test_json_with_charset_is_read(bench: Bench) -> None:
    """`charset=UTF-8` is no reason to refuse."""
    headers = {"Idempotency-Key": "k", "Content-Type": 'application/json; charset="UTF-8"'}
    reply = await bench.ask.post("/v1/cases", content=b"{}", headers=headers)

    assert _told(reply) == (422, "invalid-document")


async def test_announced_oversize_is_refused_unread(bench: Bench) -> None:
    """A Content-Length over the cap is 413 before a byte is read."""
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b" "

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json", "Content-Length": str(2 * 1024 * 1024)}
    reply = await bench.ask.post("/v1/cases", content=body(), headers=headers)

    assert (_told(reply), reply.headers["connection"]) == ((413, "body-too-large"), "close")


async def test_oversize_is_counted_while_it_streams(bench: Bench) -> None:
    """A body without Content-Length is cut off as soon as it is over the cap."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    reply = await bench.ask.post("/v1/cases", content=body(), headers=headers)

    assert _told(reply) == (413, "body-too-large")
    assert sent <= 1024 * 1024 + 2 * 64 * 1024


async def test_unknown_caller_is_told_before_the_body_is_read(bench: Bench) -> None:
    """Without a key even a body that is too large is only 401."""
    reply = await bench.nobody.post("/v1/cases", content=b" " * 2 * 1024 * 1024)

    assert _told(reply) == (401, "unauthenticated")


async def test_step_without_a_body_takes_none(bench: Bench) -> None:
    """A step that needs no words refuses words, lest they look heard; an empty object is none."""
    accepted = await bench.accept()
    path = f"/v1/referrals/{accepted['referrals'][0]['id']}/cancel"
    told = await bench.ask.post(path, json={"reason": MARKER})
    untold = await bench.ask.post(path, json={})

    assert (_told(told), untold.status_code) == ((422, "invalid-document"), 200)
    assert told.json()["errors"][0]["detail"] == "본문은 비우거나 {}로 보냅니다."
    assert MARKER not in told.text


@pytest.mark.parametrize("query", [f"?{MARKER}=1", f"?delivery={MARKER}", "?limit=0", "?limit=x", f"?cursor={MARKER}"])
async def test_bad_query_is_a_problem(bench: Bench, query: str) -> None:
    """An unknown parameter or a wrong value is 422, and is not repeated."""
    reply = await bench.ask.get(f"/v1/referrals{query}")

    assert _told(reply) == (422, "invalid-parameter")
    assert MARKER not in reply.text


async def test_unknown_parameter_is_told_the_known_ones(bench: Bench) -> None:
    """A misspelt filter is not repeated; the filters that there are stand in the answer."""
    faults = (await bench.ask.get(f"/v1/referrals?{MARKER}=1")).json()["errors"]

    assert [(fault["parameter"], fault["code"]) for fault in faults] == [("", "unknown_parameter")]
    assert faults[0]["detail"].endswith("쓸 수 있는 매개변수: agency, business, cursor, delivery, limit, overdue")


@pytest.mark.parametrize("path", ["/v1/agencies/nobody/pause", "/v1/agencies/wreck/resume", "/v1/callbacks/nobody"])
async def test_unknown_agency_has_its_own_words(bench: Bench, path: str) -> None:
    """A slug of no agency that can be reached is no unknown id of a centre's."""
    assert _told(await bench.operator.post(path)) == (404, "unknown-agency")


async def test_defect_says_nothing_but_an_id(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """A defect is 500 with an id to ask by; neither answer nor log quotes the error."""
    app = build_app(replace(bench.services, intake=None))  # type: ignore[arg-type]  # the defect
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://hub.test", headers=bench.ask.headers
    ) as ask:
        reply = await ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "k"})
    log = capsys.readouterr()

    assert _told(reply) == (500, "internal")
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "request_failed" in log.out + log.err
    assert "has no attribute" not in reply.text + log.out + log.err


async def test_store_that_cannot_write_is_unavailable(bench: Bench) -> None:
    """A store that fails is 503 with Retry-After: nothing was promised."""
    bench.services.store.write_now(lambda conn: conn.execute(text("DROP TABLE idempotency_keys")))
    reply = await bench.ask.post("/v1/cases", json=case(), headers={"Idempotency-Key": "k"})

    assert (_told(reply), reply.headers["retry-after"]) == ((503, "unavailable"), "1")


@pytest.mark.parametrize("path", ["/v1/referrals", "/livez", "/nowhere", "/openapi.json"])
async def test_every_answer_carries_the_security_headers(bench: Bench, path: str) -> None:
    """Good answers and problems alike are not cached, not sniffed, not framed, and have a request id."""
    reply = await bench.ask.get(path)

    assert {name: reply.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert reply.headers["x-request-id"].startswith("req_")
