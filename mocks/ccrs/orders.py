"""Orders: what a tester may tell the agency to do, by `POST /_mock/ccrs/advance`.

- `{"key" | "receipt": …, "to": <state>, …}` moves one application on. With it may come `text` (처리결과내용 or
  보완요청내용), `due` (보완기한, `yyyyMMdd`), `reason` (종결사유코드, for closed).
- `{"tokens": "revoke"}` takes back every token that was issued: the next call is answered 401.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mocks.ccrs.book import CODE_OF, Book
from mocks.ccrs.tokens import Tokens
from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import JsonContract
from mocks.kit.orders import case_ordered, check_allowed, check_texts, state_ordered, supplement_wanted

_KNOWN = frozenset({"key", "receipt", "to", "text", "due", "reason"})


def carry_out(
    order: Mapping[str, Any], book: Book, tokens: Tokens, clock: BusinessClock, contract: JsonContract
) -> Mapping[str, Any]:
    """Carry out one order and say what became of it.

    Raises:
        ValueError: the order cannot be understood, or the application's state does not allow it.
    """
    if "tokens" in order:
        if order != {"tokens": "revoke"}:
            raise ValueError("the only order about tokens is: tokens: revoke")
        return {"revoked": tokens.revoke()}
    check_texts(order)
    application, state = case_ordered(order, _KNOWN, book.application_of), state_ordered(order, CODE_OF)
    details = _details(state, order, clock)
    sample = {"hstSn": 1, "prcsSttsCd": CODE_OF[state], "prcsDt": "20250101000000", **details}
    check_allowed(contract, "History", sample)
    book.move(application, state, details)
    return {"key": application.key, "receipt": application.number, "state": application.state}


def _details(state: str, order: Mapping[str, str], clock: BusinessClock) -> Mapping[str, str]:
    details = {}
    if state == "supplement":
        details = supplement_wanted(order, clock)
    elif "text" in order:
        details = {"rsltCn": order["text"]}
    if state == "closed":
        details["clsRsnCd"] = order.get("reason", "01")
    return details
