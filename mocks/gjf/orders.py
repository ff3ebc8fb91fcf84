"""Orders: what a tester may tell the agency to do, by `POST /_mock/gjf/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (내용) and, for closed,
  `reason` (종결사유코드).
- `{"refuse_next": <resultCode>}` refuses the next new referral.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.gjf.cases import CODE_OF, Case
from mocks.gjf.contract import CODES, CONTRACT
from mocks.gjf.registrar import Registrar

_KNOWN = frozenset({"key", "receipt", "to", "text", "reason"})


def carry_out(order: Mapping[str, Any], registrar: Registrar) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    if not all(isinstance(value, str) for value in order.values()):
        raise ValueError("all values of an order are text")
    if set(order) == {"refuse_next"}:
        return _refuse_next(order["refuse_next"], registrar)
    case, state = _case(order, registrar), _state(order)
    registrar.move(case, state, _details(state, order))
    return {"key": case.key, "receipt": case.number, "state": case.state}


def _refuse_next(code: str, registrar: Registrar) -> Mapping[str, Any]:
    known = [one for one in CODES["resultCode"] if one.startswith("2")]
    if code not in known:
        raise ValueError(f"refuse_next must be a refusal: {', '.join(known)}")
    registrar.refuse_next(code)
    return {"refuse_next": code}


def _case(order: Mapping[str, Any], registrar: Registrar) -> Case:
    unknown = set(order) - _KNOWN
    if unknown:
        raise ValueError(f"an order has no {', '.join(sorted(unknown))}; known are: {', '.join(sorted(_KNOWN))}")
    names = [order[name] for name in ("key", "receipt") if name in order]
    if len(names) != 1:
        raise ValueError("an order names its case by key or by receipt")
    case = registrar.case_of(names[0])
    if case is None:
        raise ValueError("there is no case with this key or receipt")
    return case


def _state(order: Mapping[str, Any]) -> str:
    state = str(order.get("to", ""))
    if state not in CODE_OF or state == "received":
        raise ValueError(f"to must be one of: {', '.join(name for name in CODE_OF if name != 'received')}")
    return state


def _details(state: str, order: Mapping[str, Any]) -> Mapping[str, str]:
    details = {"rmkCn": order["text"]} if "text" in order else {}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    sample = {"sttsSn": 1, "sttsCd": CODE_OF[state], "sttsDt": "20250101000000", **details}
    problem = CONTRACT.check("History", sample)
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
    return details
