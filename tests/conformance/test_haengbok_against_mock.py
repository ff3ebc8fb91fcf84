"""The adapter haengbok and the independent mock, over a real socket: the suite, and a referral's life.

What its faults come to is the matter of `test_every_fault.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from haengbok_bench import Control, settings_for, subject_for

from adapters.haengbok import Haengbok
from adapters.sdk import (
    Acknowledged,
    Delivered,
    Eligibility,
    Found,
    MisconfiguredError,
    RefusalReason,
    Refused,
    Verified,
)
from adapters.sdk.testing import AdapterSuite, Bench, Subject, bench_of, live_bench_of, without
from mocks.haengbok import HaengbokMock
from mocks.kit.pki import Certificates, make_certificates
from mocks.kit.run import MockServer
from schemas.status import BusinessStatus, OutcomeCode


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
async def server(certificates: Certificates) -> AsyncIterator[MockServer]:
    async with MockServer([HaengbokMock], {"*": {"certificates": str(certificates.folder)}}) as mocks:
        yield mocks


@pytest.fixture
async def control(server: MockServer) -> AsyncIterator[Control]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Control(server, http)


@pytest.fixture
async def bench(server: MockServer, certificates: Certificates) -> AsyncIterator[Bench]:
    """The adapter on its own wire, as in life: nothing stands between it and the socket."""
    async with live_bench_of(Haengbok, settings_for(server.url_of("haengbok"), certificates)) as bench:
        yield bench


class TestConformance(AdapterSuite):
    @pytest.fixture
    def subject(self, server: MockServer, certificates: Certificates) -> Subject:
        return subject_for(server, certificates)


async def test_a_referral_lives(bench: Bench, control: Control) -> None:
    """Registered, looked up, asked for 보완, supplemented, decided, closed with an outcome: every step is told."""
    order = bench.submit(bench.document())
    delivered = await bench.adapter.submit(order)
    key, receipt = order.wire_key, delivered.receipt
    found = await bench.adapter.find(bench.find(key))
    await control.advance(
        receipt=receipt, to="supplement", text="임대차계약서 똠", due="20250131", department="통합조사팀"
    )
    asked = await bench.adapter.status(bench.status(key, receipt))
    supplemented = await bench.adapter.supplement(bench.supplement(bench.document(), key, receipt))
    await control.advance(receipt=receipt, to="decided")
    await control.advance(receipt=receipt, to="in_service")
    await control.advance(receipt=receipt, to="completed")
    await control.advance(receipt=receipt, to="closed", result="H01")
    report = await bench.adapter.status(bench.status(key, receipt))

    assert (Found(receipt, "01", delivered.facts), Acknowledged("03")) == (found, supplemented)
    assert asked.facts[-1].text == "임대차계약서 똠\n담당부서 통합조사팀\n보완기한 2025-01-31"
    assert [fact.business for fact in report.facts] == [
        BusinessStatus.RECEIVED,
        BusinessStatus.SUPPLEMENT_REQUESTED,
        BusinessStatus.INVESTIGATING,
        BusinessStatus.APPROVED,
        BusinessStatus.IN_SERVICE,
        BusinessStatus.COMPLETED,
        BusinessStatus.CLOSED,
    ]
    assert (report.facts[-1].raw_code, report.facts[-1].outcome) == ("14/H01", OutcomeCode.HELPED)
    assert all(fact.occurred_at is not None for fact in report.facts)


async def test_a_transfer_names_its_office(bench: Bench, control: Control) -> None:
    """이송 comes with the 기관코드 of the office that carries on."""
    order = bench.submit(bench.document())
    delivered = await bench.adapter.submit(order)
    await control.advance(receipt=delivered.receipt, to="transferred", office="3820000")
    report = await bench.adapter.status(bench.status(order.wire_key, delivered.receipt))

    last = report.facts[-1]
    assert (last.business, last.office) == (BusinessStatus.TRANSFERRED, "3820000")


async def test_late_partial_and_doubled_rows_lose_nothing(bench: Bench, control: Control) -> None:
    """A late row is told when it comes, a partial one again when it is whole, a doubled one once."""
    order = bench.submit(bench.document())
    delivered = await bench.adapter.submit(order)
    await control.advance(
        receipt=delivered.receipt, to="closed", result="B01", delay_seconds=60, partial_seconds=120, twice=True
    )
    told = []
    for _ in range(3):
        report = await bench.adapter.status(bench.status(order.wire_key, delivered.receipt))
        told.append([(fact.raw_code, fact.occurred_at is not None) for fact in report.facts])
        control.server.clock.advance(100)

    assert told == [
        [("01", True)],
        [("01", True), ("14", False)],
        [("01", True), ("14/B01", True)],
    ]


async def test_a_withdrawal_is_acknowledged_twice(bench: Bench, control: Control) -> None:
    """Withdrawing again gives the same answer; one that is closed cannot be withdrawn; an unknown one neither."""
    order = bench.submit(bench.document())
    receipt = (await bench.adapter.submit(order)).receipt
    twice = [await bench.adapter.withdraw(bench.withdraw(order.wire_key, receipt)) for _ in range(2)]
    other = bench.submit(bench.document())
    closed = (await bench.adapter.submit(other)).receipt
    await control.advance(receipt=closed, to="closed", result="Z99")
    refused = await bench.adapter.withdraw(bench.withdraw(other.wire_key, closed))
    unknown = await bench.adapter.withdraw(bench.withdraw(other.wire_key, "HB202501080000999"))

    assert (twice, refused.raw_code, unknown.raw_code) == ([Acknowledged("16")] * 2, "R102", "R101")


async def test_a_second_registration_shows_as_a_duplicate(bench: Bench) -> None:
    """The trap: the same key twice is two registrations, and a look-up does not hide the second."""
    order = bench.submit(bench.document())
    first = await bench.adapter.submit(order)
    second = await bench.adapter.submit(bench.submit(order.document, order.wire_key))
    found = await bench.adapter.find(bench.find(order.wire_key))

    assert (found.receipt, found.duplicates) == (first.receipt, (second.receipt,))


REFUSALS = {
    "나성명": (RefusalReason.IDENTITY_MISMATCH, "R001"),
    "나거주": (RefusalReason.NOT_RESIDENT, "R004"),
    "나대상": (RefusalReason.NOT_ELIGIBLE, "R005"),
}


@pytest.mark.parametrize(("name", "expected"), REFUSALS.items(), ids=REFUSALS.keys())
async def test_a_refusal_is_a_value(
    name: str, expected: tuple[RefusalReason, str], bench: Bench, control: Control
) -> None:
    """The agency's no comes back with our reason and its code, and nothing is registered."""
    document = bench.document()
    document = document.model_copy(update={"client": document.client.model_copy(update={"name": name})})
    answer = await bench.adapter.submit(bench.submit(document))

    assert isinstance(answer, Refused)
    assert ((answer.reason, answer.raw_code), []) == (expected, await control.acts())


