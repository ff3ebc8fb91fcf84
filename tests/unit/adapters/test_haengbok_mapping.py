"""Haengbok's mapping: nothing dropped in silence, nothing against the contract, every code with its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.haengbok import Haengbok, codes
from adapters.haengbok.adapter import _operation, contract, fault_meaning
from adapters.haengbok.mapping import (
    FIELDS,
    REGISTER,
    SUPPLEMENT,
    VERIFY,
    found,
    register_content,
    registered,
    reported,
    supplement_content,
    value_at,
    verified,
    verify_content,
)
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk import (
    BadReplyError,
    CannotExpressError,
    Delivered,
    Eligibility,
    Fact,
    Found,
    MisconfiguredError,
    NotFound,
    RefusalReason,
    Refused,
    UncertainError,
    Verified,
    WithdrawReason,
)
from adapters.sdk.testing import full_document, without
from adapters.sdk.transports.soap import FaultSide, SoapFault
from adapters.sdk.transports.soap_contract import BreachError
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient, DisclosedDebt, Household, Sex
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import present_paths, prune
from schemas.referral import DisclosedReferral, ReferralKind, Urgency
from schemas.services import ServiceCode
from schemas.status import BusinessStatus, OutcomeCode

CONTRACT = Path(__file__).parents[3] / "schemas" / "agencies" / "haengbok"
KEY = "2501150900000000000000001"
RECEIPT = "HB202501150000001"
NINE = datetime(2025, 1, 15, 0, 0, tzinfo=UTC)
HEADER = {
    "serviceName": "ReferralService",
    "useSystemCode": "NARUHUB01",
    "certServerId": "SVR6410000001",
    "transactionUniqueId": "2025011509000000000000002",
    "userDeptCode": "6410000",
    "userName": "센터",
}
WHOLE = prune(full_document(ServiceCode.WEL_BASIC), REGISTER.discloses)

LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
LINES = st.text(LETTERS, min_size=1, max_size=200)
NAMES = st.text(LETTERS, min_size=1, max_size=52)
DAYS = st.dates(date(1890, 1, 1), date(2101, 12, 31))
WON = st.integers(0, 10**15)
PHONES = st.sampled_from(["010-0000-1234", "02-000-0000", "1588-0000", "070-0000-0000"])


@st.composite
def documents(draw: st.DrawFn) -> Disclosure:
    """Any document that the common schema allows, as far as this agency may see it."""
    maybe = st.none
    client = DisclosedClient(
        name=draw(NAMES),
        birth_date=draw(DAYS),
        sex=draw(maybe() | st.sampled_from(Sex)),
        rrn=draw(maybe() | st.just("6103071000000")),
        phones=tuple(draw(st.lists(PHONES, max_size=3))),
        address=DisclosedAddress(
            zip_no=draw(maybe() | st.just("11600")),
            road_addr_part1=draw(maybe() | LINES),
            addr_detail=draw(maybe() | LINES),
            adm_cd="4115010100",
        ),
        household=Household(
            size=draw(maybe() | st.integers(1, 30)),
            monthly_income=draw(maybe() | WON),
            median_income_percent=draw(maybe() | st.integers(0, 10_000)),
        ),
        debts=tuple(DisclosedDebt(amount=amount) for amount in draw(st.lists(WON, max_size=3))),
    )
    referral = DisclosedReferral(
        service_code=ServiceCode.WEL_BASIC,
        kind=draw(st.sampled_from(ReferralKind)),
        urgency=draw(st.sampled_from(Urgency)),
        counselled_on=draw(maybe() | DAYS),
        referred_on=draw(DAYS),
        officer_name=draw(NAMES),
        officer_phone=draw(maybe() | PHONES),
        opinion=draw(maybe() | st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1)),
    )
    return Disclosure(client=client, referral=referral)


def message_of(content: Mapping[str, str]) -> etree._Element:
    """Make the request as the adapter does, and return the element in its Body."""
    ours = {"linkReqNo": KEY, "reqDeptCd": "6410000"}
    return contract().make(_operation("Referral", "register"), HEADER, {**ours, **content}).content


def carried_or_refused(document: Disclosure) -> tuple[set[str], str | None]:
    """Return the fields that stand in the request, or the one by whose name it was refused."""
    try:
        element = message_of(register_content(document))
    except CannotExpressError as error:
        return set(), error.path
    except BreachError as error:
        return set(), FIELDS[error.element]
    return {FIELDS[name] for part in element if part.text and (name := etree.QName(part).localname) in FIELDS}, None


@settings(max_examples=100, deadline=None)
@given(document=documents())
def test_every_field_is_on_the_wire_or_refused(document: Disclosure) -> None:
    """Whatever the schema allows: each field that is there stands in its element, or is refused by its name."""
    present = present_paths(document)
    carried, refused = carried_or_refused(document)
    assert carried == present if refused is None else refused in present


@pytest.mark.parametrize("path", sorted(REGISTER.requires))
def test_what_the_agency_needs_is_asked_for(path: str) -> None:
    """A required field that is missing is named."""
    with pytest.raises(CannotExpressError) as raised:
        register_content(without(WHOLE, path))
    assert raised.value.path == path


@pytest.mark.parametrize("path", sorted(FIELD_PATHS.keys() - REGISTER.discloses))
def test_what_has_no_element_is_refused(path: str) -> None:
    """A field for which the message has no room is named, should it ever come here."""
    more = prune(full_document(ServiceCode.WEL_BASIC), REGISTER.discloses | {path})
    with pytest.raises(CannotExpressError) as raised:
        register_content(more)
    assert raised.value.path == path


def test_only_the_services_with_a_code_can_be_asked_for() -> None:
    """Another service than 사회보장급여 의뢰 has no `svcCd`."""
    other = prune(full_document(ServiceCode.WEL_CASE), REGISTER.discloses)
    with pytest.raises(CannotExpressError) as raised:
        register_content(other)
    assert raised.value.path == "referral.service_code"


def test_narrow_verbs_say_only_what_they_need() -> None:
    """Eligibility tells name and RRN, a supplement the opinion; more or less is refused by name."""
    assert verify_content(prune(WHOLE, VERIFY.discloses)) == {"TGTR_RRN": "6103071000000", "TGTR_NM": "김나루가"}
    assert supplement_content(prune(WHOLE, SUPPLEMENT.discloses)) == {"spplCn": "상담의견가"}
    for write in (verify_content, supplement_content):
        with pytest.raises(CannotExpressError):
            write(WHOLE)
        with pytest.raises(CannotExpressError):
            write(Disclosure())


def test_debts_are_summed_and_the_first_phone_is_told() -> None:
    """Two quirks of the wire: one total, one number."""
    document = Disclosure(
        client=DisclosedClient(
            phones=("010-0000-0001", "010-0000-0002"), debts=(DisclosedDebt(amount=1), DisclosedDebt(amount=2))
        )
    )
    assert value_at(document, "client.debts.amount") == (1, 2)
    whole = WHOLE.client.model_copy(update={"phones": document.client.phones, "debts": document.client.debts})
    written = register_content(WHOLE.model_copy(update={"client": whole}))
    assert (written["telNo"], written["dbtTotAmt"]) == ("01000000001", "3")


def test_every_code_of_the_contract_has_its_meaning() -> None:
    """Each code in codes.json is mapped, or one of the few that mean "done", "failed" or "never ours to say"."""
    tables = json.loads((CONTRACT / "codes.json").read_text(encoding="utf-8"))
    meant: dict[str, set[str]] = {
        "procStcd": set(codes.STATUSES),
        "rsltCd": set(codes.OUTCOMES),
        "rtnCd": {codes.DONE, *codes.REGISTER_REFUSALS, *codes.CHANGE_REFUSALS},
        "errCd": set(codes.FAULTS),
        "serviceResult": {codes.VERIFY_DONE, codes.VERIFY_FAILED, *codes.VERIFY_REFUSALS},
        "FCT_YN": set(codes.ELIGIBILITIES),
        "reqKindCd": set(codes.KINDS.values()),
        "svcCd": {*codes.SERVICES.values(), *codes.BENEFITS},
        "sexCd": set(codes.SEXES.values()),
        "wtdrRsnCd": {*codes.WITHDRAWALS.values(), "03"},
    }
    assert meant == {name: set(table) for name, table in tables.items()}


def test_every_word_of_ours_has_a_code() -> None:
    """No state, outcome, reason, sex or kind of ours is without a code there."""
    assert set(codes.STATUSES.values()) == set(BusinessStatus)
    assert set(codes.OUTCOMES.values()) == set(OutcomeCode)
    assert (set(codes.WITHDRAWALS), set(codes.SEXES), set(codes.KINDS)) == (
        set(WithdrawReason),
        set(Sex),
        set(ReferralKind),
    )


def registration(**more: Any) -> dict[str, Any]:
    return {
        "rtnCd": "0000", "rtnMsg": "정상", "linkReqNo": KEY, "rcptNo": RECEIPT, "procStcd": "01",
        "rcptDt": "20250115090000", **more,
    }  # fmt: skip


RECEIVED = Fact(BusinessStatus.RECEIVED, "01", NINE)


def test_a_registration_is_read() -> None:
    """접수 with receipt and time."""
    assert registered(registration(), KEY) == Delivered(RECEIPT, "0000", (RECEIVED,))


@pytest.mark.parametrize("code", codes.REGISTER_REFUSALS)
def test_a_refusal_is_read(code: str) -> None:
    """거절 with our reason, its code and its words."""
    answer = registration(rtnCd=code, rcptNo=None, procStcd=None, rcptDt=None)
    assert registered(answer, KEY) == Refused(codes.REGISTER_REFUSALS[code], code, "정상")


@pytest.mark.parametrize(
    "more",
    [
        {"linkReqNo": "X" * 25},
        {"rcptNo": None},
        {"rtnCd": "R101", "rcptNo": None},
        {"rtnCd": "R001"},
        {"rtnCd": "R999", "rcptNo": None},
        {"rcptDt": "20250230090000"},
        {"procStcd": "99"},
    ],
)
def test_a_registration_that_cannot_be_is_a_bad_reply(more: dict[str, Any]) -> None:
    """Another key, no receipt, a receipt with a refusal, an unknown code, an impossible time: nothing is known."""
    with pytest.raises(BadReplyError):
        registered(registration(**more), KEY)


def look_up(*receipts: str, **more: Any) -> dict[str, Any]:
    rows = [{"rcptNo": receipt, "procStcd": "03", "rcptDt": "20250115090000"} for receipt in receipts]
    return {"rtnCd": "0000", "rtnMsg": None, "linkReqNo": KEY, "totCnt": str(len(rows)), "rcpt": rows, **more}


def test_a_look_up_is_read() -> None:
    """None, one, or several registrations under our key."""
    facts = (RECEIVED, Fact(BusinessStatus.INVESTIGATING, "03"))
    assert found(look_up(), KEY) == NotFound("0000")
    assert found(look_up(RECEIPT), KEY) == Found(RECEIPT, "03", facts)
    assert found(look_up(RECEIPT, "HB202501150000002"), KEY) == Found(RECEIPT, "03", facts, ("HB202501150000002",))


@pytest.mark.parametrize("more", [{"totCnt": "1"}, {"linkReqNo": "X" * 25}, {"rtnCd": "R001"}])
def test_a_look_up_in_part_is_a_bad_reply(more: dict[str, Any]) -> None:
    """That there is none is believed only of an answer that is whole."""
    with pytest.raises(BadReplyError):
        found(look_up(**more), KEY)


def row(seq: str, state: str, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("procDt", "rsltCd", "rsltCn", "chrgDeptNm", "spplDueDt", "trsfOrgCd"))
    return {**nothing, "seq": seq, "procStcd": state, **more}


def result(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "rtnCd": "0000", "rcptNo": RECEIPT, "linkReqNo": KEY, "procStcd": rows[-1]["procStcd"] if rows else "01",
        "rslt": list(rows), **more,
    }  # fmt: skip


def test_rows_are_told_by_number_and_once() -> None:
    """Out of order and doubled on the wire, in order and once here."""
    rows = [row("10", "06"), row("2", "05", procDt="20250115090000"), row("2", "05", procDt="20250115090000")]
    facts = reported(result(*rows, procStcd="06"), KEY, RECEIPT).facts
    assert [fact.raw_code for fact in facts] == ["05", "06"]


def test_a_state_without_a_row_is_told() -> None:
    """The state now may run ahead of its row."""
    facts = reported(result(row("1", "01"), procStcd="14"), KEY, RECEIPT).facts
    assert [(fact.raw_code, fact.occurred_at) for fact in facts] == [("01", None), ("14", None)]


@pytest.mark.parametrize("state", codes.STATUSES)
def test_every_state_is_told_with_its_code(state: str) -> None:
    """Our word, and the agency's code beside it."""
    (fact,) = reported(result(row("1", state)), KEY, RECEIPT).facts
    assert (fact.business, fact.raw_code) == (codes.STATUSES[state], state)


