"""The contract files of the agency, what its operations are called there, and what cannot be said in its schemas."""

from __future__ import annotations

from mocks.kit.json_contract import JsonContract

CONTRACT = JsonContract("community_center")
CODES = CONTRACT.codes

MESSAGES = {"register": "Register", "status": "Status", "withdraw": "Withdraw", "supplement": "Supplement"}
"""What the schemas of an operation's messages are called: `<name>Request`, `<name>Reply`, `<name>Body`."""


def fields_of(operation: str) -> frozenset[str]:
    """Return the names of the fields that a request of `operation` may carry in its body."""
    return CONTRACT.fields_of(f"{MESSAGES[operation]}Body")
