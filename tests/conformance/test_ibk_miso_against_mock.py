"""The adapter ibk_miso and the independent mock, over a real socket: the suite, and a referral's life.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from ibk_miso_bench import SLUG, Counter, connected, settings_for, subject_for

from adapters.ibk_miso import IbkMiso
from adapters.ibk_miso.mapping import FIELDS
from adapters.sdk import (
    Acknowledged,
    Delivered,
    Found,
    MisconfiguredError,
    NotFound,
    NotSentError,
    RefusalReason,
    Refused,
    UncertainError,
)
from adapters.sdk.testing import AdapterSuite, Subject, live_bench_of
from mocks.ibk_miso import IbkMisoMock
from mocks.kit.pki import make_certificates
from mocks.kit.run import MockServer
from schemas.status import BusinessStatus, OutcomeCode

B = BusinessStatus


@pytest.fixture
async def counter() -> AsyncIterator[Counter]:
    async with connected() as counter:
        yield counter


class TestConformance(AdapterSuite):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Subject]:
        async with MockServer([IbkMisoMock]) as server:
            yield subject_for(server)


async def register(counter: Counter) -> tuple[str, str]:
    """Register a referral; return its key and receipt."""
    bench = counter.bench
    key = bench.new_key()
    delivered = await bench.adapter.submit(bench.submit(bench.document(), key))
    assert isinstance(delivered, Delivered)
    return key, delivered.receipt


async def test_a_referral_is_registered_and_found(counter: Counter) -> None:
    """One act with every field that was disclosed; a look-up tells the same fact as the registration did."""
    bench = counter.bench
    key = bench.new_key()
    delivered = await bench.adapter.submit(bench.submit(bench.document(), key))
    found = await bench.adapter.find(bench.find(key))
    (act,) = counter.acts
    assert isinstance(found, Found)
    assert (found.receipt, found.facts) == (delivered.receipt, delivered.facts)
    assert ({FIELDS[name] for name in act.fields}, act.key) == (IbkMiso.profile.discloses, key)
    assert await bench.adapter.find(bench.find(bench.new_key())) == NotFound("0404")


async def test_a_lost_answer_is_looked_up_and_never_registered_twice(counter: Counter) -> None:
    """Hidden, it is not found before the settling time; sent again even so, it is 0707 with the first receipt."""
    bench = counter.bench
    key, document = bench.new_key(), bench.document()
    counter.fault("accept_then_hide", seconds=30, times=1)
    with pytest.raises(UncertainError):
        await bench.adapter.submit(bench.submit(document, key))
    counter.fault("none")
    assert await bench.adapter.find(bench.find(key)) == NotFound("0404")
    again = await bench.adapter.submit(bench.submit(document, key))
    counter.server.clock.advance(31)
    found = await bench.adapter.find(bench.find(key))
    assert isinstance(found, Found)
    assert (again.raw_code, again.receipt, len(counter.acts)) == ("0707", found.receipt, 1)


async def test_facts_come_in_order_with_their_words(counter: Counter) -> None:
    """접수 to 종결, as the branch moves the case on, whatever its answers do to the rows."""
    key, receipt = await register(counter)
    bench = counter.bench
    for state in ("assigned", "investigating", "supplement", "reviewing", "decided", "in_service", "completed"):
        counter.advance(key=key, to=state)
    counter.advance(key=key, to="closed", reason="01", text="창업자금 대출을 실행함")
    for fault in ("none", "duplicate_result", "out_of_order_result"):
        counter.fault(fault)
        report = await bench.adapter.status(bench.status(key, receipt))
        assert [fact.business for fact in report.facts] == [
            B.RECEIVED, B.ASSIGNED, B.INVESTIGATING, B.SUPPLEMENT_REQUESTED, B.REVIEWING, B.APPROVED, B.IN_SERVICE,
            B.COMPLETED, B.CLOSED,
        ]  # fmt: skip
        assert (report.facts[-1].outcome, report.facts[-1].text) == (OutcomeCode.HELPED, "창업자금 대출을 실행함")


async def test_a_long_history_still_fits_a_telegram(counter: Counter) -> None:
    """A telegram holds the newest forty rows; older ones the hub has from earlier polls."""
    key, receipt = await register(counter)
    for number in range(60):
        counter.advance(key=key, to=("reviewing", "supplement")[number % 2])
    report = await counter.bench.adapter.status(counter.bench.status(key, receipt))
    assert [int(fact.serial or 0) for fact in report.facts] == list(range(22, 62))


async def test_a_withdrawal_is_acknowledged_once(counter: Counter) -> None:
    """취소 twice changes nothing more; what has ended refuses."""
    bench = counter.bench
    key, receipt = await register(counter)
    for _ in range(2):
        assert await bench.adapter.withdraw(bench.withdraw(key, receipt)) == Acknowledged("92")
    assert [act.operation for act in counter.acts] == ["register", "withdraw"]
    ended, other = await register(counter)
    counter.advance(key=ended, to="closed")
    assert await bench.adapter.withdraw(bench.withdraw(ended, other)) == Refused(RefusalReason.OTHER, "0505")


async def test_capacity_and_a_branch_that_is_full(counter: Counter) -> None:
    """여력 조회 says what is left; past it a registration is refused and leaves no act."""
    bench = counter.bench
    counter.advance(places=1)
    before = await bench.adapter.precheck(bench.precheck())
    await register(counter)
    after = await bench.adapter.precheck(bench.precheck())
    refused = await bench.adapter.submit(bench.submit(bench.document()))
    assert (before.is_open, before.places, after.is_open, after.places) == (True, 1, False, 0)
    assert after.next_on is not None
    assert (refused, len(counter.acts)) == (Refused(RefusalReason.NO_BUDGET, "0303"), 1)


async def test_the_line_can_be_probed(counter: Counter) -> None:
    """0800 says that somebody is there, and writes no act; the journal has it."""
    await counter.bench.adapter.probe(counter.bench.impersonal())
    (entry,) = counter.server.counters[SLUG].desk.journal.entries
    assert (entry.operation, entry.fields, counter.acts) == ("probe", (), [])


async def test_an_institution_that_nobody_enrolled_is_a_misconfiguration() -> None:
    """0101 ORG_CD: no try will help before a person mends the settings."""
    async with (
        MockServer([IbkMisoMock], {SLUG: {"org_code": "NARU0002"}}) as server,
        live_bench_of(
            IbkMiso, subject_for(server).settings.model_copy(update={"base_url": server.url_of(SLUG)})
        ) as bench,
    ):
        with pytest.raises(MisconfiguredError, match="ORG_CD"):
            await bench.adapter.submit(bench.submit(bench.document()))
        assert server.counters[SLUG].desk.ledger.acts == ()


async def test_many_at_once_are_each_answered_their_own(counter: Counter) -> None:
    """Twenty calls over two connections at a time: every receipt is its own, and no answer is another call's."""
    registered = await asyncio.gather(*(register(counter) for _ in range(20)))
    by_key = {act.key: act.receipt for act in counter.acts}
    assert (dict(registered), len(by_key)) == (by_key, 20)


