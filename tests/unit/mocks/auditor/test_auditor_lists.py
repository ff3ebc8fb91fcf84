"""Fields inside lists: each is judged by its own name, whatever its position."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mocks.auditor.books import Act, Book, base_of, digest
from mocks.auditor.content import changed_names
from mocks.auditor.promises import Promise

KEY = bytes(32)
PATHS = {
    "debtList.crdtrNm": "client.debts.creditor",
    "debtList.debtAmt": "client.debts.amount",
    "debtList.scrtYn": "client.debts.secured",
    "telnoList": "client.phones",
    "cnslHopeDt": "referral.appointment.wanted_at",
    "SCRT_AMT": "client.debts.secured",
    "UNSC_AMT": "client.debts.secured",
}
DEBTS = [
    {"creditor": "가나저축은행", "amount": 18_500_000, "secured": False},
    {"creditor": "다라카드", "amount": 6_200_000, "secured": True},
]
HONEST = {
    "debtList[0].crdtrNm": "가나저축은행",
    "debtList[0].debtAmt": "18500000",
    "debtList[0].scrtYn": "N",
    "debtList[1].crdtrNm": "다라카드",
    "debtList[1].scrtYn": "Y",
    "telnoList[0]": "01000000001",
}


def changed(told: dict[str, str]) -> tuple[str, ...]:
    """Return what arrived changed of a promise with these debts and one telephone."""
    promise = Promise(
        case="sample", referral_id="ref_1", service_code="DEBT-IND", agency="quay", consents=(),
        referral={"appointment": {"wanted_at": "2025-03-10T01:30:00Z"}},
        client={"debts": DEBTS, "phones": ["010-0000-0001"]}, cancelled=False, told=False, final={},
    )  # fmt: skip
    act = Act(
        at=datetime(2025, 3, 4, tzinfo=UTC), operation="register", key="K", receipt="R", receipts=frozenset("R"),
        digests={name: digest(KEY, value) for name, value in told.items()}, office=None,
    )  # fmt: skip
    return changed_names(act, Book("quay", (act,), (), PATHS, frozenset()), promise, KEY)


@pytest.mark.parametrize(
    ("name", "base"),
    [("debtList[12].debtAmt", "debtList.debtAmt"), ("telnoList[0]", "telnoList"), ("tgtrNm", "tgtrNm")],
)
def test_positions_are_no_part_of_a_name(name: str, base: str) -> None:
    """One row of the table stands for every member of a list."""
    assert base == base_of(name)


def test_an_honest_list_is_unchanged() -> None:
    """Each member as the document has it; a yes or no as Y or N."""
    assert changed(HONEST) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("debtList[1].debtAmt", "9"), ("debtList[0].crdtrNm", "18500000"), ("telnoList[0]", "01000000002")],
)
def test_a_changed_member_is_found(name: str, value: str) -> None:
    """By its own name, also if another field of the list has this very value."""
    assert changed(HONEST | {name: value}) == (name,)


def test_sums_with_and_without_security_are_forms_of_a_yes_or_no() -> None:
    """Where an agency wants debts as two sums, each must be one that the document gives."""
    assert changed({"SCRT_AMT": "6200000", "UNSC_AMT": "18500000"}) == ()
    assert changed({"SCRT_AMT": "6200001", "UNSC_AMT": "18500000"}) == ("SCRT_AMT",)


def test_a_moment_may_arrive_in_koreas_time() -> None:
    """The document says UTC, or has an offset; agencies write fourteen digits."""
    assert changed({"cnslHopeDt": "20250310103000"}) == ()
    assert changed({"cnslHopeDt": "20250310013000"}) == ("cnslHopeDt",)
