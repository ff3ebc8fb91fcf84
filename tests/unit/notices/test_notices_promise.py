"""The promise: whatever fails, every event of a referral reaches the receiver; its sequences tell order and gaps."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notices_bench import Bench

from hub.notices.judging import Failure, Outcome
from hub.store.messages import Message

BAD = st.sampled_from([
    Outcome(500), Outcome(404), Outcome(422), Outcome(301), Outcome(410), Outcome(429, retry_after_seconds=30.0),
    Outcome(failure=Failure.TIMED_OUT), Outcome(failure=Failure.CONNECT_FAILED), Outcome(failure=Failure.BROKE_OFF),
])  # fmt: skip
STEP = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 2)),
    st.tuples(st.just("send"), st.lists(st.one_of(st.just(Outcome(204)), BAD), max_size=6)),
    st.tuples(st.just("arrive and die"), st.integers(1, 4)),
    st.tuples(st.just("die"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 100_000)),
    st.tuples(st.just("tidy"), st.none()),
)


class Centre:
    """A receiver that keeps what it took, and fails as it is told."""

    def __init__(self) -> None:
        self.took: list[Message] = []
        self.moods: list[Outcome] = []

    def answer(self, message: Message) -> Outcome:
        outcome = self.moods.pop(0) if self.moods else Outcome(204)
        if outcome.is_delivered or outcome.failure is Failure.BROKE_OFF:  # the answer may be lost, not the message
            self.took.append(message)
        return outcome


def play(bench: Bench, steps: list[tuple[str, Any]]) -> tuple[Centre, dict[str, int]]:
    """Play the steps, then let all that waits or was shelved arrive; return what came, and how much happened."""
    hook, centre = bench.hook(), Centre()
    ids = [bench.referral() for _ in range(3)]
    happened = dict.fromkeys(ids, 0)
    bench.sender.answer = centre.answer
    for step, said in steps:
        if step == "event":
            happened[ids[said]] = bench.happen(ids[said])
        elif step == "send":
            centre.moods = list(said)
            bench.send()
            centre.moods = []
        elif step == "wait":
            bench.clock.advance(said)
        elif step == "tidy":
            bench.store.write_now(bench.notifier().tidy)
        else:
            leased = bench.take(hook, said)
            centre.took += [task.message for task in leased if step == "arrive and die"]
            bench.forget_leases()
    bench.store.write_now(lambda conn: bench.desk.change(conn, bench.actor, hook, enabled=True))
    bench.store.write_now(lambda conn: bench.desk.redeliver(conn, bench.actor, hook, None))
    while (due := bench.next_due()) is not None:
        bench.clock.advance(max(0.0, (due - bench.clock.now()).total_seconds()) + 60)
        bench.send()
    return centre, happened


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEP, max_size=25))
def test_no_event_is_lost_and_sequences_tell_order_and_gaps(steps: list[tuple[str, Any]]) -> None:
    """In any order of events, failures, deaths and waits: of each referral 1, 2, 3, … arrive, copies under one id."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(f"sqlite:///{folder}/naru.db", Path(folder))
        try:
            centre, happened = play(bench, steps)
        finally:
            bench.close()
    told: dict[tuple[str | None, int | None], set[str]] = {}
    for message in centre.took:
        told.setdefault((message.referral_id, message.sequence), set()).add(message.id)
    expected = {(referral, number) for referral, last in happened.items() for number in range(1, last + 1)}
    assert set(told) == expected
    assert all(len(ids) == 1 for ids in told.values())


def test_the_same_holds_on_both_databases(bench: Bench) -> None:
    """One long story with every kind of failure in it."""
    gone, slow = [Outcome(410)], [Outcome(429, retry_after_seconds=30.0)]
    steps: list[tuple[str, Any]] = [
        ("event", 0), ("event", 1), ("send", [Outcome(500), Outcome(204)]), ("event", 0), ("arrive and die", 2),
        ("event", 2), ("die", 3), ("wait", 60), ("send", slow), ("event", 1), ("wait", 300_000), ("tidy", None),
        ("event", 0), ("send", gone), ("event", 2), ("wait", 10), ("send", []),
    ]  # fmt: skip
    centre, happened = play(bench, steps)
    assert sorted(happened.values()) == [2, 2, 3]
    assert len({(one.referral_id, one.sequence) for one in centre.took}) == len({one.id for one in centre.took}) == 7
