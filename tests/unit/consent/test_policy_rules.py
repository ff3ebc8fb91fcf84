"""The send gate, rule by rule (decision 0008): each test is one rule that concerns sending."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from consent_papers import (
    ARTICLE,
    BIRTH,
    DEBT,
    HEALTH,
    INSTANT,
    KIND,
    NAME,
    NOW,
    RECIPIENT,
    RRN,
    SENDER_ARTICLE,
    SERVICE,
    ask,
    by_law,
    consent,
    sent,
    statute,
    why,
)

from hub.consent.policy import Permission, Withheld, WithheldReason
from hub.consent.words import explain
from schemas.consent import ConsentType
from schemas.services import ServiceCode

OFFICE, OTHER_OFFICE = "community_center:3820000", "community_center:3830000"


def test_nothing_goes_without_any_consent() -> None:
    """5.1: no disclosure unless a live basis matches."""
    answer = ask({NAME, SERVICE})
    assert Withheld({NAME: WithheldReason.CONSENT_MISSING, SERVICE: WithheldReason.CONSENT_MISSING}) == answer


def test_a_named_field_goes_and_says_on_what_it_rests() -> None:
    """5.1: a live consent opens the item that it names, and the permission names the consent."""
    answer = ask({NAME}, consent({NAME}))
    assert Permission(RECIPIENT, frozenset({NAME}), {NAME: ("cns_1",)}, {}) == answer


def test_only_consented_items_go() -> None:
    """5.1: of what is asked for, an item that no consent names stays behind, with its reason."""
    answer = ask({NAME, BIRTH}, consent({NAME}))
    assert Permission(
        RECIPIENT, frozenset({NAME}), {NAME: ("cns_1",)}, {BIRTH: WithheldReason.CONSENT_MISSING}
    ) == answer  # fmt: skip


def test_only_requested_items_go() -> None:
    """5.1: a consent opens nothing that was not asked for: the agency may not see it, or the document has it not."""
    assert frozenset({NAME}) == sent(ask({NAME}, consent({NAME, BIRTH})))


def test_a_consent_for_another_agency_opens_nothing() -> None:
    """5.1: the recipient is compared by equality."""
    assert why(ask({NAME}, consent({NAME}, recipient="klac")), NAME) is WithheldReason.CONSENT_MISSING


@pytest.mark.parametrize("named", [OTHER_OFFICE, "community_center"])
def test_a_consent_for_another_office_opens_nothing(named: str) -> None:
    """5.1: neither another 시군 nor the agency as a whole is the office that we send to; staff are told so."""
    answer = ask({NAME}, consent({NAME}, recipient=named), recipient=OFFICE)
    assert why(answer, NAME) is WithheldReason.CONSENT_OTHER_OFFICE


def test_a_consent_for_an_office_does_not_open_the_agency() -> None:
    """5.1: equality holds in the other direction, too."""
    answer = ask({NAME}, consent({NAME}, recipient=OFFICE), recipient="community_center")
    assert why(answer, NAME) is WithheldReason.CONSENT_OTHER_OFFICE


def test_a_slug_that_begins_alike_is_another_recipient() -> None:
    """5.1: `haengbok2` is not `haengbok`."""
    assert why(ask({NAME}, consent({NAME}, recipient="haengbok2")), NAME) is WithheldReason.CONSENT_MISSING


def test_a_consent_for_another_purpose_opens_nothing() -> None:
    """5.1: the purpose of the referral must be among the purposes of the consent."""
    answer = ask({NAME}, consent({NAME}, purposes=frozenset({ServiceCode.WEL_CASE})))
    assert why(answer, NAME) is WithheldReason.CONSENT_OTHER_PURPOSE


def test_one_of_several_purposes_is_enough() -> None:
    """5.1: a consent may name several purposes."""
    answer = ask({NAME}, consent({NAME}, purposes=frozenset({ServiceCode.WEL_CASE, ServiceCode.WEL_BASIC})))
    assert frozenset({NAME}) == sent(answer)


@pytest.mark.parametrize(
    ("path", "right"),
    [
        (NAME, ConsentType.THIRD_PARTY),
        (HEALTH, ConsentType.SENSITIVE),
        ("client.admin_number", ConsentType.UNIQUE_IDENTIFIER),
        (DEBT, ConsentType.CREDIT),
    ],
)
@pytest.mark.parametrize("given", ConsentType)
def test_one_tick_never_covers_two_types(path: str, right: ConsentType, given: ConsentType) -> None:
    """5.4: a field goes only by a consent of the type that its privacy class needs."""
    answer = ask({path}, consent({path}, given))
    assert (frozenset({path}) if given is right else frozenset()) == sent(answer)
    if given is not right:
        assert why(answer, path) is WithheldReason.CONSENT_OTHER_TYPE


@pytest.mark.parametrize("given", [ConsentType.COLLECTION, ConsentType.ADMINISTRATIVE, ConsentType.FINANCIAL])
@pytest.mark.parametrize("path", [NAME, HEALTH, RRN, DEBT, SERVICE])
def test_other_types_never_open_a_disclosure(given: ConsentType, path: str) -> None:
    """5.4: collection, administrative and financial consents let nothing out, not even a plain field, nor by a law."""
    law = [statute({path})]
    assert frozenset() == sent(ask({path}, consent({path}, given), by_law({path}, given), statutes=law))


def test_plain_fields_ride_along() -> None:
    """5.13: what is about the act, not the person, goes with any live third-party consent, and names all of them."""
    answer = ask({NAME, SERVICE}, consent({NAME}, id="cns_b"), consent({BIRTH}, id="cns_a"))
    assert isinstance(answer, Permission)
    assert answer.bases == {NAME: ("cns_b",), SERVICE: ("cns_a", "cns_b")}


@pytest.mark.parametrize("given", [ConsentType.SENSITIVE, ConsentType.CREDIT, ConsentType.UNIQUE_IDENTIFIER])
def test_plain_fields_do_not_ride_on_other_types(given: ConsentType) -> None:
    """5.13: a consent to something special is no third-party consent, even if it names the plain field."""
    answer = ask({HEALTH, SERVICE}, consent({HEALTH, SERVICE}, given))
    assert SERVICE not in sent(answer)
    assert why(answer, SERVICE) is WithheldReason.CONSENT_MISSING


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"withdrawn_at": NOW}, WithheldReason.CONSENT_WITHDRAWN),
        ({"expires_at": NOW}, WithheldReason.CONSENT_EXPIRED),
        ({"recipient": "klac"}, WithheldReason.CONSENT_MISSING),
        ({"purposes": frozenset({ServiceCode.WEL_CASE})}, WithheldReason.CONSENT_OTHER_PURPOSE),
    ],
)
def test_plain_fields_do_not_ride_on_a_dead_consent(change: dict[str, object], reason: WithheldReason) -> None:
    """5.13: without a live basis for this recipient and purpose a plain field stays behind, too."""
    assert why(ask({SERVICE}, consent({NAME}, **change)), SERVICE) is reason


@pytest.mark.parametrize(
    ("moment", "goes"), [(NOW - INSTANT, False), (NOW, True), (NOW + INSTANT, True)], ids=["before", "at", "after"]
)
def test_a_consent_lives_from_its_signature_on(moment: datetime, goes: bool) -> None:
    """5.1: in force from the microsecond of the signature."""
    answer = ask({NAME}, consent({NAME}, signed_at=NOW), now=moment)
    assert goes == (NAME in sent(answer))
    assert goes or why(answer, NAME) is WithheldReason.CONSENT_NOT_YET


@pytest.mark.parametrize(
    ("moment", "goes"), [(NOW - INSTANT, True), (NOW, False), (NOW + INSTANT, False)], ids=["before", "at", "after"]
)
def test_a_consent_is_over_from_its_expiry_on(moment: datetime, goes: bool) -> None:
    """5.1: in force until the microsecond before its expiry."""
    answer = ask({NAME}, consent({NAME}, expires_at=NOW), now=moment)
    assert goes == (NAME in sent(answer))
    assert goes or why(answer, NAME) is WithheldReason.CONSENT_EXPIRED


@pytest.mark.parametrize("moment", [NOW - timedelta(seconds=90), NOW, NOW + INSTANT], ids=["behind", "at", "after"])
def test_a_withdrawal_counts_whatever_the_clock_says(moment: datetime) -> None:
    """5.8: a withdrawn consent opens nothing, also where the clock is behind the one that wrote the withdrawal."""
    answer = ask({NAME}, consent({NAME}, withdrawn_at=NOW), now=moment)
    assert why(answer, NAME) is WithheldReason.CONSENT_WITHDRAWN


def test_a_consent_without_expiry_stays_live() -> None:
    """5.1: no expiry means until withdrawn."""
    assert frozenset({NAME}) == sent(ask({NAME}, consent({NAME}), now=NOW + timedelta(days=36_500)))


def test_moments_are_compared_across_offsets() -> None:
    """5.1: 10:30 in Korea is 01:30 UTC; a naive comparison would be nine hours off."""
    korea = datetime.fromisoformat("2024-05-02T10:30:00+09:00")
    assert frozenset() == sent(ask({NAME}, consent({NAME}, expires_at=korea), now=NOW))
    assert frozenset({NAME}) == sent(ask({NAME}, consent({NAME}, expires_at=korea), now=NOW - INSTANT))


def test_a_new_consent_after_a_withdrawal_opens_again() -> None:
    """5.8: a withdrawal ends one record; the client may give another."""
    old, new = consent({NAME}, id="cns_old", withdrawn_at=NOW), consent({NAME}, id="cns_new")
    assert Permission(RECIPIENT, frozenset({NAME}), {NAME: ("cns_new",)}, {}) == ask({NAME}, old, new)


def test_refusing_an_optional_item_does_not_hold_the_rest() -> None:
    """5.6: what the recipient can do without is left out, and the referral goes."""
    answer = ask({NAME, HEALTH}, consent({NAME}), requires={NAME})
    assert frozenset({NAME}) == sent(answer)
    assert why(answer, HEALTH) is WithheldReason.CONSENT_MISSING


def test_a_required_field_without_basis_withholds_everything() -> None:
    """5.1: half a referral is not sent; the refusal names the field."""
    answer = ask({NAME, BIRTH, SERVICE}, consent({NAME}), requires={NAME, BIRTH})
    assert Withheld({BIRTH: WithheldReason.CONSENT_MISSING}) == answer


def test_a_required_field_that_the_document_lacks_withholds_everything() -> None:
    """A consent to a field that nobody filled in does not make it appear."""
    answer = ask({NAME}, consent({NAME, BIRTH}), requires={NAME, BIRTH})
    assert Withheld({BIRTH: WithheldReason.FIELD_MISSING}) == answer


@pytest.mark.parametrize("kind", [ConsentType.UNIQUE_IDENTIFIER, ConsentType.THIRD_PARTY, ConsentType.COLLECTION])
def test_an_rrn_never_goes_on_consent_alone(kind: ConsentType) -> None:
    """5.5: without articles in the table an RRN stays, whatever was signed."""
    assert frozenset() == sent(ask({RRN}, consent({RRN}, kind)))


def test_an_rrn_goes_with_a_record_and_articles_for_both_sides() -> None:
    """5.5: a live record that names it, the recipient's article and the sender's; all three are its basis."""
    answer = ask({RRN}, consent({RRN}, ConsentType.UNIQUE_IDENTIFIER), statutes=[statute({RRN})])
    assert isinstance(answer, Permission)
    assert {RRN: tuple(sorted(["cns_1", ARTICLE, SENDER_ARTICLE]))} == answer.bases


def test_an_rrn_does_not_go_on_articles_alone() -> None:
    """5.5: the table says that it may be; only a record says that it was."""
    answer = ask({RRN}, consent({NAME}), statutes=[statute({RRN})])
    assert why(answer, RRN) is WithheldReason.CONSENT_MISSING


@pytest.mark.parametrize(
    "entry",
    [
        statute({RRN}, sender_article=None),
        statute({RRN}, recipient="klac"),
        statute({NAME}),
        statute({RRN}, valid_from=date(2024, 5, 3)),
        statute({RRN}, valid_to=date(2024, 5, 1)),
    ],
    ids=["no article for the sender", "another recipient", "another field", "not yet", "no longer"],
)
def test_an_rrn_needs_the_very_article(entry: object) -> None:
    """5.5: the entry must be for this recipient, this field, this day, and both sides."""
    answer = ask({RRN}, consent({RRN}, ConsentType.UNIQUE_IDENTIFIER), statutes=[entry])
    assert why(answer, RRN) is WithheldReason.STATUTE_MISSING


def test_an_entry_that_no_lawyer_reviewed_counts_here() -> None:
    """5.5: `reviewed` is asked at start, where live mode refuses; the policy sees what the start let through."""
    answer = ask({RRN}, consent({RRN}, ConsentType.UNIQUE_IDENTIFIER), statutes=[statute({RRN}, reviewed=False)])
    assert frozenset({RRN}) == sent(answer)


def test_a_substitute_number_goes_on_its_own_consent() -> None:
    """5.5: 전산관리번호 is a unique identifier, but no RRN: 24조의2 does not ask for a law."""
    path = "client.admin_number"
    assert frozenset({path}) == sent(ask({path}, consent({path}, ConsentType.UNIQUE_IDENTIFIER)))


def test_a_law_opens_a_field_while_the_table_carries_its_article() -> None:
    """5.1: a statutory basis stands beside consent; the record and the article are the basis."""
    answer = ask({NAME}, by_law({NAME}), statutes=[statute({NAME}, sender_article=None)])
    assert isinstance(answer, Permission)
    assert answer.bases == {NAME: ("cns_law", ARTICLE)}


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [statute({NAME}, article="받는기관법 제11조")],
        [statute({NAME}, recipient="klac")],
        [statute({BIRTH})],
        [statute({NAME}, valid_to=date(2024, 5, 1))],
    ],
    ids=["no table", "another article", "another recipient", "another field", "no longer"],
)
def test_a_law_that_the_table_does_not_carry_opens_nothing(entries: list[object]) -> None:
    """5.1: a centre cannot open a field by naming an article of its own."""
    answer = ask({NAME, SERVICE}, by_law({NAME}), statutes=entries)
    assert Withheld({NAME: WithheldReason.STATUTE_MISSING, SERVICE: WithheldReason.STATUTE_MISSING}) == answer


def test_a_record_by_law_does_not_excuse_the_type() -> None:
    """5.4: a law of one type of data is no law of another."""
    assert frozenset() == sent(ask({HEALTH}, by_law({HEALTH}), statutes=[statute({HEALTH})]))


def test_plain_fields_ride_on_a_law() -> None:
    """5.13: a live statutory basis of any disclosing type takes plain fields along."""
    answer = ask({KIND, DEBT}, by_law({DEBT}, ConsentType.CREDIT), statutes=[statute({DEBT})])
    assert frozenset({KIND, DEBT}) == sent(answer)


def test_plain_fields_do_not_ride_on_half_a_law_for_an_rrn() -> None:
    """5.5, 5.13: a law that opens nothing, since the sender's article is missing, takes nothing along."""
    record = by_law({RRN}, ConsentType.UNIQUE_IDENTIFIER)
    assert frozenset() == sent(ask({KIND, RRN}, record, statutes=[statute({RRN}, sender_article=None)]))


