"""Orders: what a tester may tell the offices to do, by `POST /_mock/community_center/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (처리결과내용 or 보완요청내용),
  `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드, for closed), `office` (기관코드, for transferred; the office in
  charge of the client's address if absent). A case that was transferred is moved on where it is now.
- `{"refuse_next": <errCd>}` refuses the next new registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mocks.community_center.cases import CODE_OF, KST, Case
from mocks.community_center.contract import CODES, CONTRACT
from mocks.community_center.offices import OFFICES
from mocks.community_center.registrar import Registrar
from mocks.kit.clock import BusinessClock

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason", "office"})
_DEFAULT_REQUEST = "소득을 확인할 수 있는 서류를 보완하여 주십시오."


def carry_out(order: Mapping[str, Any], registrar: Registrar, clock: BusinessClock) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    if not all(isinstance(value, str) for value in order.values()):
        raise ValueError("all values of an order are text")
    if set(order) == {"refuse_next"}:
        return _refuse_next(order["refuse_next"], registrar)
    case, state = _case(order, registrar), _state(order)
    if state == "transferred":
        office = OFFICES.get(order.get("office", case.home.code))
        if office is None:
            raise ValueError("office must be the 기관코드 of one of the 31 시군")
        registrar.transfer(case, office)
    else:
        registrar.move(case, state, _details(state, order, clock))
    leg = case.leg
    return {"key": case.key, "receipt": leg.receipt, "office": leg.office.code, "state": leg.state}


def _refuse_next(code: str, registrar: Registrar) -> Mapping[str, Any]:
    if code not in CODES["errCd"] or not code.startswith("E2"):
        known = ", ".join(one for one in CODES["errCd"] if one.startswith("E2"))
        raise ValueError(f"refuse_next must be a refusal of a registration: {known}")
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


def _details(state: str, order: Mapping[str, Any], clock: BusinessClock) -> Mapping[str, str]:
    details = {}
    if state == "supplement":
        due = (clock.now().astimezone(KST) + timedelta(days=7)).strftime("%Y%m%d")
        details = {"splmRqstCn": order.get("text", _DEFAULT_REQUEST), "splmTmlmYmd": order.get("due", due)}
    elif "text" in order:
        details = {"prcsRsltCn": order["text"]}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    sample = {"sttsSn": 1, "prgrSttsCd": CODE_OF[state], "prgrDt": "20250101000000", **details}
    problem = CONTRACT.check("StatusFact", sample)
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
    return details
