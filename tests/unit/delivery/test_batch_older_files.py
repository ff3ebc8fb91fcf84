"""Which file may settle what: a no is the answer to the newest one only; nothing that fails in a file is silent."""

from __future__ import annotations

from typing import Any

import pytest
from barge import Dock
from ferry import ITEMS, consent

from adapters.sdk import SubmitOrder, Verb, WithdrawOrder
from hub.delivery.steps import TELL_BY_HAND
from schemas.status import DeliveryStatus

D = DeliveryStatus


def line(dock: Dock, referral_id: str, **more: object) -> dict[str, object]:
    """Return a line of a result file."""
    key = dock.referral(referral_id).wire_key
    return {"key": key, "withdrawal": False, "receipt": f"K-{key}", "code": "OK"} | more


def say(dock: Dock, name: str, answers: str | None, *lines: object) -> None:
    """Lay a result file down, and let the clerk read it."""
    dock.office.say({"answers": answers, "rejected": None, "lines": lines}, name)
    dock.read_results()


def delivered(dock: Dock, **more: Any) -> str:
    """Deliver a referral by a file."""
    referral_id = dock.accept(**more)
    dock.to_cut_off()
    say(dock, "R-first.txt", dock.office.ours[-1], line(dock, referral_id))
    assert D.DELIVERED is dock.referral(referral_id).delivery
    return referral_id


def test_an_older_file_cannot_refuse_what_is_out_in_a_newer_one(dock: Dock) -> None:
    """Its no is flagged; the newer file decides; and a receipt proves that it arrived after all."""
    referral_id = dock.accept()
    dock.to_cut_off()
    (older,) = dock.office.collect()
    dock.pass_days(4)
    dock.do(dock.commands.resolve, referral_id, arrived=False, receipt=None, reason="전화로 확인")
    dock.to_cut_off()
    (newer,) = dock.office.collect()
    say(dock, "R-1.txt", older, line(dock, referral_id, code="NO"))
    assert D.HANDED_OVER is dock.referral(referral_id).delivery
    assert ("fact_flagged", "result_contradicts") in dock.events(referral_id)
    say(dock, "R-2.txt", newer, line(dock, referral_id, code="NO"))
    assert D.REFUSED is dock.referral(referral_id).delivery
    say(dock, "R-3.txt", older, line(dock, referral_id))
    referral = dock.referral(referral_id)
    assert (referral.delivery, referral.receipt, referral.raw_code) == (D.DELIVERED, f"K-{referral.wire_key}", "00")
    assert ("fact_flagged", "arrived_after_refusal") in dock.events(referral_id)


def test_only_the_file_of_a_withdrawal_can_refuse_it(dock: Dock) -> None:
    """A line in a file that answers nothing, or another, leaves it where it is; refused by its own, a person tells."""
    referral_id = delivered(dock)
    (older,) = (name for name, _ in dock.files())
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    for number, answers in enumerate((None, older)):
        say(dock, f"R-{number}.txt", answers, line(dock, referral_id, withdrawal=True, code="NO"))
        assert D.HANDED_OVER is dock.delivery(referral_id, Verb.WITHDRAW).status
    say(dock, "R-last.txt", dock.files()[-1][0], line(dock, referral_id, withdrawal=True, code="NO"))
    assert D.REFUSED is dock.delivery(referral_id, Verb.WITHDRAW).status
    assert dock.referral(referral_id).reason == TELL_BY_HAND


def test_a_withdrawal_that_cannot_be_frozen_is_told_by_hand(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of the adapter costs no withdrawal: a person hears of it at once."""

    def express(order: SubmitOrder | WithdrawOrder) -> None:
        raise KeyError("a defect of the adapter")

    referral_id = delivered(dock)
    monkeypatch.setattr(dock.adapter, "express", express)
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    withdrawal = dock.delivery(referral_id, Verb.WITHDRAW)
    assert (withdrawal.status, withdrawal.due_at) == (D.FAILED, None)
    assert dock.referral(referral_id).reason == TELL_BY_HAND
    assert ("consent_changed", "withdrawal_failed") in dock.events(referral_id)


def test_a_late_acknowledgement_ends_the_task(dock: Dock) -> None:
    """Nobody answered and a person was asked; then the agency's file says that it is withdrawn."""
    referral_id = delivered(dock)
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    name = dock.files()[-1][0]
    dock.pass_days(4)
    assert dock.referral(referral_id).reason == TELL_BY_HAND
    say(dock, "R-late.txt", name, line(dock, referral_id, withdrawal=True))
    assert D.DELIVERED is dock.delivery(referral_id, Verb.WITHDRAW).status
    assert dock.referral(referral_id).reason is None


def test_another_agencys_consent_is_no_reason_to_withdraw(dock: Dock) -> None:
    """The centre cancels, and the client withdraws what somebody else was told by: the agency hears cancelled."""
    referral_id = dock.accept(consents=[consent(ITEMS), consent(ITEMS, type="collection", recipient="centre")])
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.do(dock.commands.cancel, referral_id)
    dock.do(dock.consents.withdraw, dock.consent_ids[1])
    say(dock, "R-1.txt", name, line(dock, referral_id))
    dock.to_cut_off()
    newest = dock.office.collect()[-1]
    assert [member["reason"] for member in dock.office.members(newest)] == ["cancelled"]
