"""The 불법사금융 피해구제 adapter against the mock over real sockets: the suite, and what only this agency has.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from illegal_lending_bench import SLUG, served, subject_for

from adapters.illegal_lending.mapping import FIELDS
from adapters.sdk import Delivered, RefusalReason, Refused, StatusReport, Verb, capabilities
from adapters.sdk.testing import AdapterSuite, Subject, bench_of, without
from mocks.kit.run import MockServer
from schemas.status import BusinessStatus


@pytest.fixture
async def server() -> AsyncIterator[MockServer]:
    async with served() as server:
        yield server


@pytest.fixture
def subject(server: MockServer) -> Subject:
    return subject_for(server)


class TestConformance(AdapterSuite):
    """Every check of the suite."""


async def test_a_complaint_is_in_the_ledger_with_what_was_told(subject: Subject, server: MockServer) -> None:
    """Once, under the receipt that came back, with the fields that were disclosed and no key of ours."""
    async with bench_of(subject) as bench:
        delivered = await bench.adapter.submit(bench.submit(bench.document()))
    assert isinstance(delivered, Delivered)
    (act,) = server.counters[SLUG].desk.ledger.acts
    assert (act.receipt, act.key) == (delivered.receipt, "")
    assert {name.partition("[")[0] for name in act.fields} - {"TRAN_ID"} == FIELDS.keys()


async def test_the_same_order_twice_would_be_two_complaints(subject: Subject, server: MockServer) -> None:
    """Why `repeat` is never: our key does not go out, so the agency cannot know it again."""
    async with bench_of(subject) as bench:
        told, key = bench.document(), bench.new_key()
        receipts = {(await bench.adapter.submit(bench.submit(told, key))).receipt for _ in range(2)}
        assert not any(key.encode() in request.content for request in bench.wire.requests)
    assert len(receipts) == len(server.counters[SLUG].desk.ledger.acts) == 2


async def test_what_became_of_it_is_followed(subject: Subject, server: MockServer) -> None:
    """Every step in its order, the client's own withdrawal by telephone too."""
    mock = server.counters[SLUG].mock
    async with bench_of(subject) as bench:
        receipt = (await bench.adapter.submit(bench.submit(bench.document()))).receipt
        for state in ("assigned", "investigating", "decided", "in_service", "withdrawn"):
            mock.advance({"receipt": receipt, "to": state})
        report = await bench.adapter.status(bench.status(bench.new_key(), receipt))
    assert isinstance(report, StatusReport)
    b = BusinessStatus
    assert [fact.business for fact in report.facts] == [
        b.RECEIVED, b.ASSIGNED, b.INVESTIGATING, b.APPROVED, b.IN_SERVICE, b.WITHDRAWN,
    ]  # fmt: skip


async def test_a_refusal_comes_with_its_code(subject: Subject, server: MockServer) -> None:
    """예산 소진."""
    server.counters[SLUG].mock.advance({"refuse_next": "E203"})
    async with bench_of(subject) as bench:
        refused = await bench.adapter.submit(bench.submit(bench.document()))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.raw_code, refused.text) == (RefusalReason.NO_BUDGET, "E203", "지원 예산 소진")
    assert server.counters[SLUG].desk.ledger.acts == ()


async def test_the_least_document_is_enough(subject: Subject) -> None:
    """What is required by the profile is all that the agency asks for."""
    profile = subject.adapter.profile
    async with bench_of(subject) as bench:
        least = bench.document()
        for path in profile.discloses - profile.requires:
            least = without(least, path)
        assert isinstance(await bench.adapter.submit(bench.submit(least)), Delivered)


def test_there_is_no_taking_back(subject: Subject) -> None:
    """Neither looking up, nor withdrawing, nor supplementing: a person does that."""
    assert capabilities(subject.adapter) == {Verb.SUBMIT, Verb.STATUS}


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which form field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    assert {name: path for name, path in table.items() if path is not None} == FIELDS
