"""Orders of testers (`POST /_mock/<slug>/advance`): reading what they have alike. What a state means is each agency's.

An order is a JSON object of texts. One that moves a case on names it by `key` or `receipt`, and says `to` where.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from mocks.kit.clock import BusinessClock
from mocks.kit.json_contract import JsonContract
from mocks.kit.kst import KST

Case = TypeVar("Case")
Order = Mapping[str, Any]

_WANTED = "소득을 확인할 수 있는 서류를 보완하여 주십시오."
_DAYS_TO_SUPPLEMENT = 7


def check_texts(order: Order) -> None:
    """Check that an order is one.

    Raises:
        ValueError: a value is no text.
    """
    if not all(isinstance(value, str) for value in order.values()):
        raise ValueError("all values of an order are text")


def case_ordered(order: Order, known: Collection[str], case_of: Callable[[str], Case | None]) -> Case:
    """Return the case that an order is about; `known`: all the names that it may hold.

    Raises:
        ValueError: another name, no case named or two, or one that nobody has.
    """
    unknown = set(order) - set(known)
    if unknown:
        raise ValueError(f"an order has no {', '.join(sorted(unknown))}; known are: {', '.join(sorted(known))}")
    names = [order[name] for name in ("key", "receipt") if name in order]
    if len(names) != 1:
        raise ValueError("an order names its case by key or by receipt")
    case = case_of(names[0])
    if case is None:
        raise ValueError("there is no case with this key or receipt")
    return case


def state_ordered(order: Order, states: Collection[str]) -> str:
    """Return the state that a case shall reach: one of the agency's, but not the first one again.

    Raises:
        ValueError: it is none.
    """
    state = str(order.get("to", ""))
    if state not in states or state == "received":
        raise ValueError(f"to must be one of: {', '.join(name for name in states if name != 'received')}")
    return state


def refusal_ordered(code: str, refusals: Collection[str]) -> str:
    """Return the code with which the next registration shall be refused.

    Raises:
        ValueError: it is none of the agency's refusals.
    """
    if code not in refusals:
        raise ValueError(f"refuse_next must be a refusal of a registration: {', '.join(refusals)}")
    return code


def supplement_wanted(order: Order, clock: BusinessClock) -> dict[str, str]:
    """Return 보완요청내용 and 보완기한, as REST contracts call them: the order's own, or papers within a week."""
    due = (clock.now().astimezone(KST) + timedelta(days=_DAYS_TO_SUPPLEMENT)).strftime("%Y%m%d")
    return {"splmRqstCn": order.get("text", _WANTED), "splmTmlmYmd": order.get("due", due)}


def check_allowed(contract: JsonContract, schema: str, sample: Mapping[str, Any]) -> None:
    """Check what an order would have the agency say.

    Raises:
        ValueError: its contract does not allow it.
    """
    problem = contract.check(schema, sample)
    if problem is not None:
        raise ValueError(f"the contract does not allow this: {problem}")
