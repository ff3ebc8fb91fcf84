"""Questions about a person, put to an agency before a referral (자격 확인): disclosures like any other, and no case."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest
from auditor_papers import DOCUMENT, KEY, counts

from mocks.auditor import Findings, Statute, audit, read_book, read_promises
from mocks.auditor.books import digest

ASKED_AT = "2025-03-04T02:00:01+00:00"
QUESTION = {"ReqOrgCd": "6410000", "ReqBizCd": "NARU01", "TGTR_RRN": "6802091000000", "TGTR_NM": "홍길동"}
LAW = Statute("haengbok", frozenset({"client.rrn"}), "가", "나", date(2025, 1, 1))


def consent(kind: str, *items: str) -> dict[str, Any]:
    return {
        "recipient": "haengbok", "type": kind, "purposes": ["WEL-BASIC"], "items": list(items),
        "signed_at": "2025-03-04T10:20:00+09:00",
    }  # fmt: skip


FOR_REFERRAL = consent("third_party", "client.name", "client.birth_date", "client.address.adm_cd")
FOR_RRN = consent("unique_identifier", "client.rrn")


def count(
    *acts: dict[str, str], consents: list[dict[str, Any]], final: dict[str, Any], refused: int = 0
) -> tuple[Findings, list[str]]:
    """Audit one referral to an agency whose ledger holds these questions: state → what was said, and when."""
    document = deepcopy(DOCUMENT) | {"consents": consents, "referrals": [{"service_code": "WEL-BASIC"}]}
    entry = {
        "case": "sample", "handed_in_at": "2025-03-04T02:00:00+00:00", "added": [], "withdrawals": [], "cancelled": [],
        "accepted": {
            "id": "case_1", "consents": [f"con_{number}" for number in range(len(consents))],
            "referrals": [{"id": "ref_1", "service_code": "WEL-BASIC", "agency": "haengbok"}],
        },
        "final": [{"id": "ref_1", "receipt": None, "wire_key": "NR2025030400000000000001A", **final}],
    }  # fmt: skip
    ledger = [
        {
            "at": ASKED_AT, "operation": "verify", "key": "", "receipt": "", "state": act.pop("state"), "changes": [],
            "fields": {name: digest(KEY, value) for name, value in (QUESTION | act).items()},
        }
        for act in acts
    ]  # fmt: skip
    visit = {
        "direction": "in", "at": ASKED_AT, "operation": "verify", "path": "/", "key": "", "fields": list(QUESTION),
        "accepted": False, "fault": "no_answer", "reply_complete": False,
    }  # fmt: skip
    book = read_book("haengbok", {"acts": ledger}, {"entries": [visit] * refused})
    found = audit(
        read_promises({"sample": document}, {"cases": [entry]}), {"haengbok": book},
        ended_at=datetime(2025, 4, 1, tzinfo=UTC), ledger_key=KEY, statutes=[LAW],
    )  # fmt: skip
    return found, sorted(one.what for one in found.unconsented)


@pytest.mark.parametrize(("state", "reason"), [("answered N", "not_eligible"), ("answered M", "undetermined")])
def test_what_the_agency_did_not_confirm_is_no_loss(state: str, reason: str) -> None:
    """Held since the agency's own ledger says no, or is not sure: a person decides."""
    final = {"delivery": "held", "reason": f"verification_{reason}"}
    found, _ = count({"state": state}, consents=[FOR_REFERRAL, FOR_RRN], final=final)
    assert (counts(found), found.is_clean) == ((0, 0, 0, 0), True)


@pytest.mark.parametrize("states", [["answered Y"], ["answered N", "answered Y"]])
def test_what_the_agency_confirmed_and_was_never_sent_is_lost(states: list[str]) -> None:
    """The hub says that it is held; the agency's last word was a yes."""
    final = {"delivery": "held", "reason": "verification_not_eligible"}
    found, _ = count(*({"state": one} for one in states), consents=[FOR_REFERRAL, FOR_RRN], final=final)
    assert counts(found) == (1, 0, 0, 0)


def test_a_question_that_was_never_put_excuses_nothing() -> None:
    """Held for an answer that nobody asked for, though consent and law would open the question: lost."""
    final = {"delivery": "held", "reason": "verification_not_eligible"}
    found, _ = count(consents=[FOR_REFERRAL, FOR_RRN], final=final)
    assert counts(found) == (1, 0, 0, 0)


def test_who_may_not_be_asked_about_is_no_loss() -> None:
    """No consent for the RRN, which the question cannot do without: the referral waits by right."""
    final = {"delivery": "held", "reason": "verification_without_consent"}
    found, _ = count(consents=[FOR_REFERRAL], final=final)
    assert counts(found) == (0, 0, 0, 0)


def test_a_question_without_a_basis_is_unconsented() -> None:
    """What it said is counted like any disclosure: the RRN by its own consent and a law, the name by its own."""
    final = {"delivery": "held", "reason": "verification_not_eligible"}
    _, told = count({"state": "answered N"}, consents=[FOR_REFERRAL], final=final)
    assert told == ["client.rrn: consent_missing"]
    _, told = count({"state": "answered N"}, consents=[], final=final)
    assert told == ["client.name: consent_missing", "client.rrn: consent_missing"]


def test_a_question_about_somebody_else_is_unconsented() -> None:
    """The same name with another number is another person: nobody asked for that."""
    final = {"delivery": "held", "reason": "verification_not_eligible"}
    _, told = count({"state": "answered N", "TGTR_RRN": "6802101000000"}, consents=[FOR_REFERRAL, FOR_RRN], final=final)
    assert told == [f"{name}: nobody asked for this act" for name in sorted(QUESTION)]


def test_a_question_that_broke_was_told_all_the_same() -> None:
    """It has no key: somebody must have agreed that all of it be told there at that moment."""
    final = {"delivery": "held", "reason": "verification_failed"}
    _, told = count(consents=[FOR_REFERRAL, FOR_RRN], final=final, refused=1)
    assert told == []
    _, told = count(consents=[FOR_REFERRAL], final=final, refused=2)
    assert told == ["client.rrn: consent_missing"] * 2
