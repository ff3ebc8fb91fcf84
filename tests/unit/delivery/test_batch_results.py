from __future__ import annotations

import pytest
from barge import Dock
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from adapters.sdk import Verb
from hub.store.attempts import attempts_of
from schemas.status import BusinessStatus, DeliveryStatus

B, D = BusinessStatus, DeliveryStatus


@pytest.fixture
def referral_id(dock: Dock) -> str:
    """A referral that was handed over in a file, which the office has collected."""
    referral_id = dock.accept()
    dock.to_cut_off()
    assert D.HANDED_OVER is dock.referral(referral_id).delivery
    dock.office.collect()
    return referral_id


def alarms(dock: Dock) -> list[str]:
    """Let the clerk look, and return the alarms that it raised."""
    with capture_logs() as logged:
        dock.read_results()
    return [line["event"] for line in logged if line["log_level"] == "error"]


def line(dock: Dock, referral_id: str, **more: object) -> dict[str, object]:
    """Return a line of a result file."""
    key = dock.referral(referral_id).wire_key
    return {"key": key, "withdrawal": False, "receipt": f"K-{key}", "code": "OK"} | more


def say(dock: Dock, *lines: object, name: str = "R-1.txt", answers: str | None = None) -> None:
    """Lay a result file down."""
    dock.office.say({"answers": answers, "rejected": None, "lines": lines}, name)


def test_a_refusal_is_kept_with_its_code(dock: Dock, referral_id: str) -> None:
    """The agency's no is a value, in our word and in its own."""
    dock.office.answer("F-20260303-001.txt", refuse=True)
    dock.read_results()
    referral = dock.referral(referral_id)
    assert (referral.delivery, referral.reason, referral.raw_code) == (D.REFUSED, "not_eligible", "NO")


def test_the_same_file_again_changes_nothing(dock: Dock, referral_id: str) -> None:
    """A result file that is laid down twice is taken in once, and cleared twice."""
    for _ in range(2):
        say(dock, line(dock, referral_id, facts=["received"]), answers="F-20260303-001.txt")
        dock.read_results()
        assert dock.office.theirs == []
    assert len(dock.events(referral_id)) == 4


def test_another_content_under_a_known_name_is_an_alarm(dock: Dock, referral_id: str) -> None:
    """It is told once, changes nothing, and stays for a person."""
    say(dock, line(dock, referral_id), answers="F-20260303-001.txt")
    dock.read_results()
    before = dock.referral(referral_id)
    say(dock, line(dock, referral_id, receipt="K-other"), answers="F-20260303-001.txt")
    assert [alarms(dock), alarms(dock)] == [["result_file_changed"], []]
    assert (dock.office.theirs, dock.referral(referral_id)) == (["R-1.txt"], before)


def test_a_file_that_cannot_be_read_is_an_alarm_and_stays(dock: Dock, referral_id: str) -> None:
    """It is told once; when its agency puts it right, it is taken in."""
    dock.office.say("half a li", "R-1.txt")
    assert [alarms(dock), alarms(dock)] == [["result_file_unreadable"], []]
    assert (dock.office.theirs, dock.referral(referral_id).delivery) == (["R-1.txt"], D.HANDED_OVER)
    say(dock, line(dock, referral_id), answers="F-20260303-001.txt")
    dock.read_results()
    assert (dock.office.theirs, dock.referral(referral_id).delivery) == ([], D.DELIVERED)


def test_an_answer_to_a_file_that_we_never_made_stays_for_a_person(dock: Dock, referral_id: str) -> None:
    """What it says of our referrals is taken in; the file itself is not thrown away."""
    say(dock, line(dock, referral_id), answers="F-19990101-001.txt")
    assert [alarms(dock), alarms(dock)] == [["result_file_stray"], []]
    assert (dock.office.theirs, dock.referral(referral_id).delivery) == (["R-1.txt"], D.DELIVERED)


def test_a_line_that_nobody_knows_is_kept(dock: Dock, referral_id: str) -> None:
    """It goes to the shelf, sealed; the other lines are taken in."""
    say(dock, line(dock, referral_id, key="NR-nobody's-key-and-a-very-long-one-at-that"), line(dock, referral_id))
    assert alarms(dock) == ["result_line_unknown"]
    assert (dock.shelf(), dock.referral(referral_id).delivery) == (["unmatched"], D.DELIVERED)


