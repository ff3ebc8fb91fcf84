from __future__ import annotations

from barge import Dock
from test_register_promise import read_through

from hub.api.register_views import SendingView
from hub.clients.outcomes import SendOutcome
from schemas.status import DeliveryStatus

Out = SendOutcome


def _sent(dock: Dock, referral_id: str) -> list[SendingView]:
    client_id = dock.referral(referral_id).client_id
    entries = [entry for view in read_through(dock, client_id, 2) for entry in view.entries]
    return [entry.sending for entry in entries if entry.sending is not None]


def test_a_member_of_a_file_is_a_send(dock_on_each: Dock) -> None:
    """Before the result it is handed over, after it delivered, with the receipt; fields and bases are its own."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.office.collect()
    (before,) = _sent(dock, referral_id)
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    (after,) = _sent(dock, referral_id)

    assert (before.outcome, before.receipt) == (Out.HANDED_OVER, None)
    assert (after.outcome, after.receipt) == (Out.DELIVERED, dock.referral(referral_id).receipt)
    assert "client.name" in {field.path for field in after.fields}
    assert {field.consents for field in after.fields} == {tuple(dock.consent_ids)}


def test_a_file_that_was_given_back_may_have_been_seen(dock: Dock) -> None:
    """The agency took nothing of it; the members go again in the next file, as entries of their own."""
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.office.collect()
    dock.office.reject("F-20260303-001.txt")
    dock.read_results()
    returned = [one.outcome for one in _sent(dock, referral_id)]
    dock.to_cut_off()
    (again,) = dock.office.collect()
    dock.office.answer(again)
    dock.read_results()

    assert returned[0] is Out.TURNED_AWAY
    assert dock.referral(referral_id).delivery is DeliveryStatus.DELIVERED
    assert [one.outcome for one in _sent(dock, referral_id)] == [Out.TURNED_AWAY, Out.DELIVERED]


def test_a_file_that_never_lay_there_is_no_send(dock: Dock) -> None:
    """Its members stayed here; only the file that was collected stands in the register."""
    referral_id = dock.accept()
    dock.to_cut_off_and_die_before_the_file()
    dock.restart()
    dock.pass_days(2)

    assert {one.outcome for one in _sent(dock, referral_id)} == {Out.HANDED_OVER}
    assert len(_sent(dock, referral_id)) == 1
