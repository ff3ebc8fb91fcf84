"""철회와 취소, 어느 상태에서나: what each does wherever a referral is, and who still holds it then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
from barge import Dock
from ferry import FerryAdapter, Landing

from adapters.sdk import Repeat, Verb, capabilities
from hub.delivery.begin import begin
from hub.delivery.consents import ConsentWithdrawal
from hub.delivery.finish import finish
from hub.delivery.holding import Holding, holding_of
from hub.delivery.steps import IllegalStepError
from hub.store.deliveries import DeliveryRecord, withdrawals_of_case
from schemas.status import DeliveryStatus

D, H = DeliveryStatus, Holding
Open = Callable[..., Landing]


def holding(landing: Landing, referral_id: str) -> Holding:
    """Return what the agency has of a referral, as the API tells it."""
    found = landing.referral(referral_id)
    withdrawals = landing.store.read_now(lambda conn: withdrawals_of_case(conn, found.case_id))
    return holding_of(found.delivery, found.business, withdrawals.get(referral_id))


def named(done: ConsentWithdrawal, referral_id: str) -> list[str]:
    """Return the lists of a withdrawal's answer that name a referral."""
    lists = ("stopped", "in_flight", "told", "by_hand", "kept")
    return [name for name in lists if referral_id in getattr(done, name)]


def pending(landing: Landing) -> str:
    return landing.accept()


def held(landing: Landing) -> str:
    """Held for what the wire cannot say: a consent was there."""
    referral_id = landing.accept(name="못 적는 이름")
    landing.work()
    return referral_id


def failed(landing: Landing) -> str:
    referral_id = landing.accept(name="결함")
    landing.work()
    return referral_id


def unreached(landing: Landing) -> str:
    """Pending again, after a connection that failed."""
    referral_id = landing.accept()
    landing.agency.script.append("refuse_connection")
    landing.work()
    return referral_id


