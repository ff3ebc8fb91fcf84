"""From the common language to the wire of the 시군 주민센터 and back, against hand-made messages and the contract."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from community_center_samples import DOCUMENT, OFFICE, FakeOffice, changed, golden
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.community_center import CommunityCenter, codes
from adapters.community_center.contract import CONTRACT
from adapters.community_center.mapping import (
    FIELDS,
    fact_from,
    facts_from,
    received_fact,
    register_body,
    supplement_body,
    transfer_from,
    withdraw_body,
)
from adapters.sdk import CannotExpressError, Fact, Gate, WithdrawReason
from adapters.sdk.errors import BadReplyError
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import prune
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

PROFILE = CommunityCenter.profile


@pytest.fixture
def office(gate: Gate) -> FakeOffice:
    return FakeOffice(gate, lambda _request: pytest.fail("nothing is sent here"))


def document(**changes: Any) -> Disclosure:
    """Return the sample document with parts of client or referral replaced, named `client_…` or `referral_…`."""
    told = DOCUMENT.model_dump(mode="json")
    for name, value in changes.items():
        part, _, field = name.partition("_")
        told[part][field] = value
    return Disclosure.model_validate(told)


def test_a_whole_document_becomes_the_golden_registration(office: FakeOffice) -> None:
    """Every field that the offices may see stands in its own wire field, in the wire's form."""
    assert register_body(office.submit_order()) == golden("register.request")["body"]


def test_the_least_document_becomes_the_least_registration(office: FakeOffice) -> None:
    """What was not disclosed is absent, not empty."""
    least = prune(
        document(referral_service_code="WEL-NEAR", referral_kind="service", referral_urgency="normal"), PROFILE.requires
    )
    assert register_body(office.submit_order(least)) == golden("register_least.request")["body"]


def test_supplement_and_withdrawal_are_the_golden_ones(office: FakeOffice) -> None:
    """A supplement has its own key; a withdrawal's follows from the referral's."""
    assert supplement_body(office.supplement_order()) == golden("supplement.request")["body"]
    assert withdraw_body(office.withdraw_order()) == golden("withdraw.request")["body"]


@pytest.mark.parametrize("path", sorted(PROFILE.requires))
def test_a_missing_required_field_is_named(office: FakeOffice, path: str) -> None:
    """The offices cannot register without it: the hub holds the referral and shows the path."""
    with pytest.raises(CannotExpressError) as caught:
        register_body(office.submit_order(prune(DOCUMENT, PROFILE.discloses - {path})))
    assert caught.value.path == path


def test_a_supplement_says_what_was_asked_for(office: FakeOffice) -> None:
    """Without words there is no supplement."""
    with pytest.raises(CannotExpressError) as caught:
        supplement_body(office.supplement_order(prune(DOCUMENT, frozenset({"client.phones"}))))
    assert caught.value.path == "referral.opinion"


@pytest.mark.parametrize("service", sorted(set(ServiceCode) - PROFILE.services))
def test_services_of_other_agencies_cannot_be_expressed(office: FakeOffice, service: ServiceCode) -> None:
    """The offices have no code for them: refused by name, not sent as something else."""
    with pytest.raises(CannotExpressError) as caught:
        register_body(office.submit_order(document(referral_service_code=service)))
    assert caught.value.path == "referral.service_code"


