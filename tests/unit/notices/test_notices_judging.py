from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from notices_bench import START

from hub.notices.configured import WebhookSettings
from hub.notices.judging import PATIENCE, Failure, Outcome, next_try, pace_after, room_at
from hub.store.webhooks import Pace

SETTINGS = WebhookSettings()
FRESH = Pace("hook_1")


def after(*outcomes: Outcome) -> Pace:
    pace = FRESH
    for outcome in outcomes:
        pace = pace_after(pace, outcome, START, SETTINGS)
    return pace


def test_waits_grow_and_end() -> None:
    """The first wait is short, the longest is the set one, and beyond the age a message goes to the shelf."""
    waits = []
    for tries in (1, 3, 30):
        due = next_try(Outcome(500), tries, START, START, SETTINGS)
        assert due is not None
        waits.append((due - START).total_seconds())
    late = START + timedelta(hours=72) - timedelta(seconds=1)
    assert [low <= wait <= high for wait, low, high in zip(waits, (5, 20, 3600), (10, 25, 3605), strict=True)] == [
        True
    ] * 3
    assert next_try(Outcome(500), 30, START, late, SETTINGS) is None


@pytest.mark.parametrize(("asked", "obeyed"), [(900.0, 900.0), (10.0**9, 24 * 3600.0)])
def test_retry_after_is_obeyed_up_to_a_day(asked: float, obeyed: float) -> None:
    """Both the message and everything else for this webhook wait as long as the receiver asked."""
    outcome = Outcome(503, retry_after_seconds=asked)
    due = next_try(outcome, 1, START, START, SETTINGS)
    assert due == after(outcome).rest_until == START + timedelta(seconds=obeyed)
    assert room_at(after(outcome), 0, START, SETTINGS) == 0


def test_a_receiver_that_is_away_is_tried_by_one_message() -> None:
    """After some failures in a row the webhook rests, at most a minute, and then one call at a time goes there."""
    down = after(*[Outcome(failure=Failure.CONNECT_FAILED)] * PATIENCE)
    assert down.rest_until is not None
    assert [room_at(down, busy, down.rest_until, SETTINGS) for busy in (0, 1)] == [1, 0]
    assert room_at(down, 0, START, SETTINGS) == 0
    long = after(*[Outcome(failure=Failure.TIMED_OUT)] * 50)
    assert long.rest_until is not None
    assert long.rest_until <= START + timedelta(seconds=65)


def test_one_answer_makes_it_whole_again() -> None:
    """Any 2xx forgets the failures."""
    assert after(Outcome(500), Outcome(500), Outcome(500), Outcome(202)) == replace(FRESH, last_delivered_at=START)


def test_a_message_that_is_refused_holds_no_other_up() -> None:
    """A receiver that works and dislikes one message is not treated as one that is away."""
    pace = after(*[Outcome(422)] * 20)
    assert (pace.last_failure, pace.rest_until, room_at(pace, 0, START, SETTINGS)) == ("status_422", None, 4)


@pytest.mark.parametrize(
    ("outcome", "why"),
    [(Outcome(204), None), (Outcome(301), "status_301"), (Outcome(410), "status_410"),
     (Outcome(failure=Failure.TLS_FAILED), "tls_failed")],
)  # fmt: skip
def test_only_2xx_is_delivered(outcome: Outcome, why: str | None) -> None:
    """A redirect delivers nothing; every other end has a code."""
    assert (outcome.why, outcome.is_delivered) == (why, why is None)