@pytest.mark.parametrize(
    ("rrn", "expected"),
    [
        ("6103071000000", Verified(Eligibility.ELIGIBLE, "Y", ("생계", "의료", "주거", "교육"))),
        ("6103112000000", Verified(Eligibility.ELIGIBLE, "Y", ("주거", "교육"))),
        ("6103122000000", Verified(Eligibility.NOT_ELIGIBLE, "N", ())),
        ("6103312000000", Verified(Eligibility.UNDETERMINED, "M", ())),
    ],
)
async def test_eligibility_is_read(rrn: str, expected: Verified, bench: Bench) -> None:
    """The fact and the benefits that the person already receives."""
    document = bench.document()
    document = document.model_copy(update={"client": document.client.model_copy(update={"rrn": rrn})})

    assert await bench.adapter.verify(bench.verify(document)) == expected


async def test_an_unenrolled_office_is_a_misconfiguration(
    server: MockServer, certificates: Certificates, control: Control
) -> None:
    """A 기관코드 that the agency does not know pauses the lane; it is no referral's fault."""
    subject = subject_for(server, certificates)
    wrong = subject.settings.model_copy(update={"org_code": "1234567"})
    async with bench_of(replace(subject, settings=wrong)) as bench:
        with pytest.raises(MisconfiguredError, match="E201"):
            await bench.adapter.submit(bench.submit(bench.document()))

    assert await control.acts() == []


async def test_a_certificate_that_nobody_enrolled_is_a_misconfiguration(
    server: MockServer, certificates: Certificates
) -> None:
    """The agency refuses the signature of a foreign CA; its signed fault says so."""
    subject = subject_for(server, certificates)
    foreign = {
        "certificate": certificates.certificate("foreign-signing"),
        "key": certificates.key("foreign-signing"),
    }
    async with bench_of(replace(subject, settings=subject.settings.model_copy(update=foreign))) as bench:
        with pytest.raises(MisconfiguredError, match="E103"):
            await bench.adapter.submit(bench.submit(bench.document()))


async def test_the_name_alone_can_be_registered(bench: Bench) -> None:
    """Everything that is not required may be absent."""
    document = bench.document()
    for path in sorted(Haengbok.profile.discloses - Haengbok.profile.requires):
        document = without(document, path)

    assert isinstance(await bench.adapter.submit(bench.submit(document)), Delivered)
