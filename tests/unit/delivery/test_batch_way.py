from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from barge import Dock
from ferry import ITEMS, NAME, consent
from sqlalchemy import Connection

from adapters.sdk import MisconfiguredError, NotSentError, SubmitOrder, UncertainError, Verb, WithdrawOrder
from adapters.sdk.kst import kst_today
from adapters.sdk.transports.drop import OURS
from hub.access.actor import HubActor
from hub.delivery.batches import clerk
from hub.delivery.batches.freezing import Frozen, freeze
from hub.delivery.steps import IllegalStepError
from hub.store.attempts import attempts_of
from hub.store.batches import batch_by_name
from hub.store.lanes import paused_lanes
from hub.store.tables import cases
from schemas.status import BusinessStatus, DeliveryStatus

B, D = BusinessStatus, DeliveryStatus
SERVICE = "referral.service_code"
FOUR = ["홍길동", "김나루", "임꺽정", "성춘향"]


def test_a_referral_waits_for_the_cut_off_and_its_result(dock_on_each: Dock) -> None:
    """Pending until the cut-off, handed over in one file, delivered by the result with its receipt; files then go."""
    dock = dock_on_each
    ids = [dock.accept(name=name) for name in FOUR[:2]]
    dock.clerk_works()
    assert (dock.office.ours, {dock.referral(one).delivery for one in ids}) == ([], {D.PENDING})
    dock.to_cut_off()
    assert (dock.office.ours, {dock.referral(one).delivery for one in ids}) == (["F-20260303-001.txt"], {D.HANDED_OVER})
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    for referral in map(dock.referral, ids):
        assert (referral.delivery, referral.business) == (D.DELIVERED, B.RECEIVED)
        assert referral.receipt == f"K-{referral.wire_key}"
    assert (dock.office.ours, dock.office.theirs) == ([], [])


def test_every_member_has_an_attempt_of_its_own(dock: Dock) -> None:
    """The journal names the decision, the fields and the end of each; nothing of the gate is left in memory."""
    referral_id = dock.accept(items=[NAME])
    dock.to_cut_off()
    (attempt,) = dock.store.read_now(lambda conn: attempts_of(conn, referral_id))
    assert (attempt.decision, attempt.fields, attempt.result) == ("disclose", (NAME, SERVICE), "handed_over")
    assert not dock.gate.has_left(attempt.id)
    (name,) = dock.office.collect()
    assert dock.office.members(name)[0]["opinion"] is None


def test_what_comes_after_the_cut_off_waits_for_the_next_one(dock: Dock) -> None:
    """Nothing is added to a file, and no second one is made before its time."""
    dock.accept()
    dock.to_cut_off()
    dock.clock.advance(1)
    dock.accept(name="김나루")
    dock.pass_time(3600)
    assert [name for name, _ in dock.files()] == ["F-20260303-001.txt"]
    dock.to_cut_off()
    assert [name for name, _ in dock.files()] == ["F-20260303-001.txt", "F-20260304-001.txt"]


def test_a_cut_off_that_was_slept_through_is_made_up_for(dock: Dock) -> None:
    """A hub that was off at the cut-off writes the file when it is back; what came since does not go with it."""
    dock.accept()
    dock.clock.advance(timedelta(days=1, hours=20).total_seconds())  # the next morning
    dock.accept(name="김나루")
    dock.clerk_works()
    (name,) = dock.office.collect()
    assert [member["name"] for member in dock.office.members(name)] == ["홍길동"]


def test_what_does_not_fit_goes_into_the_next_file(dock: Dock) -> None:
    """At most `largest` in one file; the day's second file has the number two."""
    for name in FOUR:
        dock.accept(name=name)
    dock.to_cut_off()
    assert [(name, len(dock.office.members(name))) for name in dock.office.collect()] == [
        ("F-20260303-001.txt", 3),
        ("F-20260303-002.txt", 1),
    ]


