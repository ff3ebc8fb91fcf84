"""Asks for consent before the first try only: whatever is tried again goes as it was allowed once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.cli.stage import leash
from hub.delivery import consents, gating, permission, taking_back

_ask_policy, _consents_of_case = permission.ask_policy, permission.consents_of_case


def ask_once(conn: Any, room: Any, papers: Any, *asked: Any) -> Any:
    """Ask; after the first try as if nobody had withdrawn anything."""
    if papers.delivery.tries:
        permission.consents_of_case = lambda *a, **kw: [
            replace(consent, withdrawn_at=None) for consent in _consents_of_case(*a, **kw)
        ]
    try:
        return _ask_policy(conn, room, papers, *asked)
    finally:
        permission.consents_of_case = _consents_of_case


for module in (consents, gating, taking_back):
    module.ask_policy = ask_once
leash.run()
