"""The verdict holds only if nothing at all is wrong, says in words what is, and is what the command ends with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli import proof
from hub.cli.proof.disturber import Tally
from hub.cli.proof.scene import Size
from hub.cli.proof.verdict import Verdict
from hub.cli.stage.folder import StageFolder
from mocks.auditor import Findings, Promise
from mocks.auditor.audit import Finding

FINDING = Finding("kamco", "proof-000001", "DEBT-KAMCO", "what is wrong")
CLEAN = Findings(lost=(), duplicates=(), unconsented=(), altered=(), acts={})
WORDS = "kamco proof-000001 DEBT-KAMCO"


def promised(delivery: str | None = "delivered") -> Promise:
    """Return a promise, and how it stood in the end; None: the hub said nothing of it."""
    return Promise(
        case=FINDING.case,
        referral_id="ref-1",
        service_code=FINDING.service_code,
        agency=FINDING.agency,
        client={},
        referral={},
        consents=(),
        cancelled=False,
        told=False,
        final={} if delivery is None else {"delivery": delivery, "reason": "why"},
    )


WELL = Verdict(
    size=Size(referrals=1, lost_replies=0.3, kills=2, seed=7, store="postgresql", processes=3),
    promises=(promised(),),
    books={},
    findings=CLEAN,
    untold_centre=(),
    tally=Tally(kills=3, landed=2),
    take_over_seconds={},
    notices=1,
    repeated_requests=0,
    seconds=1.0,
    audit_chain="intact",
)

WRONG = {
    "lost": ({"findings": replace(CLEAN, lost=(FINDING,))}, f"lost: {WORDS}: what is wrong"),
    "duplicates": ({"findings": replace(CLEAN, duplicates=(FINDING,))}, f"duplicates: {WORDS}: what is wrong"),
    "unconsented": ({"findings": replace(CLEAN, unconsented=(FINDING,))}, f"unconsented: {WORDS}: what is wrong"),
    "altered": ({"findings": replace(CLEAN, altered=(FINDING,))}, f"altered: {WORDS}: what is wrong"),
    "untold": ({"findings": replace(CLEAN, untold=(FINDING,))}, f"untold: {WORDS}: what is wrong"),
    "unexplained": ({"findings": replace(CLEAN, unexplained=(FINDING,))}, f"unexplained: {WORDS}: what is wrong"),
    "untold centre": ({"untold_centre": (("ref-1", "a gap"),)}, "untold_centre: ref-1: a gap"),
    "audit chain": ({"audit_chain": "changed at place 1"}, "audit_chain: changed at place 1"),
    "stopped": ({"stopped": "nothing moved"}, "not run to its end: nothing moved"),
    "not all accepted": ({"promises": ()}, "1 referrals were to be handed in, 0 were accepted"),
    "more than was asked": (
        {"promises": (promised(), promised())},
        "1 referrals were to be handed in, 2 were accepted",
    ),
    "too few kills": (
        {"tally": Tally(kills=9, landed=1)},
        "2 kills were to land, 1 did before all was sent",
    ),
    **{
        status: ({"promises": (promised(status),)}, f"unsettled: {WORDS}: {status} why")
        for status in ("pending", "sending", "handed_over", "failed", "unknown")
    },
    "never read": ({"promises": (promised(None),)}, f"unsettled: {WORDS}: None None"),
}
"""What one thing makes wrong, each with its words."""


@pytest.mark.parametrize("what", WRONG)
def test_one_thing_wrong_is_enough(what: str) -> None:
    """Whatever is wrong, the promise did not hold, and that is the one thing that is said."""
    wrong, words = WRONG[what]
    verdict = replace(WELL, **wrong)
    assert not verdict.holds
    assert list(verdict.failures()) == [words]


@pytest.mark.parametrize(
    "harmless",
    [
        {},
        {"tally": Tally(kills=9, landed=5)},
        {"promises": (promised("unknown"),), "findings": replace(CLEAN, waiting=(FINDING,))},
        *[{"promises": (promised(status),)} for status in ("refused", "cancelled", "held")],
    ],
)
def test_what_came_to_a_right_end_is_no_failure(harmless: dict[str, Any]) -> None:
    """More kills than wanted, an unknown that waits for a person by right, and every other end leave it whole."""
    verdict = replace(WELL, **harmless)
    assert verdict.holds
    assert list(verdict.failures()) == []


def test_it_is_counted_as_it_is() -> None:
    """The figures are the lengths of what was found; an act told without a basis counts once, its fields each."""
    several = tuple(replace(FINDING, what=what) for what in ("one field", "another"))
    found = Findings(several, several, several, several, {}, several, several, several)
    verdict = replace(WELL, findings=found, untold_centre=(("ref-1", "a gap"),), stopped="nothing moved")
    figures = verdict.as_json()
    of_findings = ("lost", "duplicates", "unconsented_fields", "altered", "waiting_for_person", "unexplained", "untold")
    assert {name: figures[name] for name in of_findings} == dict.fromkeys(of_findings, 2)
    of_others = ("referrals", "accepted", "unconsented", "untold_centre", "unsettled", "kills", "landed_kills")
    assert [figures[name] for name in of_others] == [1, 1, 1, 1, 0, 3, 2]


def test_the_figures_say_of_what_run_they_are() -> None:
    """Whoever has the JSON alone knows the store, the processes, the lost replies and the seed."""
    of_run = ("store", "processes", "lost_replies", "seed")
    assert [WELL.as_json()[name] for name in of_run] == ["postgresql", 3, 0.3, 7]


def typed(verdict: Verdict, place: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    """Type the command, of which the run itself writes one file and ends with a verdict."""

    async def prove(_size: Size, folder: StageFolder, *_: Any) -> Verdict:
        folder.log("mocks").touch()
        return verdict

    monkeypatch.setattr(proof, "prove", prove)
    monkeypatch.chdir(place)
    return CliRunner().invoke(proof.app, ["--json", *options])


def test_a_promise_that_held_ends_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints the figures alone, and ends with 0."""
    told = typed(WELL, tmp_path, monkeypatch)
    assert (told.exit_code, told.stderr) == (0, "")
    assert json.loads(told.stdout) == WELL.as_json()


@pytest.mark.parametrize("what", ["lost", "stopped", "pending", "too few kills"])
def test_whatever_is_wrong_ends_with_1(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command prints the figures, says beside them what is wrong, and ends with 1; so it does when it is stuck."""
    wrong, words = WRONG[what]
    verdict = replace(WELL, **wrong)
    told = typed(verdict, tmp_path, monkeypatch)
    assert (told.exit_code, told.stderr) == (1, f"not as it must be: {words}\n")
    assert json.loads(told.stdout) == verdict.as_json()


def test_each_store_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run on one store left behind is there after a run on the other, as `make proof` makes them."""
    assert [typed(WELL, tmp_path, monkeypatch, "--store", store).exit_code for store in ("sqlite", "postgresql")] == [
        0,
        0,
    ]
    assert sorted(tmp_path.glob("var/proof/*/mocks.log")) == [
        tmp_path / "var/proof/postgresql/mocks.log",
        tmp_path / "var/proof/sqlite/mocks.log",
    ]