def test_a_file_is_closed_while_its_first_decision_still_stands(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gating takes so long that half the window is over with the second member: the others go with the next file."""
    ticks = count(0.0, dock.room.settings.send_window_seconds / 4)
    monkeypatch.setattr("hub.delivery.batches.freezing.steady_now", lambda: next(ticks))
    for name in FOUR:
        dock.accept(name=name)
    dock.to_cut_off()
    assert [len(dock.office.members(name)) for name in dock.office.collect()] == [2, 2]


def test_a_file_tells_one_moment_though_a_day_ends_while_it_is_frozen(
    dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day of its name is that of its header, and made again it is the same: else no adapter could write it."""
    express = dock.adapter.express

    def at_midnight(order: SubmitOrder | WithdrawOrder) -> None:
        dock.clock.advance(24 * 3600)
        express(order)

    monkeypatch.setattr(dock.adapter, "express", at_midnight)
    dock.accept()
    dock.to_cut_off()
    (name,) = dock.office.collect()
    batch = dock.store.read_now(lambda conn: batch_by_name(conn, "ferry", name))
    assert batch is not None
    made_at = datetime.fromisoformat(json.loads(dock.office.contents[name])["made_at"])
    assert (made_at, f"F-{kst_today(made_at):%Y%m%d}-001.txt") == (batch.frozen_at, name)


def test_each_member_is_gated_by_the_policy(dock_on_each: Dock) -> None:
    """Held without consent, cancelled after its withdrawal, held for what no file can say; the others go."""
    dock = dock_on_each
    unconsented = dock.accept(name="임꺽정", consents=[])
    withdrawn = dock.accept(name="성춘향")
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    unspeakable = dock.accept(name="못 적는 이름")
    good = dock.accept()
    dock.to_cut_off()
    found = {one: dock.referral(one) for one in (unconsented, withdrawn, unspeakable, good)}
    assert [(one.delivery, one.reason, one.reason_paths) for one in found.values()] == [
        (D.HELD, "consent_missing", (NAME,)),
        (D.CANCELLED, "consent_withdrawn", (NAME,)),
        (D.HELD, "cannot_express", (NAME,)),
        (D.HANDED_OVER, None, ()),
    ]
    (name,) = dock.office.collect()
    assert [member["key"] for member in dock.office.members(name)] == [found[good].wire_key]


def test_a_consent_that_begins_later_is_decided_anew(dock: Dock) -> None:
    """Held until the consent holds, and in the first file after it."""
    later = dock.clock.now() + timedelta(days=2)
    referral_id = dock.accept(consents=[consent(ITEMS, signed_at=later.isoformat())])
    dock.to_cut_off()
    assert dock.referral(referral_id).reason == "consent_not_yet"
    dock.pass_days(2)
    assert D.HANDED_OVER is dock.referral(referral_id).delivery


def test_a_poisoned_case_holds_nobody_up(dock: Dock) -> None:
    """A case that cannot be opened, and a defect of the adapter, fail and say so; the others go."""
    poisoned, defect = dock.accept(), dock.accept(name="결함")
    dock.store.write_now(
        lambda conn: conn.execute(
            cases.update().where(cases.c.id == dock.referral(poisoned).case_id).values(sealed_client=b"broken" * 10)
        )
    )
    good = dock.accept(name="김나루")
    dock.to_cut_off()
    assert [dock.referral(one).delivery for one in (poisoned, defect, good)] == [D.FAILED, D.FAILED, D.HANDED_OVER]
    assert [dock.referral(one).reason for one in (poisoned, defect)] == ["defect"] * 2
    assert dock.perils.passed < 20  # writes and folds: nobody ran in circles


def test_cancelled_before_the_freeze_is_in_no_file(dock: Dock) -> None:
    """Queued work stops at once."""
    referral_id = dock.accept()
    dock.do(dock.commands.cancel, referral_id)
    dock.to_cut_off()
    assert (dock.files(), dock.office.ours) == ([], [])


def test_a_withdrawal_while_frozen_is_in_flight(dock: Dock) -> None:
    """Between freeze and hand-over the answer to a withdrawal lists the referral; its result is taken back."""
    referral_id = dock.accept()
    dock.adapter.after_writing.append(UncertainError("the folder did not answer in time"))
    dock.to_cut_off()
    assert D.SENDING is dock.referral(referral_id).delivery
    done = dock.do(dock.consents.withdraw, dock.consent_ids[0])
    assert done.in_flight == [referral_id]
    dock.restart()
    dock.clerk_works()
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    dock.to_cut_off()
    (name,) = dock.office.collect()
    key = dock.referral(referral_id).wire_key
    assert dock.office.members(name) == [{"key": key, "receipt": f"K-{key}", "reason": "consent_withdrawn"}]
    dock.office.answer(name)
    dock.read_results()
    assert (dock.delivery(referral_id, Verb.WITHDRAW).status, dock.referral(referral_id).business) == (
        D.DELIVERED,
        B.WITHDRAWN,
    )


def test_cancel_of_what_is_in_a_file_takes_it_back_after_the_result(dock: Dock) -> None:
    """The wish is kept and shown; once the agency says that it has it, it is told in the next file."""
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.do(dock.commands.cancel, referral_id)
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.HANDED_OVER, "cancel_asked")
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    dock.to_cut_off()
    (name,) = dock.office.collect()
    assert dock.office.members(name)[0]["reason"] == "cancelled"


def test_cancel_of_what_is_in_a_rejected_file_cancels_it(dock: Dock) -> None:
    """The agency took nothing: there is nothing to take back, and nothing goes again."""
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.do(dock.commands.cancel, referral_id)
    dock.office.reject(*dock.office.collect())
    dock.read_results()
    assert D.CANCELLED is dock.referral(referral_id).delivery
    dock.to_cut_off()
    assert dock.office.ours == []


