"""A receipt that a person mistyped is one referral's matter: it is refused at the door, or given back to a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ferry import Landing

from adapters.sdk import RECEIPT, CannotExpressError, Repeat, Verb
from hub.api.errors import to_problem
from hub.api.standing import WaitsOn, waits_on
from hub.delivery.steps import RECEIPT_WRONG, TELL_BY_HAND, IllegalStepError, ReceiptFormError
from hub.store.lanes import paused_lanes
from schemas.status import DeliveryStatus

D = DeliveryStatus


def cannot_say_it(landing: Landing, verb: str) -> None:
    """Let the adapter find that the receipt is none of its agency's."""

    async def refuse(_: object) -> Any:
        raise CannotExpressError(RECEIPT, "이 기관의 접수번호가 아닙니다")

    setattr(landing.room.agencies.active["ferry"].adapter, verb, refuse)


def test_what_is_no_receipt_of_the_agency_is_not_taken(open_landing: Callable[..., Landing]) -> None:
    """The answer names the field and says the form; the referral is as unknown as it was."""
    landing = open_landing(Repeat.NEVER)
    landing.profile = replace(landing.profile, receipt=r"(RA|RB)[0-9]{8}-[0-9]{6}")
    landing.start_process()
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    with pytest.raises(ReceiptFormError) as caught:
        landing.do(landing.commands.resolve, referral_id, arrived=True, receipt="RA20261122-1", reason="전화")
    problem = to_problem(caught.value).problem
    (fault,) = problem.errors or ()
    assert (problem.status, fault.pointer, fault.code) == (422, "/receipt", "bad_format")
    assert "(RA 또는 RB)(숫자 8자리)-(숫자 6자리)" in fault.detail
    assert D.UNKNOWN is landing.referral(referral_id).delivery
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt="RA20261122-000001", reason="전화")
    assert landing.referral(referral_id).receipt == "RA20261122-000001"


def test_a_wrong_receipt_is_asked_about_once_and_corrected_by_a_person(landing: Landing) -> None:
    """No lane stops and nobody asks again, until a person says the right one."""
    referral_id = landing.accept()
    landing.work()
    cannot_say_it(landing, "status")
    landing.settle()
    referral, (submit,) = landing.referral(referral_id), landing.deliveries(referral_id)
    assert (referral.delivery, referral.reason, submit.due_at) == (D.DELIVERED, RECEIPT_WRONG, None)
    assert (waits_on(referral), landing.store.read_now(paused_lanes)) == (WaitsOn.CENTRE, {})
    with pytest.raises(IllegalStepError):
        landing.do(landing.commands.resolve, referral_id, arrived=False, receipt=None, reason="전화")
    landing.do(landing.commands.resolve, referral_id, arrived=True, receipt="R-2", reason="전화")
    referral, (submit,) = landing.referral(referral_id), landing.deliveries(referral_id)
    assert (referral.receipt, referral.reason, submit.due_at) == ("R-2", None, landing.clock.now())


@pytest.mark.parametrize(("word", "status"), [("wrong_receipt", D.FAILED), ("no", D.REFUSED)])
def test_a_withdrawal_that_failed_is_told_by_hand(landing: Landing, word: str, status: DeliveryStatus) -> None:
    """Not said because of its receipt, or refused by the agency: a person tells it, and says so."""
    referral_id = landing.accept()
    landing.work()
    if word == "no":
        landing.agency.script.append(word)
    else:
        cannot_say_it(landing, "withdraw")
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.work()
    (withdrawal,) = (one for one in landing.deliveries(referral_id) if one.kind is Verb.WITHDRAW)
    assert (withdrawal.status, withdrawal.due_at) == (status, None)
    assert landing.referral(referral_id).reason == TELL_BY_HAND
    assert ("consent_changed", f"withdrawal_{status}") in landing.events(referral_id)
    again = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert again.by_hand == [referral_id]
    landing.do(landing.commands.acknowledge, referral_id, reason="담당자가 전화로 확인함")
    assert landing.referral(referral_id).reason is None
