from __future__ import annotations

from typing import Any

import pytest
from intake_bench import OUTSIDE, RRN, Bench, document
from sqlalchemy import select

from hub.store.cases import case_by_id
from hub.store.deliveries import deliveries_of
from hub.store.referrals import events_of, update_referral
from hub.store.tables import audit_entries
from hub.vault.boxes import place
from schemas.client import Client
from schemas.events import EventKind
from schemas.referral import ReferralRequest, Urgency
from schemas.status import BusinessStatus, DeliveryStatus


async def test_a_routed_referral_is_due_at_once(bench: Bench) -> None:
    """It is pending for its office, with the agency's own form of key, and a worker may take it now."""
    accepted = await bench.accept("key", document())
    referral = bench.referral(accepted)
    (delivery,) = bench.store.read_now(lambda conn: deliveries_of(conn, referral.id))
    found = (referral.agency, referral.office, referral.delivery, referral.wire_key[:10], len(referral.wire_key))
    assert found == ("pier", "3820000", DeliveryStatus.PENDING, "PR20250317", 20)
    assert (delivery.due_at, delivery.wire_key, delivery.status) == (bench.clock.now(), referral.wire_key, "pending")


@pytest.mark.parametrize(
    ("service", "said", "urgent"),
    [("WEL-CASE", "normal", False), ("WEL-CASE", "urgent", True), ("WEL-EMERG", "normal", True)],
)
async def test_what_is_urgent_goes_first(bench: Bench, service: str, said: Urgency, *, urgent: bool) -> None:
    """What the centre calls urgent, and 긴급복지 whatever it says: on the referral, and in the lane."""
    asked = document(service)
    told = tuple(one.model_copy(update={"urgency": Urgency(said)}) for one in asked.referrals)
    referral = bench.referral(await bench.accept("key", asked.model_copy(update={"referrals": told})))
    deliveries = bench.store.read_now(lambda conn: deliveries_of(conn, referral.id))
    assert (referral.urgent, [one.urgent for one in deliveries]) == (urgent, [urgent])


@pytest.mark.parametrize(
    ("service", "adm_cd", "agency", "reason"),
    [
        ("WEL-BASIC", "4115010100", "", "no_agency"),
        ("LOAN-MISO", "4115010100", "elsewhere", "no_agency"),
        ("WEL-NEAR", "4115010100", "", "no_agency"),
        ("JOB-COUNSEL", "4115010100", "buoy", "agency_disabled"),
        ("WEL-CASE", OUTSIDE, "pier", "no_office"),
        ("WEL-CASE", None, "pier", "no_office"),
    ],
)
async def test_what_cannot_be_routed_is_held_with_the_reason(
    bench: Bench, service: str, adm_cd: str | None, agency: str, reason: str
) -> None:
    """No route today, an agency that is not installed or off, no office in charge: accepted, held, due never."""
    accepted = await bench.accept("key", document(service, adm_cd=adm_cd))
    referral = bench.referral(accepted)
    (delivery,) = bench.store.read_now(lambda conn: deliveries_of(conn, referral.id))
    assert (referral.agency, referral.delivery, referral.reason) == (agency, DeliveryStatus.HELD, reason)
    assert (delivery.status, delivery.due_at) == (DeliveryStatus.HELD, None)


async def test_a_route_begins_on_its_day(bench: Bench) -> None:
    """From the first day of a route on, in Korea, new referrals take it."""
    early = await bench.accept("early", document("WEL-NEAR"))
    bench.clock.advance(14 * 3600)  # 10:00 on the 17th in Korea becomes 00:00 on the 18th
    later = await bench.accept("later", document("WEL-NEAR", name="김나루"))
    found = [bench.referral(accepted).delivery for accepted in (early, later)]
    assert found == [DeliveryStatus.HELD, DeliveryStatus.PENDING]


async def test_the_first_event_says_what_was_accepted(bench: Bench) -> None:
    """Event 1 of every referral is its acceptance, by whom, and whether it is held."""
    accepted = await bench.accept("key", document("JOB-COUNSEL"))
    (first,) = bench.store.read_now(lambda conn: events_of(conn, accepted.referrals[0].id))
    found = (first.sequence, first.kind, first.actor, first.delivery, first.reason)
    assert found == (1, EventKind.ACCEPTED, "key:a", DeliveryStatus.HELD, "agency_disabled")


async def test_the_audit_names_the_case_and_no_person(bench: Bench) -> None:
    """One entry for a hand-over: who, whose case, which consents and referrals, by their ids."""
    accepted = await bench.accept("key", document())
    (entry,) = bench.store.read_now(lambda conn: conn.execute(select(audit_entries)).all())
    assert (entry.action, entry.case_id, entry.client_id) == ("case_accepted", accepted.case_id, accepted.client_id)
    assert entry.data == {"consents": list(accepted.consents), "referrals": [accepted.referrals[0].id]}