@pytest.mark.parametrize("code", codes.OUTCOMES)
def test_a_reason_stands_beside_its_state(code: str) -> None:
    """Both codes are kept, and the outcome is ours."""
    (fact,) = reported(result(row("1", "14", rsltCd=code)), KEY, RECEIPT).facts
    assert (fact.raw_code, fact.outcome) == (f"14/{code}", codes.OUTCOMES[code])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (result(rtnCd="R101", linkReqNo=None, procStcd=None), BadReplyError),
        (result(rcptNo="HB202501150000009"), BadReplyError),
        (result(linkReqNo="X" * 25), BadReplyError),
        (result(rtnCd="R999"), BadReplyError),
        (result(row("1", "99")), BadReplyError),
        (result(row("1", "14", rsltCd="X00")), BadReplyError),
        (result(row("1", "14", procDt="20251301000000")), BadReplyError),
    ],
)
def test_a_report_that_cannot_be_is_no_report(answer: dict[str, Any], error: type[Exception]) -> None:
    """Another person's referral, an unknown code, an impossible time: asked again later, never taken."""
    with pytest.raises(error) as raised:
        reported(answer, KEY, RECEIPT)
    assert type(raised.value) is error


def eligibility(result_code: str, fact: str | None = None, **more: Any) -> dict[str, Any]:
    return {**{f"{code}_YN": None for code in codes.BENEFITS}, "serviceResult": result_code, "FCT_YN": fact, **more}