def test_adapter_and_auditor_agree_on_the_fields() -> None:
    """Two tables, written apart: which wire field carries which field of the common schema."""
    table = json.loads((files("mocks") / SLUG / "fields.json").read_text(encoding="utf-8"))
    required = json.loads((files("mocks") / SLUG / "required.json").read_text(encoding="utf-8"))
    assert {name: path for name, path in table.items() if path is not None} == FIELDS
    assert set(required) <= IbkMiso.profile.requires


async def test_the_line_speaks_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    """As the contract says: who shows the right certificate is heard, and nobody else; nothing of theirs is an act."""
    certificates = make_certificates(tmp_path / "certificates")
    async with MockServer([IbkMisoMock], {SLUG: {"certificates": str(certificates.folder)}}) as server:
        url = server.url_of(SLUG)
        assert url.startswith("tls://")
        async with live_bench_of(IbkMiso, settings_for(url, certificates)) as bench:
            assert isinstance(await bench.adapter.submit(bench.submit(bench.document())), Delivered)
        async with live_bench_of(IbkMiso, settings_for(url, certificates, "foreign-signing")) as bench:
            with pytest.raises((NotSentError, UncertainError)):  # TLS 1.3 refuses us late, and asyncio hides why
                await bench.adapter.submit(bench.submit(bench.document()))
        assert len(server.counters[SLUG].desk.ledger.acts) == 1
