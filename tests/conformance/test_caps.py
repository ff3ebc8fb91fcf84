"""Every installed agency and catalogue against answers too long, too deep, too slow: none is read past its cap.

Slow and deep answers are faults of the catalogue, and `test_every_fault.py` carries them out; here is that no agency
can be without them. An agency whose line is of a new kind fails here until somebody says how it is capped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from fault_bench import Stage, greet, open_stage
from fault_rows import adapters, call_rows, mock_of, spoken

from adapters.sdk import BadReplyError, Delivered, Gate, Verb, Wires
from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.errors import AdapterError
from adapters.sdk.registry import Broken
from adapters.sdk.testing import BATCH_CHECKS, Bench, Says, live_bench_of
from adapters.sdk.testing.orders import Orders
from mocks.kit.agency import Reply, Request
from mocks.kit.connection import Answer
from mocks.kit.counter import Counter
from mocks.kit.fault_catalogue import LineKind
from mocks.kit.lines import line_kind
from mocks.kit.server import HttpServer

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

LONG = 20_000
"""Bytes of an answer that is good but for its length: spaces after its end, which JSON and XML allow."""
CAPPED: dict[LineKind, frozenset[str]] = {
    LineKind.HTTP: frozenset({"slow_drip", "no_answer", "deep_nesting", "gzip_bomb"}),
    LineKind.TELEGRAM: frozenset({"slow_drip", "no_answer"}),  # fixed lengths have no depth, and are not compressed
    LineKind.FILES: frozenset(),  # the suite for files: `reads_no_file_past_its_cap`
}
CALLERS = [slug for slug, adapter in adapters().items() if Verb.SUBMIT in spoken(adapter)]
CATALOGUES = {slug: kind for slug, kind in installed_catalogues().items() if not isinstance(kind, Broken)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@asynccontextmanager
async def capped_at(stage: Stage, slug: str, cap: int) -> AsyncIterator[Bench]:
    """Connect an adapter that reads no more than so many bytes; whatever is fetched once has been."""
    known = stage.patient[slug].adapter.settings
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(stage.folder)
        bench_of = live_bench_of(adapters()[slug], known.model_copy(update={"max_reply_bytes": cap}))
        async with bench_of as bench:
            await greet(bench.adapter, bench.impersonal)
            yield bench


def lengthened(counter: Counter, patched: pytest.MonkeyPatch) -> list[int]:
    """Let an agency's answers be as long as `LONG` where its line allows; return what grows by their lengths."""
    lengths: list[int] = []

    async def answer(request: Request) -> Answer:
        answered = await Counter.answer(counter, request)
        assert isinstance(answered.content, Reply)
        is_page = line_kind(counter.kind) is LineKind.HTTP
        reply = replace(answered.content, body=answered.content.body.ljust(LONG if is_page else 0))
        lengths.append(len(reply.body))
        return replace(answered, content=reply)

    patched.setattr(counter, "answer", answer)
    return lengths


@pytest.mark.parametrize("slug", CALLERS)
async def test_an_answer_is_read_to_its_cap_and_no_further(stage: Stage, slug: str) -> None:
    """Of the same good answer, one byte more than the cap is no answer; at the cap it is one."""
    with pytest.MonkeyPatch.context() as patched:
        async with capped_at(stage, slug, LONG) as bench:
            lengths = lengthened(stage.server.counters[slug], patched)
            assert isinstance(await bench.adapter.submit(bench.submit(bench.somebody())), Delivered)
    (length,) = lengths
    for cap, taken in ((length, True), (length - 1, False)):
        with pytest.MonkeyPatch.context() as patched:
            async with capped_at(stage, slug, cap) as bench:
                lengthened(stage.server.counters[slug], patched)
                key = bench.new_key()
                told = await come_to(bench, key)
                assert isinstance(told, Delivered if taken else BadReplyError)


async def come_to(bench: Bench, key: str) -> Any:
    try:
        return await bench.adapter.submit(bench.submit(bench.somebody(), key))
    except AdapterError as error:
        return error


@pytest.mark.parametrize("slug", adapters())
async def test_no_agency_is_without_its_caps(slug: str) -> None:
    """Each is tried, at every verb, with what its kind of line can have; and none of it counts as an answer."""
    kind = line_kind(mock_of(slug))
    rows = {row.fault: (row, verbs) for row, verbs in call_rows(slug)}
    assert CAPPED[kind] <= rows.keys()
    for fault in CAPPED[kind]:
        row, verbs = rows[fault]
        assert row.says in {Says.UNCERTAIN, Says.BAD_REPLY, Says.HOSTILE}
        assert set(verbs) == set(spoken(adapters()[slug]))
    if kind is LineKind.FILES:
        assert "check_reads_no_file_past_its_cap" in {check.__name__ for check in BATCH_CHECKS}


class Harmful:
    """A source whose answers are too much: so many bytes, or a body that never ends."""

    def __init__(self, body: bytes, seconds: float = 0) -> None:
        self.body, self.seconds, self.asked = body, seconds, 0

    def at_head(self, method: str, path: str) -> Answer | None:
        return None

    async def answer(self, request: Request) -> Answer:
        self.asked += 1
        if self.seconds:
            await asyncio.Event().wait()
        return Answer(Reply(200, self.body, "text/xml; charset=utf-8"))


HARM = {
    "too long": (b"<wantedList>" + b" " * 20_000 + b"</wantedList>", 0.0),
    "too deep": (b"<a>" * 1_000 + b"</a>" * 1_000, 0.0),
    "too slow": (b"", 1.0),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
@pytest.mark.parametrize("slug", CATALOGUES)
async def test_no_catalogue_is_read_past_its_caps(slug: str, harm: tuple[bytes, float]) -> None:
    """A source that gives too much gives nothing, in time, and no more often than it may be asked."""
    kind, source, server = CATALOGUES[slug], Harmful(*harm), HttpServer()
    url = f"http://127.0.0.1:{await server.bind('127.0.0.1', 0)}"
    await server.serve(source)
    known = kind.settings_type()
    secrets = {name: "x" for name in known.missing() if name != "base_url"}
    told = {"enabled": True, "base_url": url, "timeout_seconds": 0.3, "max_reply_bytes": 10_000, **secrets}
    gate = Gate()
    leave = Orders(profile=replace(next(iter(adapters().values())).profile, slug=slug), gate=gate).impersonal
    catalogue = kind(kind.settings_type.model_validate(told), Wires(slug, gate, leave=leave), leave)
    try:
        async with asyncio.timeout(60):
            with pytest.raises(AdapterError):
                await catalogue.services()
        assert 1 <= source.asked <= 10
    finally:
        await catalogue.aclose()
        await server.stop()
