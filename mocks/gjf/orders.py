"""Orders: what a tester may tell the agency to do, by `POST /_mock/gjf/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (내용) and, for closed,
  `reason` (종결사유코드).
- `{"refuse_next": <resultCode>}` refuses the next new referral.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.gjf.cases import CODE_OF
from mocks.gjf.contract import CODES, CONTRACT
from mocks.gjf.registrar import Registrar
from mocks.kit.orders import case_ordered, check_allowed, check_texts, refusal_ordered, state_ordered

_KNOWN = frozenset({"key", "receipt", "to", "text", "reason"})
_REFUSALS = tuple(code for code in CODES["resultCode"] if code.startswith("2"))


def carry_out(order: Mapping[str, Any], registrar: Registrar) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    check_texts(order)
    if set(order) == {"refuse_next"}:
        registrar.refuse_next(refusal_ordered(order["refuse_next"], _REFUSALS))
        return dict(order)
    case, state = case_ordered(order, _KNOWN, registrar.case_of), state_ordered(order, CODE_OF)
    registrar.move(case, state, _details(state, order))
    return {"key": case.key, "receipt": case.number, "state": case.state}


def _details(state: str, order: Mapping[str, Any]) -> Mapping[str, str]:
    details = {"rmkCn": order["text"]} if "text" in order else {}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    sample = {"sttsSn": 1, "sttsCd": CODE_OF[state], "sttsDt": "20250101000000", **details}
    check_allowed(CONTRACT, "History", sample)
    return details
