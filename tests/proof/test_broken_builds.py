"""The proof must be able to fail: a small one catches every build that is broken in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.cli.proof.patience import Patience
from hub.cli.proof.run import Script, Size, prove
from hub.cli.proof.verdict import Verdict
from hub.cli.stage.folder import fresh_folder

ROOT = Path(__file__).parents[2]
ASKED_FIRST = frozenset({"WEL-BASIC", "LOAN-MISO"})
"""Services of agencies that are asked before anything is sent again."""
SUPPLEMENTED = frozenset({"DEBT-IND", "LAW-COUNSEL", "WEL-EMERG"})
"""Services of agencies that dedupe a supplement by its key."""

PATIENCE = Patience(quiet=120.0, in_all=1500.0)
"""Less than the test's own: what is stuck ends with a verdict, which says so."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def only(name: str, rate: float, *, at: str = "", **more: float) -> Any:
    """Set one fault on whatever registers, or on one other operation, at every agency that has it."""

    def faults(agency: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if name.startswith("busy_") and not agency["own_url"].startswith("http"):
            return []  # a telegram has no status
        struck = {at} if at else {"register", "reserve", "apply"}
        registering = [one for one in agency["operations"] if one in struck]
        return [{"name": name, "operation": one, "rate": rate, **more} for one in registering]

    return faults


async def prove_broken(
    build: str, place: Path, monkeypatch: pytest.MonkeyPatch, size: Size, script: Script, patience_seconds: float = 12.0
) -> Verdict:
    """Run a proof on a broken build; `patience_seconds`: what that build leaves open for ever is given up after."""
    paths = [str(Path(__file__).parent), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    broken = replace(script, module=f"broken_builds.{build}", patience_seconds=patience_seconds, patience=PATIENCE)
    with fresh_folder(place / "proof") as folder:
        return await prove(size, folder, ROOT / "examples", lambda _: None, broken)


async def test_resending_without_a_look_up_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends again instead of asking registers twice."""
    script = Script(faults=only("accept_then_lose_reply", 0.5), services=ASKED_FIRST)
    verdict = await prove_broken("resend", tmp_path, monkeypatch, Size(24, 0.5, 0, 1), script)
    assert verdict.findings.duplicates
    assert not verdict.holds


async def test_believing_not_found_at_once_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not wait for the settling time registers twice what the agency did not show yet."""
    script = Script(faults=only("accept_then_hide", 0.5, seconds=25.0), services=ASKED_FIRST)
    verdict = await prove_broken("hasty", tmp_path, monkeypatch, Size(24, 0.5, 0, 1), script)
    assert verdict.findings.duplicates
    assert not verdict.holds


async def test_working_without_a_lease_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without leases nobody takes over what a killed process was sending."""
    script = Script(faults=only("slow_drip", 0.7, seconds=0.01), services=ASKED_FIRST)
    verdict = await prove_broken("leaseless", tmp_path, monkeypatch, Size(24, 0.5, 3, 1), script)
    assert verdict.unsettled or verdict.findings.lost
    assert not verdict.holds


async def test_skipping_the_gate_on_a_retry_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for consent only once sends what was withdrawn meanwhile."""
    script = Script(faults=only("busy_429", 0.8), services=SUPPLEMENTED | {"JOB-COUNSEL"})
    verdict = await prove_broken("ungated", tmp_path, monkeypatch, Size(160, 0.5, 0, 1), script)
    assert verdict.findings.unconsented
    assert not verdict.holds


async def test_answering_before_the_commit_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A promise that was not committed dies with its process."""
    script = Script(faults=only("slow_drip", 0.7, seconds=0.01), services=ASKED_FIRST)
    verdict = await prove_broken("promising", tmp_path, monkeypatch, Size(24, 0.5, 4, 1), script)
    assert verdict.findings.lost
    assert not verdict.holds


async def test_holding_everything_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends nothing does nothing wrong, and loses everything."""
    script = Script(faults=only("accept_then_lose_reply", 0.2), services=ASKED_FIRST)
    verdict = await prove_broken("holding", tmp_path, monkeypatch, Size(24, 0.2, 0, 1), script)
    assert [act for book in verdict.books.values() for act in book.acts] == []
    assert verdict.findings.lost
    assert replace(verdict.findings, lost=()).is_clean
    assert not verdict.holds


async def test_amending_the_audit_trail_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes an entry that was sealed is found out, though nothing else is wrong."""
    script = Script(services=ASKED_FIRST)
    verdict = await prove_broken("amending", tmp_path, monkeypatch, Size(8, 0.0, 0, 1), script, 60.0)
    assert verdict.audit_chain.startswith("findings (1): changed at place 1")
    assert not verdict.holds
    assert [failure for failure in verdict.failures() if not failure.startswith("audit_chain")] == []


async def test_skipping_a_notice_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not tell the centre of every event leaves a gap in the sequence, or an old picture."""
    script = Script(faults=only("accept_then_lose_reply", 0.0), services=ASKED_FIRST)
    verdict = await prove_broken("silent", tmp_path, monkeypatch, Size(8, 0.0, 0, 1), script, 60.0)
    assert verdict.untold_centre
    assert verdict.findings.is_clean
    assert not verdict.holds


async def test_supplementing_under_a_new_key_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a supplement again as another one has it refused, though the agency holds the first."""
    faults = only("accept_then_lose_reply", 0.8, at="supplement")
    script = Script(faults=faults, services=SUPPLEMENTED, asked_share=1.0)
    verdict = await prove_broken("rekeying", tmp_path, monkeypatch, Size(24, 0.0, 0, 1), script)
    assert verdict.findings.duplicates or verdict.findings.altered
    assert not verdict.holds
