"""Orders: what a tester may tell the agency to do, by `POST /_mock/ccrs/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one application on. With it may come `text` (처리결과내용 or
  보완요청내용), `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드, for closed).
- `{"tokens": "revoke"}` takes back every token that was issued: the next call is answered 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mocks.ccrs.book import CODE_OF, KST, Book
from mocks.ccrs.tokens import Tokens
from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import JsonContract

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason"})
_DEFAULT_REQUEST = "소득을 확인할 수 있는 서류를 보완하여 주십시오."


def carry_out(
    order: Mapping[str, Any], book: Book, tokens: Tokens, clock: BusinessClock, contract: JsonContract
) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the application's state does not allow it.
    """
    if order == {"tokens": "revoke"}:
        return {"revoked": tokens.revoke()}
    unknown = set(order) - _KNOWN
    if unknown or not all(isinstance(value, str) for value in order.values()):
        raise ValueError(f"an order is text under these names: {', '.join(sorted(_KNOWN))}; or tokens: revoke")
    names = [order[name] for name in ("key", "receipt") if name in order]
    if len(names) != 1:
        raise ValueError("an order names its application by key or by receipt")
    state = order.get("to", "")
    if state not in CODE_OF or state == "received":
        raise ValueError(f"to must be one of: {', '.join(name for name in CODE_OF if name != 'received')}")
    details = _details(state, order, clock)
    problem = contract.check(
        "History", {"hstSn": 1, "prcsSttsCd": CODE_OF[state], "prcsDt": "20250101000000", **details}
    )
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
    application = book.move(names[0], state, details)
    return {"key": application.key, "receipt": application.number, "state": application.state}


def _details(state: str, order: Mapping[str, str], clock: BusinessClock) -> Mapping[str, str]:
    details = {}
    if state == "supplement":
        due = (clock.now().astimezone(KST) + timedelta(days=7)).strftime("%Y%m%d")
        details = {"splmRqstCn": order.get("text", _DEFAULT_REQUEST), "splmTmlmYmd": order.get("due", due)}
    elif "text" in order:
        details = {"rsltCn": order["text"]}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    return details
