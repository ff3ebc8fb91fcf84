from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from ferry import FerryAdapter, Landing
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.sdk import Repeat, Verb, capabilities
from schemas.status import DeliveryStatus

D = DeliveryStatus

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of its own in it; no disk to wait for
WORDS = st.sampled_from(["ok", "lose_reply", "reset_before", "refuse_connection", "busy", "garbage"])
DEATHS = st.sampled_from(["live", "die_before_arrival", "die_after_arrival"])
WAITS = st.sampled_from([0.0, 1.0, 30.0, 61.0, 1000.0])
STORY = st.lists(st.tuples(WORDS, DEATHS, WAITS), max_size=7)


def live_through(landing: Landing, story: list[tuple[str, str, float]]) -> None:
    """Let the hub live through a story of faults, deaths and time, and then let everything settle."""
    for word, death, wait in story:
        landing.agency.script.clear()
        landing.agency.script.append(word)
        if death == "live":
            landing.work()
        else:
            landing.agency.script.clear()
            landing.die_while_sending(arrived=death == "die_after_arrival")
            landing.restart()
        landing.clock.advance(wait)
    landing.agency.script.clear()
    landing.settle(40)


@pytest.mark.slow
@pytest.mark.parametrize("repeat", [Repeat.KEYED, Repeat.LOOKUP, Repeat.NEVER])
@given(story=STORY, withdraw_at=st.none() | st.integers(0, 6))
@example(story=[("lose_reply", "live", 1000.0), ("ok", "die_after_arrival", 0.0)], withdraw_at=1)
@example(story=[("ok", "die_before_arrival", 61.0), ("lose_reply", "live", 0.0)], withdraw_at=None)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_fails_nothing_is_lost_and_nothing_is_there_twice(
    repeat: Repeat, story: list[tuple[str, str, float]], withdraw_at: int | None
) -> None:
    """After any story of faults and deaths: one act or none at the agency, and the hub knows or asks a person."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        landing = Landing(Path(folder), repeat, verbs=capabilities(FerryAdapter) - {Verb.STATUS})
        landing.agency.visible_after = 45.0
        referral_id = landing.accept()
        cut = len(story) if withdraw_at is None else min(withdraw_at, len(story))
        live_through(landing, story[:cut])
        if withdraw_at is not None:
            done = landing.do(landing.consents.withdraw, landing.consent_ids[0])
            acts_before = len(landing.agency.acts)
            live_through(landing, story[cut:])
            assert done.in_flight or acts_before == len(landing.agency.acts)
        referral, acts = landing.referral(referral_id), len(landing.agency.acts)
        landing.close()
    assert acts <= 1
    assert referral.delivery in {D.DELIVERED, D.CANCELLED, D.UNKNOWN}
    if referral.delivery is D.UNKNOWN:
        assert repeat is Repeat.NEVER
        assert referral.reason == "person_decides"
    else:
        assert (1 if referral.delivery is D.DELIVERED else 0) == acts
    if referral.delivery is D.CANCELLED:
        assert withdraw_at is not None
    if withdraw_at is not None and referral.delivery is D.DELIVERED:
        assert {referral.wire_key} == set(landing.agency.withdrawn)
