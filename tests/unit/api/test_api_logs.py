from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from api_bench import Bench, bench_in, case

from hub.logs import configure_logs

MARKERS = ("홍길동", "1985-03-15", "010-0000-1234", "시민로", "실직", "비밀이름")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    root, out = logging.getLogger(), io.StringIO()
    before = (list(root.handlers), root.level)
    configure_logs("debug", out)
    yield out
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers, root.level = before


async def test_log_names_routes_and_nobody(bench: Bench, log: io.StringIO) -> None:
    """A line for each request, by its route, caller and status; nothing of a body, a path or a query."""
    accepted = await bench.accept()
    async with bench.engine_running():
        await bench.until(accepted["referrals"][0]["id"], "delivered")
    await bench.ask.post("/v1/cases", json=case(client={"비밀이름": 1}), headers={"Idempotency-Key": "k"})
    await bench.ask.get("/v1/비밀이름?비밀이름=비밀이름")
    await bench.ask.get("/v1/referrals?agency=비밀이름")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]

    assert [marker for marker in MARKERS if marker in log.getvalue()] == []
    assert [line for line in lines if "dropped" in line] == []
    assert [(line["route"], line["status"]) for line in requests[-3:]] == [
        ("/v1/cases", 422), ("-", 404), ("/v1/referrals", 422),
    ]  # fmt: skip
    assert requests[0]["actor"].startswith("key:")


async def test_body_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    """A body that does not come in time is 408: no caller holds a request open for ever."""

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    async with bench_in(tmp_path, http={"body_seconds": 0.05}) as bench:
        reply = await bench.ask.post("/v1/cases", content=body(), headers=headers)

    assert (reply.status_code, reply.json()["type"]) == (408, "urn:naru:problem:request-timeout")
