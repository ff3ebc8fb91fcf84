"""Orders: what a tester may tell the agency to do, by `POST /_mock/klac/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (처리결과내용 or 보완요청내용),
  `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드 for closed, 기각사유코드 for dismissed).
- `{"refuse_next": <errCd>}` refuses the next new reservation or application.
- `{"take": <yyyyMMddHHmmss>, "branch": <지부·출장소코드>, "method": <상담방법코드>}` gives a slot to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.kit.clock import BusinessClock
from mocks.kit.kst import moment_of, stamp
from mocks.kit.orders import (
    case_ordered,
    check_allowed,
    check_texts,
    refusal_ordered,
    state_ordered,
    supplement_wanted,
)
from mocks.klac.cases import CODE_OF
from mocks.klac.contract import CODES, CONTRACT
from mocks.klac.registrar import Registrar
from mocks.klac.slots import Slot

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason"})
_REFUSALS = tuple(code for code in CODES["errCd"] if code.startswith("E2"))
_REASONS = {"closed": ("clsRsnCd", "01"), "dismissed": ("rjctRsnCd", "01")}


def carry_out(order: Mapping[str, Any], registrar: Registrar, clock: BusinessClock) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    check_texts(order)
    if set(order) == {"refuse_next"}:
        registrar.refuse_next(refusal_ordered(order["refuse_next"], _REFUSALS))
        return dict(order)
    if set(order) == {"take", "branch", "method"}:
        return _take(order, registrar)
    case, state = case_ordered(order, _KNOWN, registrar.case_of), state_ordered(order, CODE_OF)
    registrar.move(case, state, _details(state, order, clock))
    return {"key": case.key, "receipt": case.receipt, "state": case.state}


def _take(order: Mapping[str, str], registrar: Registrar) -> Mapping[str, Any]:
    sample = {"brnchCd": order["branch"], "cnslMthdCd": order["method"], "cnslDt": order["take"]}
    check_allowed(CONTRACT, "Slot", sample)
    at = moment_of(order["take"])
    slot = Slot(order["branch"], order["method"], at)
    if not registrar.slots.is_offered(at) or not registrar.slots.is_free(slot):
        free = registrar.slots.offers(slot.branch, slot.method)
        raise ValueError(f"this slot is not free; the earliest are: {', '.join(map(stamp, free))}")
    registrar.slots.take(slot)
    return {"take": order["take"]}


def _details(state: str, order: Mapping[str, Any], clock: BusinessClock) -> Mapping[str, str]:
    details = {}
    if state == "supplement":
        details = supplement_wanted(order, clock)
    elif "text" in order:
        details = {"prcsRsltCn": order["text"]}
    if state in _REASONS:
        name, usual = _REASONS[state]
        details[name] = order.get("reason", usual)
    sample = {"sttsSn": 1, "prgrSttsCd": CODE_OF[state], "prgrDt": "20250101000000", **details}
    check_allowed(CONTRACT, "StatusFact", sample)
    return details