@pytest.mark.parametrize(
    ("moment", "goes"),
    [
        (datetime(2024, 4, 30, 14, 59, 59, 999_999, UTC), False),
        (datetime(2024, 4, 30, 15, tzinfo=UTC), True),
        (datetime(2024, 5, 31, 14, 59, 59, 999_999, UTC), True),
        (datetime(2024, 5, 31, 15, tzinfo=UTC), False),
    ],
)
def test_the_days_of_a_law_are_korean_days(moment: datetime, goes: bool) -> None:
    """5.5: a law of 1 to 31 May holds from midnight to midnight in Korea, both days included."""
    entry = statute({NAME}, valid_from=date(2024, 5, 1), valid_to=date(2024, 5, 31))
    record = by_law({NAME}, signed_at=datetime(2024, 1, 1, tzinfo=UTC))
    assert goes == (NAME in sent(ask({NAME}, record, statutes=[entry], now=moment)))


def test_several_live_consents_are_all_named() -> None:
    """5.14: the register shows everything that a field rested on."""
    answer = ask({NAME}, consent({NAME}, id="cns_b"), consent({NAME}, id="cns_a"))
    assert isinstance(answer, Permission)
    assert answer.bases == {NAME: ("cns_a", "cns_b")}


def test_an_unknown_field_path_never_goes() -> None:
    """5.13: what has no privacy class has no consent type that could open it."""
    answer = ask({"client.invented"}, *[consent({"client.invented"}, kind) for kind in ConsentType])
    assert Withheld({"client.invented": WithheldReason.CONSENT_OTHER_TYPE}) == answer


