from __future__ import annotations

from adapters.sdk import Gate
from adapters.sdk.decisions import steady_now
from hub.consent.mint import Mint


def test_every_fetch_has_a_leave_of_its_own() -> None:
    """Impersonal, stamped, for this agency, and only for now: whoever keeps one cannot use it tomorrow."""
    gate = Gate()
    leave = Mint(gate).leave_for_tokens("quay")
    one, another = leave(), leave()
    for decision in (one, another):
        gate.check(decision, "quay")
    assert one.attempt_id != another.attempt_id
    assert 0 < one.send_by - steady_now() <= 20
