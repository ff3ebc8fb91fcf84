"""Orders: what a tester may tell the agency to do, by `POST /_mock/klac/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (처리결과내용 or 보완요청내용),
  `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드 for closed, 기각사유코드 for dismissed).
- `{"refuse_next": <errCd>}` refuses the next new reservation or application.
- `{"take": <yyyyMMddHHmmss>, "branch": <지부·출장소코드>, "method": <상담방법코드>}` gives a slot to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mocks.kit.clock import BusinessClock
from mocks.klac.cases import CODE_OF, KST, Case, stamp
from mocks.klac.contract import CODES, CONTRACT
from mocks.klac.registrar import Registrar
from mocks.klac.slots import Slot

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason"})
_DEFAULT_REQUEST = "소득을 확인할 수 있는 서류를 보완하여 주십시오."
_REASONS = {"closed": ("clsRsnCd", "01"), "dismissed": ("rjctRsnCd", "01")}


def carry_out(order: Mapping[str, Any], registrar: Registrar, clock: BusinessClock) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    if not all(isinstance(value, str) for value in order.values()):
        raise ValueError("all values of an order are text")
    if set(order) == {"refuse_next"}:
        return _refuse_next(order["refuse_next"], registrar)
    if set(order) == {"take", "branch", "method"}:
        return _take(order, registrar)
    case, state = _case(order, registrar), _state(order)
    registrar.move(case, state, _details(state, order, clock))
    return {"key": case.key, "receipt": case.receipt, "state": case.state}


def _refuse_next(code: str, registrar: Registrar) -> Mapping[str, Any]:
    known = [one for one in CODES["errCd"] if one.startswith("E2")]
    if code not in known:
        raise ValueError(f"refuse_next must be a refusal: {', '.join(known)}")
    registrar.refuse_next(code)
    return {"refuse_next": code}


def _take(order: Mapping[str, str], registrar: Registrar) -> Mapping[str, Any]:
    sample = {"brnchCd": order["branch"], "cnslMthdCd": order["method"], "cnslDt": order["take"]}
    problem = CONTRACT.check("Slot", sample)
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
    at = datetime.strptime(order["take"], "%Y%m%d%H%M%S").replace(tzinfo=KST)
    slot = Slot(order["branch"], order["method"], at)
    if not registrar.slots.is_offered(at) or not registrar.slots.is_free(slot):
        free = registrar.slots.offers(slot.branch, slot.method)
        raise ValueError(f"this slot is not free; the earliest are: {', '.join(map(stamp, free))}")
    registrar.slots.take(slot)
    return {"take": order["take"]}


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
    if state in _REASONS:
        name, usual = _REASONS[state]
        details[name] = order.get("reason", usual)
    sample = {"sttsSn": 1, "prgrSttsCd": CODE_OF[state], "prgrDt": "20250101000000", **details}
    problem = CONTRACT.check("StatusFact", sample)
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
    return details