def test_an_empty_request_is_withheld() -> None:
    """A disclosure of nothing is no disclosure; the policy answers all the same."""
    answer = ask((), consent({NAME}))
    assert isinstance(answer, Withheld)
    assert (answer.reason, answer.paths) == (WithheldReason.FIELD_MISSING, ())
    assert answer.text_ko() == explain(WithheldReason.FIELD_MISSING)


def test_the_last_record_that_fitted_tells_why() -> None:
    """Of a withdrawn consent and a later one that expired, the later one is the reason, and the other way round."""
    expired = consent({NAME}, id="cns_1", signed_at=NOW - timedelta(days=9), expires_at=NOW - timedelta(days=3))
    withdrawn = consent({NAME}, id="cns_2", signed_at=NOW - timedelta(days=6), withdrawn_at=NOW - timedelta(days=5))
    assert why(ask({NAME}, expired, withdrawn), NAME) is WithheldReason.CONSENT_WITHDRAWN
    earlier = replace(withdrawn, signed_at=NOW - timedelta(days=12))
    assert why(ask({NAME}, expired, earlier), NAME) is WithheldReason.CONSENT_EXPIRED


def test_what_never_fitted_was_not_withdrawn() -> None:
    """Withdrawing a record that could not open the field is no reason to think that the client took it back."""
    gone = consent({NAME}, ConsentType.ADMINISTRATIVE, withdrawn_at=NOW)
    assert why(ask({NAME}, gone), NAME) is WithheldReason.CONSENT_OTHER_TYPE


