"""What schemathesis checks beside its own: loaded by it through SCHEMATHESIS_HOOKS, never by pytest.

A JSON Schema cannot say every rule (two dates in order, a telephone number, an agency that is installed),
so a document that fits it may still be refused: but only in the name of such a rule, and never as malformed.
"""

from __future__ import annotations

from typing import Any

import schemathesis

RULES = {"invalid_value", "bad_date", "too_short", "unknown_recipient", "unknown_region", "cannot_express"}
OTHERS = {f"urn:naru:problem:{kind}" for kind in ("idempotency-conflict", "no-supplement", "bulk-changed")}
"""Kinds of 422 that are about what was done before, not about the document."""
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


@schemathesis.check
def refused_by_a_rule_only(ctx: Any, response: Any, case: Any) -> None:
    """Data that fits the description is refused only by a rule that no schema can say, with its place."""
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    if problem["type"] in OTHERS:
        return
    others = [fault for fault in problem["errors"] if fault["code"] not in RULES and not _is_about_float(fault)]
    assert others == [], f"{case.operation.label} refused data that fits the description"


def _is_about_float(fault: dict[str, str]) -> bool:
    """To JSON Schema 1.0 is an integer; to the hub it is not."""
    return fault["code"] == "wrong_type" and fault["detail"].startswith("정수")


@schemathesis.check
def carries_security_headers(ctx: Any, response: Any, case: Any) -> None:
    """Every answer has the security headers and a request id."""
    sent = {name.lower(): values[0] for name, values in response.headers.items()}
    assert {name: sent.get(name) for name in HEADERS} == HEADERS
    assert sent["x-request-id"].startswith("req_")
