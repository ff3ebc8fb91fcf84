"""Orders: what a tester may tell the offices to do, by `POST /_mock/community_center/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one case on. With it may come `text` (처리결과내용 or 보완요청내용),
  `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드, for closed), `office` (기관코드, for transferred; the office in
  charge of the client's address if absent). A case that was transferred is moved on where it is now.
- `{"refuse_next": <errCd>}` refuses the next new registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.community_center.cases import CODE_OF
from mocks.community_center.contract import CODES, CONTRACT
from mocks.community_center.offices import OFFICES
from mocks.community_center.registrar import Registrar
from mocks.kit.clock import BusinessClock
from mocks.kit.orders import (
    case_ordered,
    check_allowed,
    check_texts,
    refusal_ordered,
    state_ordered,
    supplement_wanted,
)

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason", "office"})
_REFUSALS = tuple(code for code in CODES["errCd"] if code.startswith("E2"))


def carry_out(order: Mapping[str, Any], registrar: Registrar, clock: BusinessClock) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the case's state does not allow it.
    """
    check_texts(order)
    if set(order) == {"refuse_next"}:
        registrar.refuse_next(refusal_ordered(order["refuse_next"], _REFUSALS))
        return dict(order)
    case, state = case_ordered(order, _KNOWN, registrar.case_of), state_ordered(order, CODE_OF)
    if state == "transferred":
        office = OFFICES.get(order.get("office", case.home.code))
        if office is None:
            raise ValueError("office must be the 기관코드 of one of the 31 시군")
        registrar.transfer(case, office)
    else:
        registrar.move(case, state, _details(state, order, clock))
    leg = case.leg
    return {"key": case.key, "receipt": leg.receipt, "office": leg.office.code, "state": leg.state}


def _details(state: str, order: Mapping[str, Any], clock: BusinessClock) -> Mapping[str, str]:
    details = {}
    if state == "supplement":
        details = supplement_wanted(order, clock)
    elif "text" in order:
        details = {"prcsRsltCn": order["text"]}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    sample = {"sttsSn": 1, "prgrSttsCd": CODE_OF[state], "prgrDt": "20250101000000", **details}
    check_allowed(CONTRACT, "StatusFact", sample)
    return details