def test_a_withdrawal_tells_more_than_a_missing_law() -> None:
    """5.8: the client's will comes first, also for an RRN that no law would have opened."""
    gone = consent({RRN}, ConsentType.UNIQUE_IDENTIFIER, withdrawn_at=NOW)
    assert why(ask({RRN}, gone), RRN) is WithheldReason.CONSENT_WITHDRAWN


def test_a_refusal_gives_the_weightiest_reason_and_its_fields() -> None:
    """What is stored with a held referral is one reason and the fields that it is about, in the schema's order."""
    gone = consent({BIRTH, NAME}, withdrawn_at=NOW)
    answer = ask({NAME, BIRTH, DEBT}, gone, requires={DEBT, BIRTH, NAME, HEALTH})
    assert isinstance(answer, Withheld)
    assert (answer.reason, answer.paths) == (WithheldReason.CONSENT_WITHDRAWN, (NAME, BIRTH))
    assert list(answer.reasons) == [NAME, BIRTH, DEBT, HEALTH]


def test_a_refusal_speaks_to_staff() -> None:
    """Every reason is told with the Korean names of its fields, the weightiest first."""
    answer = ask({NAME, BIRTH, HEALTH}, consent({NAME}, withdrawn_at=NOW), requires={NAME, BIRTH, HEALTH, DEBT})
    assert isinstance(answer, Withheld)
    assert answer.text_ko() == (
        "대상자가 동의를 철회했습니다: 성명. 다시 의뢰하려면 새 동의가 필요합니다. "
        "제공에 필요한 동의가 없습니다: 제3자 제공 동의(생년월일), 민감정보 동의(건강 상태). "
        "동의를 받아 등록하면 자동으로 진행합니다. "
        "받는 기관에 꼭 필요한 항목이 의뢰 문서에 없습니다: 채무액. 취소한 뒤 내용을 채워 다시 의뢰해 주십시오."
    )
