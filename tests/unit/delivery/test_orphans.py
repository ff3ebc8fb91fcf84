"""Sends whose process died, taken back by one that cannot call their agency: switched off there, or broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from ferry import Landing, fact
from test_callbacks_taken import tell
from test_withdrawal_in_every_state import H, holding

from adapters.sdk import Repeat
from hub.agencies import Agencies, Agency, AgencyState
from hub.delivery.orphans import reclaim_all
from hub.store.tables import cases
from schemas.status import BusinessStatus, DeliveryStatus

D = DeliveryStatus
Open = Callable[..., Landing]
OFF, UNREADABLE = "off", "unreadable"


def taken_back_where_it_is(landing: Landing, how: str) -> None:
    """Die, and let a process take the sends back that has the agency switched off, or could not even import it."""
    landing.start_process(enabled=False)
    room = landing.room
    if how == UNREADABLE:
        room = replace(room, agencies=Agencies({"ferry": Agency("ferry", AgencyState.BROKEN, None)}))
    assert landing.store.write_now(partial(reclaim_all, room=room)) == 1


@pytest.mark.parametrize("how", [OFF, UNREADABLE])
@pytest.mark.parametrize("repeat", [Repeat.KEYED, Repeat.LOOKUP])
@pytest.mark.parametrize("arrived", [False, True])
def test_a_send_is_found_out_about_once_the_agency_can_be_called(
    open_landing: Open, how: str, repeat: Repeat, arrived: bool
) -> None:
    """What the agency's contract allows is the same, wherever it is read: no person has to, and nothing is twice."""
    landing = open_landing(repeat)
    referral_id = landing.accept()
    landing.die_while_sending(arrived=arrived)
    taken_back_where_it_is(landing, how)
    assert (landing.referral(referral_id).delivery, landing.referral(referral_id).reason) == (D.UNKNOWN, "answer_lost")
    landing.start_process()
    landing.settle()
    assert (landing.referral(referral_id).delivery, len(landing.agency.acts)) == (D.DELIVERED, 1)


@pytest.mark.parametrize("how", [OFF, UNREADABLE])
def test_a_person_decides_where_the_contract_says_so(open_landing: Open, how: str) -> None:
    """An agency that neither dedupes nor answers look-ups: nothing is sent again, whoever took the send back."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.die_while_sending(arrived=True)
    taken_back_where_it_is(landing, how)
    landing.start_process()
    landing.settle()
    found = landing.referral(referral_id)
    assert (found.delivery, found.reason, landing.due()) == (D.UNKNOWN, "person_decides", [])
    assert len(landing.agency.acts) == 1


def test_what_the_agency_told_meanwhile_is_believed(open_landing: Open) -> None:
    """It neither dedupes nor answers look-ups, but called before our process died: no person has to ask."""
    landing = open_landing(Repeat.NEVER)
    referral_id = landing.accept()
    landing.die_while_sending(arrived=True)
    tell(landing, fact(BusinessStatus.ASSIGNED, 5), wire_key=landing.referral(referral_id).wire_key, receipt="R-1")
    landing.restart()
    landing.settle()
    found = landing.referral(referral_id)
    assert (found.delivery, found.business, found.receipt) == (D.DELIVERED, BusinessStatus.ASSIGNED, "R-1")
    assert len(landing.agency.acts) == 1


def test_a_case_that_does_not_open_keeps_nobody_from_starting(landing: Landing) -> None:
    """Its send is unknown like any other's, and is taken back with the others'."""
    closed, fine = landing.accept(), landing.accept(name="김나루")
    landing.die_while_sending(arrived=True)
    spoilt = cases.update().where(cases.c.id == landing.referral(closed).case_id).values(wrapped_key=b"broken" * 10)
    landing.store.write_now(lambda conn: conn.execute(spoilt))
    assert landing.store.write_now(partial(reclaim_all, room=landing.room)) == 2
    assert [landing.referral(one).delivery for one in (closed, fine)] == [D.UNKNOWN] * 2
    landing.settle()
    assert (landing.referral(fine).delivery, len(landing.agency.acts)) == (D.DELIVERED, 2)


@pytest.mark.parametrize("how", [OFF, UNREADABLE])
def test_a_withdrawal_is_told_once_the_agency_can_be_called(landing: Landing, how: str) -> None:
    """It is on its way until then, as whoever asks is told, and is acknowledged in the end."""
    referral_id = landing.accept()
    landing.work()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.die_while_sending(arrived=False)
    taken_back_where_it_is(landing, how)
    assert holding(landing, referral_id) is H.BEING_TOLD
    assert landing.do(landing.consents.withdraw, landing.consent_ids[0]).told == [referral_id]
    landing.start_process()
    landing.settle()
    assert landing.agency.withdrawn == [landing.referral(referral_id).wire_key]
    assert holding(landing, referral_id) is H.ACKNOWLEDGED