async def test_what_was_said_can_be_read_again(bench: Bench) -> None:
    """Client and request come out of their boxes as they went in."""
    said = document()
    accepted = await bench.accept("key", said)
    case = bench.store.read_now(lambda conn: case_by_id(conn, accepted.case_id))
    assert case is not None
    key = bench.vault.case_key(case.id, case.wrapped_key, case.kek_id)
    referral = bench.referral(accepted)
    client_place = place("cases", "sealed_client", case.id)
    request_place = place("referrals", "sealed_request", referral.id)
    assert bench.vault.unseal_model(key, client_place, case.sealed_client, Client) == said.client
    assert bench.vault.unseal_model(key, request_place, referral.sealed_request, ReferralRequest) == said.referrals[0]


async def test_the_store_holds_nobody_in_clear(bench: Bench) -> None:
    """Name, RRN, phone, address and opinion are in none of the store's files."""
    await bench.accept("key", document(rrn=RRN))
    written = bench.written()
    planted = ("홍길동", RRN, "010-0000-1234", "01000001234", "나루로", "도움이", "김나루")
    assert [marker for marker in planted if marker.encode() in written] == []
    assert b"visit-1" in written  # what is kept in clear is found, so that looking proves something


PEOPLE = pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({"name": "홍 길동"}, {"phones": ["02-000-0000", "010 0000 1234"]}, True),
        ({}, {"phones": ["010-0000-9999"]}, False),
        ({}, {"name": "김나루"}, False),
        ({}, {"birth_date": "1985-03-04"}, False),
        ({"phones": []}, {"phones": []}, False),
        ({"rrn": RRN}, {"rrn": RRN, "name": "홍길순", "phones": []}, True),
        ({"rrn": RRN}, {"rrn": "8503032000000"}, False),
        ({"rrn": RRN}, {}, True),
        ({}, {"rrn": RRN}, True),
        ({"admin_number": "1" * 13}, {"admin_number": "1" * 13, "phones": []}, True),
        ({"admin_number": "1" * 13}, {"rrn": RRN}, False),
    ],
)


@PEOPLE
async def test_a_client_is_recognised(bench: Bench, first: dict[str, Any], second: dict[str, Any], same: bool) -> None:
    """By RRN or 전산관리번호, else by name, birth date and a phone; another number is another person."""
    ids = [(await bench.accept(str(n), document(**person))).client_id for n, person in enumerate((first, second))]
    assert (ids[0] == ids[1]) == same


async def test_a_client_is_found_by_all_that_was_ever_said(bench: Bench) -> None:
    """A document that adds an RRN lets the next one, with the RRN alone, find the same client."""
    people: tuple[dict[str, Any], ...] = ({}, {"rrn": RRN}, {"rrn": RRN, "name": "홍길순", "phones": []})
    ids = {(await bench.accept(str(n), document(**person))).client_id for n, person in enumerate(people)}
    assert len(ids) == 1


async def test_centres_do_not_share_clients(bench: Bench) -> None:
    """The same person at another centre is another client, and no duplicate."""
    ours = await bench.accept("key", document(rrn=RRN))
    theirs = await bench.accept("key", document(rrn=RRN), bench.stranger)
    assert ours.client_id != theirs.client_id
    assert bench.referral(theirs).delivery is DeliveryStatus.PENDING


async def test_the_same_wish_under_another_key_is_held(bench: Bench) -> None:
    """Same client, service and agency while the first is open: a person decides whether both are meant."""
    first = await bench.accept("one", document())
    second = bench.referral(await bench.accept("two", document()))
    found = (second.delivery, second.reason, second.possible_duplicate_of)
    assert found == (DeliveryStatus.HELD, "possible_duplicate", first.referrals[0].id)


async def test_another_service_is_no_duplicate(bench: Bench) -> None:
    """The same client may want something else of the same agency."""
    bench.clock.advance(24 * 3600)
    await bench.accept("one", document("WEL-CASE"))
    assert bench.referral(await bench.accept("two", document("WEL-NEAR"))).delivery is DeliveryStatus.PENDING


@pytest.mark.parametrize(
    "over",
    [
        {"delivery": DeliveryStatus.CANCELLED},
        {"delivery": DeliveryStatus.REFUSED},
        {"business": BusinessStatus.CLOSED},
        {"business": BusinessStatus.WITHDRAWN},
    ],
)
async def test_after_the_end_it_may_be_asked_again(bench: Bench, over: dict[str, Any]) -> None:
    """Once the first referral has ended, the same wish is a new one."""
    first = await bench.accept("one", document())
    bench.store.write_now(lambda conn: update_referral(conn, first.referrals[0].id, bench.clock.now(), **over))
    assert bench.referral(await bench.accept("two", document())).delivery is DeliveryStatus.PENDING


async def test_an_unroutable_wish_is_no_duplicate(bench: Bench) -> None:
    """What is held for want of a way must not come loose by overriding something else."""
    reasons = [bench.referral(await bench.accept(key, document("JOB-COUNSEL"))).reason for key in ("one", "two")]
    assert reasons == ["agency_disabled", "agency_disabled"]
