"""Has the mocks keep values in their ledgers instead of digests; found by Python at the start of every process."""

from __future__ import annotations

from mocks.kit.ledger import Ledger

Ledger.digest = lambda _self, value: str(value)  # type: ignore[method-assign]
