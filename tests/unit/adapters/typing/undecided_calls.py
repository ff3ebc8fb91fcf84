"""User code that mypy must refuse: every way of calling a transport, or of making an order, without its decision.

Never run. `test_undecided_calls.py` runs mypy over it: its errors are exactly those with which lines are marked.
"""

from __future__ import annotations

from datetime import datetime

from adapters.sdk import (
    AdapterSettings,
    Disclose,
    DropWire,
    FindOrder,
    Gate,
    HttpWire,
    Impersonal,
    PrecheckOrder,
    Reconcile,
    SubmitOrder,
    Wires,
    Withdraw,
    WithdrawOrder,
)
from adapters.sdk.orders import DisclosingOrder
from adapters.sdk.transports.soap import SoapWire
from adapters.sdk.transports.soap_contract import SoapOperation
from adapters.sdk.transports.telegram import TelegramWire
from hub.consent.mint import Mint
from hub.consent.policy import Permission, Withheld
from schemas.disclosure import Disclosure
from schemas.services import ServiceCode


async def calls_without_one(
    http: HttpWire, soap: SoapWire, telegram: TelegramWire, drop: DropWire, find: SoapOperation
) -> None:
    """Leave the decision out, or give something else for it."""
    await http.send("POST", "/referrals", body=b"")  # error: call-arg, arg-type
    await http.send(None, "POST", "/referrals")  # error: arg-type
    await http.send(True, "POST", "/referrals")  # error: arg-type
    await soap.call("/", find, {}, {})  # error: call-arg
    await soap.call(None, "/", find, {}, {})  # error: arg-type
    await telegram.send(b"0800")  # error: call-arg, arg-type
    await telegram.send(None, b"0800")  # error: arg-type
    await drop.hand_over("REQ.dat", b"")  # error: call-arg
    await drop.hand_over("REQ.dat", b"", [None])  # error: list-item


async def calls_under_what_the_policy_says(http: HttpWire, allowed: Permission, withheld: Withheld) -> None:
    """What the policy allows is no decision until it is minted; what it withholds never is."""
    await http.send(allowed, "POST", "/referrals")  # error: arg-type
    await http.send(withheld, "POST", "/referrals")  # error: arg-type


def mints_what_was_withheld(mint: Mint, answer: Permission | Withheld, withheld: Withheld) -> None:
    """Only a permission can be minted, and whoever has an answer must look which it is."""
    mint.disclose(withheld, attempt_id="a", recipient="klac", send_by=0, case_key=b"")  # error: arg-type
    mint.disclose(answer, attempt_id="a", recipient="klac", send_by=0, case_key=b"")  # error: arg-type


def fetches_tokens_under_another(gate: Gate, disclose: Disclose) -> Wires:
    """A token is fetched under a leave of its own kind."""
    return Wires("klac", gate, leave=lambda: disclose)  # error: arg-type, return-value


def orders_under_another_kind(
    disclose: Disclose, reconcile: Reconcile, withdraw: Withdraw, leave: Impersonal, told: Disclosure, at: datetime
) -> None:
    """Each order takes its own kind: a look-up's leave tells nobody's story, and a disclosure's asks no question."""
    SubmitOrder(wire_key="k", message_id="m", sent_at=at, document=told, decision=reconcile)  # error: arg-type
    SubmitOrder(wire_key="k", message_id="m", sent_at=at, document=told, decision=leave)  # error: arg-type
    SubmitOrder(wire_key="k", message_id="m", sent_at=at, document=told)  # error: call-arg
    DisclosingOrder(wire_key="k", message_id="m", sent_at=at, document=told, decision=withdraw)  # error: arg-type
    FindOrder(wire_key="k", message_id="m", sent_at=at, decision=disclose)  # error: arg-type
    WithdrawOrder(wire_key="k", message_id="m", sent_at=at, receipt="r", decision=reconcile)  # error: arg-type
    PrecheckOrder(service=ServiceCode.LAW_COUNSEL, message_id="m", sent_at=at, decision=disclose)  # error: arg-type


def changes_one(disclose: Disclose, settings: AdapterSettings) -> None:
    """A decision, and what an agency is, do not change."""
    disclose.fields = frozenset({"client.rrn"})  # error: misc
    disclose.recipient = "klac"  # error: misc
    settings.base_url = "https://elsewhere.invalid"  # error: misc


async def calls_as_it_should(http: HttpWire, order: SubmitOrder, leave: Impersonal, gate: Gate) -> None:
    """What is right is not refused."""
    await http.send(order.decision, "POST", "/referrals", body=b"")
    Wires("klac", gate, leave=lambda: leave)
