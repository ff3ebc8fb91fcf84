"""A proof of a small size, as every run of the tests makes it: the promise holds on both stores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.cli.proof.patience import Patience
from hub.cli.proof.run import Script, Size, prove
from hub.cli.stage.folder import fresh_folder

ROOT = Path(__file__).parents[2]
FIGURES = {
    "referrals", "accepted", "acts", "lost", "duplicates", "unconsented", "waiting_for_person", "kills",
    "landed_kills", "seconds", "audit_chain", "untold_centre", "take_over_seconds",
}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SIZES = {
    "sqlite": Size(60, 0.2, 5, 1),  # two of its clients regret what they consented to later
    "postgresql": Size(48, 0.2, 4, 7, "postgresql", 3, os.environ.get("NARU_TEST_POSTGRES_URL")),
}
SCRIPT = Script(patience_seconds=120.0, patience=Patience(quiet=120.0, in_all=1500.0), asked_share=0.5)
"""Less patience than the test's own: what is stuck ends with a verdict, which says so."""


@pytest.mark.parametrize("store", SIZES)
async def test_the_promise_holds(store: str, tmp_path: Path) -> None:
    """Under lost replies and kills nothing is lost, sent twice, sent without a basis, or left without an end."""
    size = SIZES[store]
    with fresh_folder(tmp_path / "proof") as folder:
        verdict = await prove(size, folder, ROOT / "examples", lambda _: None, SCRIPT)
    figures = verdict.as_json()
    assert list(verdict.failures()) == []
    assert verdict.holds
    assert figures.keys() >= FIGURES
    assert (figures["lost"], figures["duplicates"], figures["unconsented"]) == (0, 0, 0)
    assert figures["landed_kills"] >= size.kills  # one more may land while the last is counted
    assert figures["acts"] > size.referrals / 2
    assert figures["supplements"] > 0
    assert figures["notices"] > size.referrals
    assert figures["take_over_seconds"]["to_unknown"]["kills"] > 0
    assert figures["audit_chain"] == "intact"
