"""When "not found" is believed: no earlier than a send may take to arrive and show, whatever the contract says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from ferry import Landing

from adapters.sdk import Repeat
from schemas.status import DeliveryStatus

D = DeliveryStatus


@pytest.fixture
def prompt(open_landing: Callable[..., Landing]) -> Landing:
    """A landing whose agency dedupes our key; its contract has no settling time, and its time-out is 90 s."""
    landing = open_landing(Repeat.KEYED)
    landing.profile = replace(landing.profile, settling_seconds=0.0)
    landing.more_settings = {"timeout_seconds": 90.0}
    landing.start_process()
    return landing


@pytest.mark.parametrize("shows_after", [20.0, 59.0, 89.0])
def test_what_shows_late_is_taken_back_where_nothing_needs_to_settle(prompt: Landing, shows_after: float) -> None:
    """A consent that is withdrawn while the answer is lost is told to the agency, though it shows the act late."""
    prompt.agency.visible_after = shows_after
    referral_id = prompt.accept()
    prompt.agency.script.append("lose_reply")
    prompt.work()
    done = prompt.do(prompt.consents.withdraw, prompt.consent_ids[0])
    prompt.settle()
    assert [referral_id] == done.in_flight
    assert D.DELIVERED is prompt.referral(referral_id).delivery
    assert (prompt.agency.seen.count("/submit"), len(prompt.agency.withdrawn)) == (1, 1)


def seconds_until_known(landing: Landing, referral_id: str) -> int:
    """Move the clock second by second until what was unknown is known; return how many it took."""
    for seconds in range(1000):
        landing.work()
        if landing.referral(referral_id).delivery is not D.UNKNOWN:
            return seconds
        landing.clock.advance(1)
    raise AssertionError("never known")


@pytest.mark.parametrize(("timeout", "contract", "least"), [(10.0, 0.0, 60), (90.0, 0.0, 90), (10.0, 120.0, 120)])
def test_the_longest_of_contract_time_out_and_a_minute_must_pass(
    prompt: Landing, timeout: float, contract: float, least: int
) -> None:
    """What never arrived is cancelled once all of them are over since the send, and not before."""
    prompt.profile = replace(prompt.profile, settling_seconds=contract)
    prompt.more_settings = {"timeout_seconds": timeout}
    prompt.start_process()
    referral_id = prompt.accept()
    prompt.agency.script.append("reset_before")
    prompt.work()
    prompt.do(prompt.consents.withdraw, prompt.consent_ids[0])
    assert least == seconds_until_known(prompt, referral_id)
    prompt.work()
    assert (prompt.referral(referral_id).delivery, prompt.agency.acts) == (D.CANCELLED, [])


def test_the_same_key_is_sent_again_at_once(prompt: Landing) -> None:
    """An agency that dedupes needs no settling to be sent the same again: it is there within seconds, once."""
    referral_id = prompt.accept()
    prompt.agency.script.append("lose_reply")
    prompt.work()
    assert seconds_until_known(prompt, referral_id) < 60
    assert prompt.agency.seen == ["/submit", "/submit"]
    assert (prompt.referral(referral_id).delivery, len(prompt.agency.acts)) == (D.DELIVERED, 1)