def test_eligibility_is_read() -> None:
    """The fact with its benefits, a refusal with its reason, a breakdown as an error."""
    assert verified(eligibility("1", "Y", BSLF02_YN="Y", BSLF03_YN="N")) == Verified(
        Eligibility.ELIGIBLE, "Y", ("의료",)
    )
    assert verified(eligibility("4")) == Refused(RefusalReason.NOT_RESIDENT, "4")
    with pytest.raises(UncertainError):
        verified(eligibility("9"))
    with pytest.raises(BadReplyError):
        verified(eligibility("1"))


FAULT_MEANINGS: dict[str | None, type[Exception]] = {
    **dict.fromkeys(("E001", "E003", "E101", "E102", "E103", "E104", "E201"), MisconfiguredError),
    **dict.fromkeys(("E202", "E900"), UncertainError),
    None: BadReplyError,
}


@pytest.mark.parametrize(("code", "error"), FAULT_MEANINGS.items())
def test_a_clients_fault_means_what_the_contract_says(code: str | None, error: type[Exception]) -> None:
    """Our set-up, an earlier message, or nothing that the contract knows; from the server's side always unknown."""
    detail = {"errCd": code, "errMsg": None} if code else {}
    with pytest.raises(error) as raised:
        fault_meaning(SoapFault(FaultSide.CLIENT, detail))
    with pytest.raises(UncertainError) as unknown:
        fault_meaning(SoapFault(FaultSide.SERVER, detail))
    assert (type(raised.value), type(unknown.value)) == (error, UncertainError)