@pytest.mark.parametrize(("arrived", "status", "told"), [(True, D.DELIVERED, 1), (False, D.CANCELLED, 0)])
def test_a_wish_to_cancel_outlives_a_result_that_never_came(
    dock: Dock, arrived: bool, status: DeliveryStatus, told: int
) -> None:
    """A person finds out: what arrived is taken back, what did not is not sent again."""
    referral_id = dock.accept()
    dock.to_cut_off()
    dock.do(dock.commands.cancel, referral_id)
    dock.pass_days(4)
    receipt = "K-1" if arrived else None
    dock.do(dock.commands.resolve, referral_id, arrived=arrived, receipt=receipt, reason="전화로 확인")
    assert dock.referral(referral_id).delivery is status
    dock.to_cut_off()
    assert [one.kind for one in dock.deliveries(referral_id)].count(Verb.WITHDRAW) == told


def test_a_folder_that_fails_is_tried_again_with_rests(dock: Dock) -> None:
    """Nothing became visible: the members are free, wait a little longer each time, and no name is used twice."""
    referral_id = dock.accept()
    dock.adapter.before_writing += [NotSentError("the folder failed")] * 2
    dock.to_cut_off()
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.PENDING, "agency_unreachable")
    dock.clerk_works()
    assert len(dock.files()) == 1
    dock.pass_time(30)
    assert [status for _, status in dock.files()] == ["released", "released", "handed_over"]
    assert dock.office.ours == ["F-20260303-003.txt"]


def test_a_folder_that_fails_for_long_is_a_persons_matter(dock: Dock) -> None:
    """As old as any other delivery that cannot be sent the referral fails; a retry brings it into the next file."""
    referral_id = dock.accept()
    dock.adapter.before_writing += [NotSentError("the folder failed")] * 1000
    dock.to_cut_off()
    dock.pass_time(timedelta(hours=80).total_seconds())
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.FAILED, "tried_for_long")
    dock.adapter.before_writing.clear()
    dock.do(dock.commands.retry, referral_id)
    dock.to_cut_off()
    assert D.HANDED_OVER is dock.referral(referral_id).delivery


def test_a_set_up_that_is_wrong_pauses_the_lane(dock: Dock) -> None:
    """A person must mend it; after the resume the file is looked for, and its members go into a new one."""
    referral_id = dock.accept()
    (dock.office.folder / OURS).chmod(0o755)
    dock.to_cut_off()
    assert dock.store.read_now(paused_lanes) == {"ferry": "misconfigured"}
    dock.pass_time(600)
    assert len(dock.files()) == 1
    (dock.office.folder / OURS).chmod(0o700)
    dock.restart()
    dock.do_for_all(dock.commands.resume_agency, "ferry")
    dock.pass_time(60)
    assert D.HANDED_OVER is dock.referral(referral_id).delivery
    assert [status for _, status in dock.files()] == ["released", "handed_over"]


def test_a_wrong_set_up_is_one_alarm_not_a_storm(dock: Dock) -> None:
    """An `unfold` that cannot work pauses once, and asks again only at its pace."""
    dock.adapter.before_reading += [MisconfiguredError("no folder")] * 100
    dock.pass_time(3600)
    assert len(dock.adapter.before_reading) >= 100 - 14


def test_a_paused_lane_hands_nothing_out_and_still_reads_results(dock: Dock) -> None:
    """Outbound work rests; what the agency says is taken in."""
    first = dock.accept()
    dock.to_cut_off()
    dock.do_for_all(dock.commands.pause_agency, "ferry")
    second = dock.accept(name="김나루")
    dock.office.answer(*dock.office.collect())
    dock.to_cut_off()
    assert [dock.referral(one).delivery for one in (first, second)] == [D.DELIVERED, D.PENDING]


def test_a_pause_between_the_look_and_the_freeze_holds(dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was told that the agency is paused sees no file after that; resumed, it goes."""
    referral_id, asked = dock.accept(), list[str]()

    def pause_and_freeze(conn: Connection, **named: Any) -> Frozen:
        asked.append(named["slug"])
        dock.commands.pause_agency(conn, HubActor("key:operator"), "ferry")
        return freeze(conn, **named)

    with monkeypatch.context() as patched:
        patched.setattr(clerk, "freeze", pause_and_freeze)
        dock.to_cut_off()
    assert (asked, dock.files(), dock.office.ours) == (["ferry"], [], [])
    assert dock.referral(referral_id).delivery is D.PENDING
    dock.do_for_all(dock.commands.resume_agency, "ferry")
    dock.clerk_works()
    assert dock.referral(referral_id).delivery is D.HANDED_OVER


def test_nothing_is_sent_by_calls(dock: Dock) -> None:
    """The worker of single calls leaves a batch agency's deliveries alone."""
    referral_id = dock.accept()
    assert dock.work() == 1
    assert dock.delivery(referral_id).due_at is not None


def test_steps_of_what_is_in_a_file(dock: Dock) -> None:
    """A retry of what is handed over is refused; a cancel is not."""
    referral_id = dock.accept()
    dock.to_cut_off()
    with pytest.raises(IllegalStepError) as refused:
        dock.do(dock.commands.retry, referral_id)
    assert refused.value.legal == ("cancel",)