def paused(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.do(landing.commands.pause, referral_id)
    return referral_id


def lost_and_arrived(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.agency.script.append("lose_reply")
    landing.work()
    return referral_id


def lost_and_not_arrived(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.agency.script.append("reset_before")
    landing.work()
    return referral_id


def delivered(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.work()
    return referral_id


def refused(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.agency.script.append("no")
    landing.work()
    return referral_id


def cancelled(landing: Landing) -> str:
    referral_id = landing.accept()
    landing.do(landing.commands.cancel, referral_id)
    return referral_id


class Row(NamedTuple):
    """One state, and what a withdrawal does in it."""

    reach: Callable[[Landing], str]
    status: DeliveryStatus
    answer: list[str]
    """The lists of the answer that name the referral."""
    at_once: Holding
    at_last: Holding
    acts: int
    """Registrations that the agency has in the end."""
    cancel: DeliveryStatus | None
    """The status after a cancel in this state; None where it is refused."""


ROWS = {
    "pending": Row(pending, D.PENDING, ["stopped"], H.NOTHING, H.NOTHING, 0, D.CANCELLED),
    "unreached": Row(unreached, D.PENDING, ["stopped"], H.NOTHING, H.NOTHING, 0, D.CANCELLED),
    "paused": Row(paused, D.PENDING, ["stopped"], H.NOTHING, H.NOTHING, 0, D.CANCELLED),
    "held": Row(held, D.HELD, ["stopped"], H.NOTHING, H.NOTHING, 0, D.CANCELLED),
    "failed": Row(failed, D.FAILED, ["stopped"], H.NOTHING, H.NOTHING, 0, D.CANCELLED),
    "unknown, arrived": Row(lost_and_arrived, D.UNKNOWN, ["in_flight"], H.IN_FLIGHT, H.ACKNOWLEDGED, 1, None),
    "unknown, lost": Row(lost_and_not_arrived, D.UNKNOWN, ["in_flight"], H.IN_FLIGHT, H.NOTHING, 0, None),
    "delivered": Row(delivered, D.DELIVERED, ["told"], H.BEING_TOLD, H.ACKNOWLEDGED, 1, None),
    "refused": Row(refused, D.REFUSED, [], H.SEEN, H.SEEN, 0, None),
    "cancelled": Row(cancelled, D.CANCELLED, [], H.NOTHING, H.NOTHING, 0, None),
}
EVERY = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


@EVERY
def test_a_withdrawal(landing: Landing, row: Row) -> None:
    """What is queued stops at once; what may have arrived is found out and taken back; nothing is sent after it."""
    referral_id = row.reach(landing)
    assert landing.referral(referral_id).delivery is row.status
    sent = landing.agency.seen.count("/submit")
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (named(done, referral_id), holding(landing, referral_id)) == (row.answer, row.at_once)
    landing.settle()
    told = row.at_last is H.ACKNOWLEDGED
    assert (holding(landing, referral_id), len(landing.agency.acts)) == (row.at_last, row.acts)
    assert (landing.agency.seen.count("/submit"), len(landing.agency.withdrawn)) == (sent, int(told))
    assert ("withdrawal_acknowledged" in [kind for kind, _ in landing.events(referral_id)]) is told
    assert landing.due() == []


@EVERY
def test_a_withdrawal_again_changes_nothing(landing: Landing, row: Row) -> None:
    """Asking twice is once: nobody is told twice, nothing comes back."""
    referral_id = row.reach(landing)
    for _ in range(2):
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert (holding(landing, referral_id), len(landing.agency.acts)) == (row.at_last, row.acts)
    assert len(landing.agency.withdrawn) == int(row.at_last is H.ACKNOWLEDGED)


@EVERY
def test_a_cancel(landing: Landing, row: Row) -> None:
    """What surely never arrived can be called off; anything else is refused, and stays as it was."""
    referral_id = row.reach(landing)
    sent = landing.agency.seen.count("/submit")
    if row.cancel is None:
        with pytest.raises(IllegalStepError):
            landing.do(landing.commands.cancel, referral_id)
        assert landing.referral(referral_id).delivery is row.status
        return
    landing.do(landing.commands.cancel, referral_id)
    landing.settle()
    assert landing.referral(referral_id).delivery is row.cancel
    assert (landing.agency.seen.count("/submit"), landing.agency.acts) == (sent, [])


@pytest.mark.parametrize(
    ("word", "at_last"),
    [("ok", H.ACKNOWLEDGED), ("reset_before", H.NOTHING), ("refuse_connection", H.NOTHING), ("no", H.SEEN)],
)
async def test_while_it_is_sent(landing: Landing, word: str, at_last: Holding) -> None:
    """Listed as in flight; a receipt is taken back, a lost answer found out, what never left is not sent again."""
    referral_id = landing.accept()
    job = landing.store.write_now(partial(begin, room=landing.room, delivery_id=landing.due()[0]))
    assert job is not None
    assert landing.referral(referral_id).delivery is D.SENDING
    done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert (named(done, referral_id), holding(landing, referral_id)) == (["in_flight"], H.IN_FLIGHT)
    with pytest.raises(IllegalStepError):
        landing.do(landing.commands.cancel, referral_id)
    landing.agency.script.append(word)
    result = await landing.worker._call(job)  # the call that was under way when the client withdrew
    landing.store.write_now(partial(finish, room=landing.room, job=job, result=result))
    await settled(landing)
    assert (holding(landing, referral_id), landing.agency.seen.count("/submit")) == (at_last, 1)
    assert len(landing.agency.withdrawn) == int(at_last is H.ACKNOWLEDGED)


async def settled(landing: Landing) -> None:
    """Let everything be done that falls due in the next hours."""
    for _ in range(12):
        for delivery_id in landing.due():
            await landing.worker.work(delivery_id)
        landing.clock.advance(600)


def test_where_a_person_decides(open_landing: Open) -> None:
    """An unknown that nobody can look up stays in flight until a person says, and is then taken back or stopped."""
    for arrived, at_last in ((True, H.ACKNOWLEDGED), (False, H.NOTHING)):
        landing = open_landing(Repeat.NEVER, verbs=capabilities(FerryAdapter) - {Verb.FIND, Verb.STATUS})
        referral_id = (lost_and_arrived if arrived else lost_and_not_arrived)(landing)
        landing.do(landing.consents.withdraw, landing.consent_ids[0])
        landing.settle()
        assert holding(landing, referral_id) is H.IN_FLIGHT
        receipt = f"R-{landing.referral(referral_id).wire_key}" if arrived else None
        landing.do(landing.commands.resolve, referral_id, arrived=arrived, receipt=receipt, reason="전화로 확인함")
        landing.settle()
        assert (holding(landing, referral_id), len(landing.agency.acts)) == (at_last, int(arrived))


def test_where_the_agency_dedupes(open_landing: Open) -> None:
    """A lost answer is asked about and not sent again, though sending would be safe: the consent is gone."""
    landing = open_landing(Repeat.KEYED)
    referral_id = lost_and_arrived(landing)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.settle()
    assert (holding(landing, referral_id), landing.agency.seen.count("/submit")) == (H.ACKNOWLEDGED, 1)


@pytest.mark.parametrize("taken", [True, False])
def test_in_a_file(dock_on_each: Dock, *, taken: bool) -> None:
    """A member of a file is in flight until its result; what was taken goes back by the next file."""
    dock = dock_on_each
    referral_id = dock.accept()
    dock.to_cut_off()
    assert dock.referral(referral_id).delivery is D.HANDED_OVER
    done = dock.do(dock.consents.withdraw, dock.consent_ids[0])
    assert (named(done, referral_id), holding(dock, referral_id)) == (["in_flight"], H.IN_FLIGHT)
    dock.office.answer(*dock.office.collect(), refuse=not taken)
    dock.read_results()
    assert holding(dock, referral_id) is (H.BEING_TOLD if taken else H.SEEN)
    if taken:
        dock.to_cut_off()
        dock.office.answer(*dock.office.collect())
        dock.read_results()
        assert holding(dock, referral_id) is H.ACKNOWLEDGED


def test_a_refused_withdrawal_is_a_persons_task(landing: Landing) -> None:
    """The agency says no: it still holds the referral, until somebody records that it acknowledged."""
    referral_id = delivered(landing)
    landing.do(landing.consents.withdraw, landing.consent_ids[0])
    landing.agency.script.append("no")
    landing.settle()
    assert holding(landing, referral_id) is H.BY_HAND
    again = landing.do(landing.consents.withdraw, landing.consent_ids[0])
    assert named(again, referral_id) == ["by_hand"]
    landing.do(landing.commands.acknowledge, referral_id, reason="담당자가 전화로 확인함")
    assert holding(landing, referral_id) is H.ACKNOWLEDGED


@pytest.mark.parametrize("status", list(D))
def test_every_status_of_a_withdrawal_says_who_holds(status: DeliveryStatus) -> None:
    """Whatever became of telling: only an acknowledgement ends the holding."""
    told = DeliveryRecord("d", "r", "ferry", Verb.WITHDRAW, status, "k", True, None, None)  # type: ignore[arg-type]  # no moment is read
    found = holding_of(D.DELIVERED, None, told)
    assert (found is H.ACKNOWLEDGED) is (status is D.DELIVERED)
    assert found in {H.ACKNOWLEDGED, H.BY_HAND, H.BEING_TOLD}