def test_refused_content_is_a_refusal() -> None:
    """E002: nothing was done, and a person must change something; the lane goes on."""
    fault = SoapFault(FaultSide.CLIENT, {"errCd": "E002", "errMsg": "스키마위반"})
    assert fault_meaning(fault) == Refused(RefusalReason.INVALID_CONTENT, "E002", "스키마위반")


def test_the_settings_say_what_is_missing() -> None:
    """Each empty one by name; live mode refuses plain wires, loopback and test certificates."""
    empty = HaengbokSettings(enabled=True)
    assert empty.missing() == ["base_url", "org_code", "system_code", "certificate", "key", "ca", "peer"]
    mock = HaengbokSettings(base_url="http://127.0.0.1:1/haengbok", peer="naru TEST haengbok-signing")
    assert [problem.partition(":")[0] for problem in mock.unfit_for_live()] == ["base_url", "base_url", "peer"]
    assert "secret" not in repr(HaengbokSettings(key_password="secret"))


def test_the_profile_is_what_the_contract_says() -> None:
    """Look up before sending again, believe "none" after 60 s, a key of 25."""
    profile = Haengbok.profile
    assert (profile.repeat, profile.settling_seconds, profile.wire_key.width) == ("lookup", 60.0, 25)
    assert len(profile.wire_key.make(NINE)) == 25
    assert profile.need_of("verify").discloses == {"client.name", "client.rrn"}
