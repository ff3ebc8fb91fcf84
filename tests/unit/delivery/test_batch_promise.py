from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from barge import Dock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.sdk import Verb
from hub.store.referrals import ReferralRecord
from schemas.status import DeliveryStatus

D = DeliveryStatus
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own in it; no disk to wait for
NAMES = [first + second for first in "김이박최정강조윤장임한오" for second in ("나루", "가람", "바다", "하늘")]
SOME = st.integers(0, 1000)
DEATHS = st.none() | st.integers(0, 7)
DAY = 24 * 3600.0


class Crossing(RuleBasedStateMachine):
    """Referrals, withdrawals, cut-offs, deaths, answers, rejections and silence, in any order."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.dock = Dock(Path(self.folder.name))
        self.referrals: list[str] = []
        self.consents: dict[str, str] = {}
        self.stopped: dict[str, set[str]] = {}
        self.misjudged: set[str] = set()

    @rule()
    def accept(self) -> None:
        self.accept_one()

    def accept_one(self) -> None:
        if len(self.referrals) == len(NAMES):
            return
        referral_id = self.dock.accept(name=NAMES[len(self.referrals)])
        self.consents[referral_id] = self.dock.consent_ids[0]
        self.referrals.append(referral_id)

    @rule(which=SOME)
    @precondition(lambda self: self.referrals)
    def withdraw(self, which: int) -> None:
        referral_id = self.referrals[which % len(self.referrals)]
        done = self.dock.do(self.dock.consents.withdraw, self.consents[referral_id])
        if done.stopped:
            self.stopped[referral_id] = {name for name, _ in self.dock.files()}

    @rule(which=SOME)
    @precondition(lambda self: self.referrals)
    def cancel(self, which: int) -> None:
        referral = self.dock.referral(self.referrals[which % len(self.referrals)])
        if referral.delivery in {D.PENDING, D.HELD, D.HANDED_OVER, D.FAILED}:
            self.dock.do(self.dock.commands.cancel, referral.id)

    @rule(which=SOME, has_arrived_known=st.booleans())
    @precondition(lambda self: self.referrals)
    def resolve(self, which: int, has_arrived_known: bool) -> None:
        """A person asks the agency, which tells the truth; or the person errs, and says that it did not arrive."""
        referral = self.dock.referral(self.referrals[which % len(self.referrals)])
        if referral.delivery is D.UNKNOWN:
            arrived = referral.wire_key in self.dock.office.accepted and has_arrived_known
            receipt = f"K-{referral.wire_key}" if arrived else None
            self.misjudged |= set() if arrived else {referral.wire_key}
            self.dock.do(self.dock.commands.resolve, referral.id, arrived=arrived, receipt=receipt, reason="확인")

    @rule(days=st.sampled_from([0.0, 0.01, 1.0, 5.0]), death=DEATHS)
    def pass_time(self, days: float, death: int | None) -> None:
        self.pass_seconds(max(600.0, days * DAY), death)

    def pass_seconds(self, seconds: float, death: int | None) -> None:
        self.dock.clock.advance(seconds)
        if death is None:
            self.dock.clerk_works()
        else:
            self.dock.dies_at(death)

    @rule(which=SOME, how=st.sampled_from(["answer", "part", "refuse", "reject"]))
    def the_office_works(self, which: int, how: str) -> None:
        self.answer_one(which, how)

    def answer_one(self, which: int, how: str) -> None:
        office = self.dock.office
        office.collect()
        if not office.waiting:
            return
        name = office.waiting[which % len(office.waiting)]
        if how == "reject":
            office.reject(name)
        else:
            office.answer(name, refuse=how == "refuse", leave_out=int(how == "part"))

    @rule(first=DEATHS, how=st.sampled_from(["answer", "part", "refuse", "reject"]), second=DEATHS)
    def a_round(self, first: int | None, how: str, second: int | None) -> None:
        """A referral, its cut-off, the office's answer and the look at it: with a death in either half, or none."""
        self.accept_one()
        self.pass_seconds(self.dock.until_cut_off, first)
        self.dock.pass_time(600.0)
        self.answer_one(0, how)
        self.pass_seconds(600.0, second)

    @invariant()
    def no_name_has_two_contents(self) -> None:
        self.dock.office.collect()
        assert self.dock.office.broken_names == []

    def teardown(self) -> None:
        if hasattr(self, "dock"):
            try:
                self.settle()
            finally:
                self.dock.close()
                self.folder.cleanup()

    def settle(self) -> None:
        """Let the office answer what it has, and let every deadline pass."""
        dock = self.dock
        for _ in range(8):
            for name in (*dock.office.collect(), *dock.office.waiting):
                if name in dock.office.waiting:
                    dock.office.answer(name)
            for _ in range(4):
                dock.clock.advance(DAY)
                dock.clerk_works()
        for referral_id in self.referrals:
            self.check(dock.referral(referral_id))
        assert (dock.office.ours, dock.office.theirs) == ([], [])
        assert set(dock.office.twice) <= self.misjudged

    def check(self, referral: ReferralRecord) -> None:
        """The hub and the office agree; where they cannot, a person was asked."""
        office, key = self.dock.office, referral.wire_key
        has_it, judged_well = key in office.accepted, key not in self.misjudged
        assert referral.delivery in {D.DELIVERED, D.REFUSED, D.CANCELLED, D.FAILED, D.UNKNOWN}
        if referral.delivery is D.DELIVERED:
            assert has_it
        if has_it and judged_well:
            assert referral.delivery in {D.DELIVERED, D.UNKNOWN}
        if referral.delivery is D.UNKNOWN:
            assert referral.reason == "person_decides"
            assert key in office.left_out or not judged_well
        if referral.id in self.stopped:
            assert not has_it or office.accepted[key] in self.stopped[referral.id]
        withdrawals = [one for one in self.dock.deliveries(referral.id) if one.kind is Verb.WITHDRAW]
        assert len(withdrawals) <= 1
        for withdrawal in withdrawals:
            assert withdrawal.status in {D.DELIVERED, D.REFUSED, D.UNKNOWN, D.FAILED}
            assert (key in office.withdrawn) is (withdrawal.status is D.DELIVERED)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "how", "second"),
    [(2, "answer", 1), (3, "part", 3), (1, "refuse", 2), (3, "reject", 1), (2, "reject", 4)],
)
def test_two_rounds_with_a_death_in_each_half_end_well(first: int, how: str, second: int) -> None:
    """Deaths around the file and around the taking in, with a withdrawal between them: the same stories every time."""
    story = Crossing()
    story.begin()
    try:
        story.a_round(first, how, second)
        story.withdraw(0)
        story.a_round(first, how, None)
        story.pass_time(5.0, second)
        story.resolve(0, has_arrived_known=True)
        story.no_name_has_two_contents()
    finally:
        story.teardown()


@pytest.mark.slow
class TestCrossing(Crossing.TestCase):  # type: ignore[name-defined,misc]  # hypothesis makes the class
    """Nothing is lost, nothing is in two files that the agency took, no name has two contents."""

    settings = settings(
        max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