@pytest.mark.parametrize(
    ("second", "reason"),
    [({"code": "NO"}, "result_contradicts"), ({"receipt": "K-2"}, "registered_twice_at_agency")],
)
def test_a_line_that_contradicts_what_is_settled_is_flagged_and_kept(
    dock: Dock, referral_id: str, second: dict[str, str], reason: str
) -> None:
    """Delivered stays delivered, staff see the flag, and the line is on the shelf."""
    say(dock, line(dock, referral_id), line(dock, referral_id, **second))
    dock.read_results()
    assert ("fact_flagged", reason) in dock.events(referral_id)
    assert (dock.shelf(), dock.referral(referral_id).delivery) == (["matched"], D.DELIVERED)


def test_an_acknowledgement_that_nobody_asked_for_is_flagged(dock: Dock, referral_id: str) -> None:
    """A withdrawal that we never sent is not acknowledged in silence."""
    say(dock, line(dock, referral_id, withdrawal=True))
    dock.read_results()
    assert ("fact_flagged", "result_contradicts") in dock.events(referral_id)
    assert D.HANDED_OVER is dock.referral(referral_id).delivery


def test_facts_of_earlier_files_are_followed(dock: Dock, referral_id: str) -> None:
    """A file may tell only how referrals moved on; each fact is taken once."""
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    for number, status in enumerate(("reviewing", "approved")):
        say(dock, line(dock, referral_id, code=None, facts=[status]), name=f"R-{number}.txt")
    dock.read_results()
    assert B.APPROVED is dock.referral(referral_id).business


def test_facts_prove_that_it_arrived(dock: Dock, referral_id: str) -> None:
    """What an agency works on, it has; its receipt is learnt when it is told."""
    say(dock, line(dock, referral_id, code=None, facts=["reviewing"]))
    dock.read_results()
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).receipt) == (D.DELIVERED, None)
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    referral = dock.referral(referral_id)
    assert (referral.receipt, referral.business) == (f"K-{referral.wire_key}", B.REVIEWING)
    dock.pass_days(4)
    assert D.DELIVERED is dock.referral(referral_id).delivery


def test_a_rejected_file_is_made_anew_a_few_times(dock: Dock, referral_id: str) -> None:
    """Its members go into a new file under a new name; after the third rejection a person decides."""
    for number in (3, 4, 5):
        (name,) = dock.office.waiting
        dock.office.reject(name)
        assert alarms(dock) == ["file_rejected"]
        referral = dock.referral(referral_id)
        assert (referral.delivery, referral.reason) == (D.FAILED if number == 5 else D.PENDING, "file_rejected")
        dock.to_cut_off()
        dock.office.collect()
    assert [name for name, _ in dock.files()] == [f"F-2026030{day}-001.txt" for day in (3, 4, 5)]
    dock.do(dock.commands.retry, referral_id)
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.office.reject(name)
    dock.read_results()
    assert D.PENDING is dock.referral(referral_id).delivery


def test_members_that_no_line_names_wait_for_another_file(dock: Dock) -> None:
    """A result may be partial: who is not in it is not settled by it."""
    ids = [dock.accept(name=name) for name in ("홍길동", "김나루")]
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.office.answer(name, leave_out=1)
    dock.read_results()
    assert [dock.referral(one).delivery for one in ids] == [D.DELIVERED, D.HANDED_OVER]
    dock.pass_days(4)
    assert [dock.referral(one).delivery for one in ids] == [D.DELIVERED, D.UNKNOWN]


def test_no_result_by_the_deadline_is_a_persons_matter(dock: Dock, referral_id: str) -> None:
    """Unknown at the end of the second working day, not before; a late result still settles it."""
    dock.pass_time((dock.room.working_days.end_of(dock.clock.now().date(), 2) - dock.clock.now()).total_seconds() - 1)
    assert D.HANDED_OVER is dock.referral(referral_id).delivery
    dock.pass_time(600)
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.UNKNOWN, "person_decides")
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    assert D.DELIVERED is dock.referral(referral_id).delivery


def test_a_late_rejection_frees_what_waits_for_a_person(dock: Dock, referral_id: str) -> None:
    """The agency took nothing of the file: its member goes into a new one."""
    dock.pass_days(4)
    dock.office.reject("F-20260303-001.txt")
    dock.read_results()
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.PENDING, "file_rejected")


def test_nothing_expires_unread(dock: Dock, referral_id: str) -> None:
    """A hub that was off past the deadline reads what lies there before it gives up on anything."""
    dock.office.answer("F-20260303-001.txt")
    dock.clock.advance(10 * 24 * 3600)
    dock.clerk_works()
    assert D.DELIVERED is dock.referral(referral_id).delivery


