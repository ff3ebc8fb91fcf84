"""The case document: what a centre hands over, and what must agree with what in it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from schemas_samples import CLIENT, CONSENT, REFERRAL, case, client, consent, referral, without

from schemas.case import CaseDocument, check_guardian_signed, is_child
from schemas.client import age_on

GUARDIAN = CLIENT["guardian"]
CHILD = without(CLIENT, "rrn") | {"birth_date": "2010-05-03"}
"""14 on 2024-05-03, the day of the referral; still 13 on the day before, when the consent was signed."""


def test_a_whole_document_is_read() -> None:
    """The sample document holds every part, and reads back from its own JSON."""
    document = case()
    assert document.referrals[0].service_code == "WEL-EMERG"
    assert CaseDocument.model_validate_json(document.model_dump_json()) == document


def test_consents_may_be_absent() -> None:
    """Without consents the document is accepted; every referral is held until one arrives."""
    assert case(consents=[]).consents == ()


@pytest.mark.parametrize("missing", ["client", "referrals"])
def test_client_and_referrals_are_required(missing: str) -> None:
    """There is no case without a person, and none without a wish."""
    document = {"client": CLIENT, "consents": [CONSENT], "referrals": [REFERRAL]}
    with pytest.raises(ValidationError, match=missing):
        CaseDocument.model_validate(without(document, missing))


def test_at_least_one_referral() -> None:
    """An empty list of referrals is refused."""
    with pytest.raises(ValidationError, match="referrals"):
        case(referrals=[])


def test_each_service_once() -> None:
    """The same service twice in one document would be registered twice."""
    with pytest.raises(ValidationError, match="service_code"):
        case(referrals=[REFERRAL, REFERRAL])
    assert len(case(referrals=[REFERRAL, REFERRAL | {"service_code": "WEL-NEAR"}]).referrals) == 2


@pytest.mark.parametrize(
    "changes",
    [{"referred_on": "2024-05-01"}, {"due_on": "2024-05-02"}, {"counselled_on": "2024-02-30"}, {"officer_phone": None}],
)
def test_referral_dates_are_in_order(changes: dict[str, Any]) -> None:
    """Counselled, then referred, then due; and an officer who can be called."""
    with pytest.raises(ValidationError):
        referral(**changes)


def test_an_appointment_is_wanted_after_the_referral() -> None:
    """A wanted time lies on the day of the referral or later, in Korea; the method alone is a wish too."""
    assert referral(appointment={"method": "visit"}).appointment is not None
    assert referral(appointment={"method": "visit", "wanted_at": "2024-05-02T15:00:00+00:00"}).appointment is not None
    with pytest.raises(ValidationError, match="wanted_at is before referred_on"):
        referral(appointment={"method": "visit", "wanted_at": "2024-05-02T14:59:59+00:00"})
    with pytest.raises(ValidationError, match="method"):
        referral(appointment={"wanted_at": "2024-05-07T10:30:00+09:00"})


def test_nobody_is_counselled_before_birth() -> None:
    """A birth date after the counselling is a slip of the pen."""
    with pytest.raises(ValidationError, match="birth_date"):
        case(client=without(CLIENT, "rrn") | {"birth_date": "2024-05-03"})


@given(birth=st.dates(date(1900, 1, 1), date(2020, 12, 31)), years=st.integers(0, 100))
def test_age_grows_on_the_birthday(birth: date, years: int) -> None:
    """만 나이: a year more on the birthday, on 1 March for those born on a leap day; never on the day before."""
    try:
        birthday = birth.replace(year=birth.year + years)
    except ValueError:
        birthday = date(birth.year + years, 3, 1)
    assert age_on(birth, birthday) == years
    assert age_on(birth, date.fromordinal(birthday.toordinal() - 1)) == years - 1


def test_a_child_is_under_fourteen() -> None:
    """Under 14 until the day before the fourteenth birthday (22조의2)."""
    young = client(rrn=None, birth_date="2010-05-03")
    assert (is_child(young, date(2024, 5, 2)), is_child(young, date(2024, 5, 3))) == (True, False)


def test_a_child_needs_a_guardian() -> None:
    """A referral of a child names the guardian."""
    younger = CHILD | {"birth_date": "2010-05-04"}
    signed = CONSENT | {"guardian": GUARDIAN}
    with pytest.raises(ValidationError, match="guardian"):
        case(client=without(younger, "guardian"), consents=[signed])
    assert case(client=younger, consents=[signed]).client.guardian is not None


@pytest.mark.parametrize("guardian", [{}, {"name": "김나루"}, {"relation": "모"}, {"phone": "010-0000-1234"}])
def test_a_guardian_without_a_name_is_none(guardian: dict[str, str]) -> None:
    """An empty guardian does not help a child past the rule."""
    with pytest.raises(ValidationError, match="guardian"):
        client(guardian=guardian)


def test_a_childs_consent_is_signed_by_the_guardian() -> None:
    """A consent given the day before the fourteenth birthday needs the guardian, though the referral comes after it."""
    with pytest.raises(ValidationError, match="consent"):
        case(client=CHILD)
    assert case(client=CHILD, consents=[CONSENT | {"guardian": GUARDIAN}]).consents


@pytest.mark.parametrize(("signed_at", "own"), [("2024-05-02T23:59:59+09:00", False), ("2024-05-02T15:00:00Z", True)])
def test_the_birthday_begins_in_korea(signed_at: str, own: bool) -> None:
    """Midnight in Korea makes a child old enough, not midnight in UTC."""
    young = client(rrn=None, birth_date="2010-05-03")
    signed = [consent(signed_at=signed_at)]
    if own:
        check_guardian_signed(young, signed)
    else:
        with pytest.raises(ValueError, match="guardian"):
            check_guardian_signed(young, signed)


@pytest.mark.parametrize("part", ["client", "consents", "referrals"])
def test_errors_of_a_whole_document_name_the_place_and_show_no_value(part: str) -> None:
    """A slip deep in a document is named by its path; nothing of the document stands in the text."""
    wrong = {
        "client": {"client": CLIENT | {"debts": [CLIENT["debts"][0] | {"amount": "일억이천삼백"}]}},
        "consents": {"consents": [CONSENT | {"recipient": "홍길동에게"}]},
        "referrals": {"referrals": [REFERRAL | {"officer_phone": "열한자리번호"}]},
    }[part]
    with pytest.raises(ValidationError) as caught:
        case(**wrong)
    text = f"{caught.value} {caught.value!r}"
    assert {
        "client": "client.debts.0.amount",
        "consents": "consents.0.recipient",
        "referrals": "referrals.0.officer_phone",
    }[part] in text
    assert [value for value in ("일억", "홍길동", "열한", "가상캐피탈", "800102", "의정부") if value in text] == []