def test_a_total_beyond_the_wire_is_refused(office: FakeOffice) -> None:
    """Debts that add up to more than 10^15 won are named, not cut."""
    debts = [{"creditor": "가상캐피탈", "amount": 10**15, "secured": True, "days_overdue": 0}] * 2
    with pytest.raises(CannotExpressError) as caught:
        register_body(office.submit_order(document(client_debts=debts)))
    assert (caught.value.path, "10000000" in str(caught.value)) == ("client.debts.amount", False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(allowed=st.frozensets(st.sampled_from(sorted(FIELD_PATHS))))
def test_only_what_is_allowed_stands_on_the_wire(office: FakeOffice, allowed: frozenset[str]) -> None:
    """For any consented fields: the message obeys the contract, and no field is on the wire without its path."""
    order = office.submit_order(prune(DOCUMENT, allowed | PROFILE.requires))
    body = register_body(order)
    assert CONTRACT.violation("RegisterBody", body) is None
    assert {FIELDS[name] for name in body if name != "refRqstNo"} <= allowed | PROFILE.requires


def test_nothing_else_of_a_person_is_on_the_wire(office: FakeOffice) -> None:
    """Health, guardian, related persons, creditors, work and attachments never reach an office."""
    text = json.dumps(register_body(office.submit_order()), ensure_ascii=False)
    hidden = ["허리", "김나루", "임꺽정", "가상캐피탈", "목공", "소득확인서", "의정부1동", "031-000-5678", "0310005678"]
    assert [value for value in hidden if value in text] == []


def test_the_profile_names_the_wire_fields_of_the_contract() -> None:
    """Each body field of the contract carries a field path, but for keys and reasons; and no other field does."""
    contract = json.loads((golden_folder() / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    wire = set(contract["RegisterBody"]["properties"]) | set(contract["SupplementBody"]["properties"])
    assert wire - {"refRqstNo", "rcptNo", "splmRqstNo"} == set(FIELDS)
    assert {FIELDS[name] for name in contract["RegisterBody"]["required"] if name in FIELDS} == PROFILE.requires


def golden_folder() -> Any:
    """Return the contract's folder as package data."""
    from importlib.resources import files  # noqa: PLC0415 - only this test looks at the files themselves

    return files("schemas") / "agencies" / "community_center"


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("resultCode", codes.RESULT_CODES),
        ("prgrSttsCd", codes.STATUSES),
        ("clsRsnCd", codes.OUTCOMES),
        ("errCd", codes.REFUSALS),
    ],
)
def test_every_code_that_may_come_is_mapped(name: str, ours: dict[str, object]) -> None:
    """A code of the contract that we do not know would break a referral at its worst moment."""
    assert set(CONTRACT.codes[name]) == set(ours)


def test_mapped_codes_mean_what_the_contract_says() -> None:
    """The contract's own hints (`business`, `outcome`, `service`) and our tables agree."""
    tables = CONTRACT.codes
    assert {code: row["business"] for code, row in tables["prgrSttsCd"].items()} == codes.STATUSES
    assert {code: row["outcome"] for code, row in tables["clsRsnCd"].items()} == codes.OUTCOMES
    assert {row["service"]: code for code, row in tables["svcCd"].items()} == codes.SERVICES
    assert set(codes.KINDS.values()) == set(tables["rqstSecd"])
    assert set(codes.SEXES.values()) == set(tables["sexCd"])
    assert set(codes.WITHDRAWALS) == set(WithdrawReason)
    assert set(codes.WITHDRAWALS.values()) <= set(tables["whdrwRsnCd"])


def test_a_status_list_becomes_facts() -> None:
    """Each state in order, in UTC, with the words of the office; 이송 names the new office and receipt."""
    assert facts_from(golden("status.reply")["body"]) == (
        Fact(BusinessStatus.RECEIVED, "10", datetime(2024, 5, 3, 1, 15, 30, tzinfo=UTC), serial="1"),
        Fact(
            BusinessStatus.SUPPLEMENT_REQUESTED,
            "40",
            datetime(2024, 5, 7, tzinfo=UTC),
            serial="2",
            text="소득 확인 서류\n보완기한 2024-05-14",
        ),
        Fact(
            BusinessStatus.TRANSFERRED,
            "91",
            datetime(2024, 5, 8, 5, 30, tzinfo=UTC),
            office="3740000",
            receipt="3740000-20240508-000007",
            serial="3",
            text="이송사유 01 관할 변경",
        ),
    )


def test_rows_that_come_twice_or_out_of_order_are_read_once_in_order() -> None:
    """Agencies repeat themselves and shuffle: the numbers of the rows decide."""
    body = golden("status.reply")["body"]
    rows = body["sttsList"]
    assert facts_from({**body, "sttsList": [*rows[::-1], *rows]}) == facts_from(body)


def test_a_closing_has_its_outcome() -> None:
    """종결 carries why, mapped and in the agency's own code."""
    told = golden("status_notice")["body"]["stts"]
    fact = fact_from(told)
    assert (fact.business, fact.raw_code, fact.outcome) == (BusinessStatus.CLOSED, "90", OutcomeCode.HELPED)
    assert fact.text == "긴급생계비 지급 완료\n종결사유 01 지원 완료"


def test_a_transfer_notice_says_what_the_status_says() -> None:
    """The same 이송, told by notice and by poll, is one fact."""
    assert transfer_from(golden("transfer_notice")["body"]) == facts_from(golden("status.reply")["body"])[-1]


def test_the_first_receipt_at_another_office_moves_the_following() -> None:
    """A key that was registered elsewhere before is followed there."""
    here = golden("register.reply")["body"]
    there = here | {"rcptOrgCd": "3740000", "rcptNo": "3740000-20240503-000009", "dplctYn": "Y"}
    assert received_fact(here, OFFICE).office is None
    assert (received_fact(there, OFFICE).office, received_fact(there, OFFICE).receipt) == (
        "3740000",
        "3740000-20240503-000009",
    )


@pytest.mark.parametrize(
    "moment", ["20240230101530", "20241332101530", "20240503256199", "00000000000000", "00010101000000"]
)
def test_times_that_do_not_exist_are_a_bad_reply(moment: str) -> None:
    """The contract's pattern lets them pass; the calendar does not."""
    body = changed("status.reply")["body"]
    body["sttsList"][0]["prgrDt"] = moment
    with pytest.raises(BadReplyError):
        facts_from(body)


@pytest.mark.parametrize(
    ("adm_cd", "office_code"),
    [("4115010100", "3820000"), ("4111710100", "3740000"), ("4159010100", "5530000"), ("1111010100", None)],
)
def test_the_office_follows_the_legal_dong(office: FakeOffice, adm_cd: str, office_code: str | None) -> None:
    """의정부 by its dong, 수원 by its district, nobody outside the province."""
    told = document(client_address={"road_addr_part1": "어느 길 1", "adm_cd": adm_cd})
    assert office.adapter.office_for(told, date(2024, 5, 3)) == office_code
    assert office.adapter.office_for(Disclosure(), date(2024, 5, 3)) is None
