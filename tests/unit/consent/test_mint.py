"""The mint: what it stamps passes the gate, what it did not stamp does not, and nobody else in the hub stamps."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from consent_papers import BIRTH, NAME, RECIPIENT, ask, consent

import hub
from adapters.sdk import Decision, Gate, NotSentError, UndecidedError
from adapters.sdk.decisions import steady_now
from hub.consent.mint import Mint
from hub.consent.policy import Permission

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def permission() -> Permission:
    answer = ask({NAME, BIRTH}, consent({NAME, BIRTH}))
    assert isinstance(answer, Permission)
    return answer


def test_a_disclosure_carries_what_the_policy_allowed(gate: Gate, permission: Permission) -> None:
    """Fields and bases are the permission's own, and the gate lets it pass."""
    decision = Mint(gate).disclose(
        permission, attempt_id="att_1", recipient=RECIPIENT, send_by=steady_now() + 60, case_key=KEY
    )
    gate.check(decision, "haengbok")
    assert (permission.fields, permission.bases) == (decision.fields, decision.bases)


@pytest.mark.parametrize("verb", ["reconcile", "withdraw", "impersonal"])
def test_other_decisions_pass_the_gate(gate: Gate, verb: str) -> None:
    """A look-up, a withdrawal and an impersonal call are stamped without any consent."""
    mint: Callable[..., Decision] = getattr(Mint(gate), verb)
    decision = mint(attempt_id="att_1", recipient="community_center:3820000", send_by=steady_now() + 60)
    gate.check(decision, "community_center")
    assert verb == type(decision).__name__.lower()


def test_a_permission_for_one_recipient_opens_no_other(gate: Gate, permission: Permission) -> None:
    """What may be told to one agency cannot be minted for another, by mistake or otherwise."""
    with pytest.raises(UndecidedError):
        Mint(gate).disclose(
            permission, attempt_id="att_1", recipient="klac", send_by=steady_now() + 60, case_key=KEY
        )  # fmt: skip


def test_a_decision_that_was_widened_is_stopped(gate: Gate, permission: Permission) -> None:
    """A field that is added after the mint breaks the stamp."""
    decision = Mint(gate).disclose(
        permission, attempt_id="att_1", recipient=RECIPIENT, send_by=steady_now() + 60, case_key=KEY
    )
    with pytest.raises(UndecidedError):
        gate.check(replace(decision, fields=decision.fields | {"client.rrn"}), "haengbok")


def test_a_decision_of_another_gate_is_stopped(gate: Gate, permission: Permission) -> None:
    """Each process has a gate of its own; a stamp of another one opens nothing."""
    decision = Mint(Gate()).disclose(
        permission, attempt_id="att_1", recipient=RECIPIENT, send_by=steady_now() + 60, case_key=KEY
    )
    with pytest.raises(UndecidedError):
        gate.check(decision, "haengbok")


def test_a_late_decision_is_not_sent(gate: Gate, permission: Permission) -> None:
    """`send_by` reaches the gate as it was given."""
    decision = Mint(gate).disclose(
        permission, attempt_id="att_1", recipient=RECIPIENT, send_by=steady_now() - 1, case_key=KEY
    )
    with pytest.raises(NotSentError):
        gate.check(decision, "haengbok")


def test_the_proof_of_fields_depends_on_fields_and_case_only(gate: Gate, permission: Permission) -> None:
    """The same fields under the same case key give the same HMAC at every attempt; anything else gives another."""
    mint, send_by = Mint(gate), steady_now() + 60

    def proof(of: Permission, attempt_id: str, key: bytes) -> str:
        made = mint.disclose(of, attempt_id=attempt_id, recipient=RECIPIENT, send_by=send_by, case_key=key)
        return made.fields_hmac

    narrower = replace(permission, fields=frozenset({NAME}))
    assert proof(permission, "att_1", KEY) == proof(permission, "att_2", KEY)
    assert len({proof(permission, "a", KEY), proof(narrower, "a", KEY), proof(permission, "a", OTHER_KEY)}) == 3


def test_nobody_but_the_mint_stamps() -> None:
    """In the whole hub `….stamp(…)` is called in hub/consent/mint.py only: every decision comes from the policy."""
    root = Path(hub.__file__).parent
    stamping = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "stamp"
    }
    assert {"consent/mint.py"} == stamping