def test_nothing_expires_while_the_store_cannot_take_it_in(
    dock: Dock, referral_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that lies there when the deadline is over, and that a lost database kept out, is not given up."""

    def is_away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT 1", {}, RuntimeError("the connection is lost"))

    dock.office.answer("F-20260303-001.txt")
    dock.clock.advance(10 * 24 * 3600)
    with monkeypatch.context() as patched:
        patched.setattr("hub.delivery.batches.clerk.take_in", is_away)
        dock.clerk_works()
        assert D.HANDED_OVER is dock.referral(referral_id).delivery
    dock.read_results()
    assert D.DELIVERED is dock.referral(referral_id).delivery


def test_a_person_resolves_as_for_any_unknown(dock: Dock, referral_id: str) -> None:
    """Did not arrive: into the next file; and what the agency had after all, it calls 중복, which is no refusal."""
    dock.pass_days(4)
    dock.do(dock.commands.resolve, referral_id, arrived=False, receipt=None, reason="전화로 확인")
    assert D.PENDING is dock.referral(referral_id).delivery
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.office.accepted[dock.referral(referral_id).wire_key] = "the first one, after all"
    dock.office.answer(name)
    dock.read_results()
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).reason) == (D.UNKNOWN, "person_decides")
    dock.do(dock.commands.resolve, referral_id, arrived=True, receipt="K-1", reason="전화로 확인")
    assert (dock.referral(referral_id).delivery, dock.referral(referral_id).receipt) == (D.DELIVERED, "K-1")


def test_a_late_result_reaches_what_waits_for_the_next_file(dock: Dock, referral_id: str) -> None:
    """A person thought that it had not arrived; the agency says that it has: it is not sent again."""
    dock.pass_days(4)
    dock.do(dock.commands.resolve, referral_id, arrived=False, receipt=None, reason="전화로 확인")
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    assert D.DELIVERED is dock.referral(referral_id).delivery
    dock.to_cut_off()
    assert len(dock.files()) == 1


def test_what_was_cancelled_and_arrived_is_taken_back(dock: Dock, referral_id: str) -> None:
    """A rejected file freed it and the centre cancelled; the agency has it all the same."""
    dock.office.reject("F-20260303-001.txt")
    dock.read_results()
    dock.do(dock.commands.cancel, referral_id)
    say(dock, line(dock, referral_id))
    dock.read_results()
    assert D.DELIVERED is dock.referral(referral_id).delivery
    assert [one.kind for one in dock.deliveries(referral_id)] == [Verb.SUBMIT, Verb.WITHDRAW]


def test_a_refused_withdrawal_is_told_to_staff(dock: Dock, referral_id: str) -> None:
    """The agency would not withdraw: a person must ask it."""
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.office.answer(name, refuse=True)
    dock.read_results()
    assert D.REFUSED is dock.delivery(referral_id, Verb.WITHDRAW).status
    assert ("consent_changed", "withdrawal_refused") in dock.events(referral_id)


def test_an_unanswered_withdrawal_is_told_to_staff_and_a_late_answer_counts(dock: Dock, referral_id: str) -> None:
    """It is in one file only, whatever happens; a person asks the agency."""
    dock.office.answer("F-20260303-001.txt")
    dock.read_results()
    dock.do(dock.consents.withdraw, dock.consent_ids[0])
    dock.to_cut_off()
    (name,) = dock.office.collect()
    dock.pass_days(4)
    assert ("consent_changed", "withdrawal_unanswered") in dock.events(referral_id)
    assert len(dock.files()) == 2
    dock.office.answer(name)
    dock.read_results()
    assert D.DELIVERED is dock.delivery(referral_id, Verb.WITHDRAW).status


def test_a_result_that_comes_before_we_know_that_the_file_left(dock: Dock) -> None:
    """The agency answers a file that is still in doubt here: then it lay there, and its attempts end."""
    referral_id = dock.accept()
    dock.adapter.after_writing.append(RuntimeError("a defect after the file became visible"))
    dock.to_cut_off()
    assert D.SENDING is dock.referral(referral_id).delivery
    dock.office.answer(*dock.office.collect())
    dock.read_results()
    (attempt,) = dock.store.read_now(lambda conn: attempts_of(conn, referral_id))
    assert (dock.referral(referral_id).delivery, attempt.result) == (D.DELIVERED, "handed_over")
    assert dock.files() == [("F-20260303-001.txt", "handed_over")]
