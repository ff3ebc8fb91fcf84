"""A caller who proved who it is, by key or by token: whose, and what it may do. How it proved it lives beside."""

from __future__ import annotations

from dataclasses import dataclass

from hub.access.scopes import Scope


@dataclass(frozen=True)
class Caller:
    """Who calls, and what that opens."""

    name: str
    """`key:<id>`, or `jwt:<keyed hash of the issuer's subject>`: what events and audit call them."""
    centre_id: str | None
    """None: an operator of the hub as a whole."""
    scopes: frozenset[Scope]
