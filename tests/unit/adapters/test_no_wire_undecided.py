"""Every transport against every way of calling it without a live decision of the policy: not one byte leaves.

Over real sockets and a real folder. What a decision is, and why these are none: `adapters/sdk/decisions.py`.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from raw_wire import Decisions, answering, raw_server, reply_bytes
from signed_soap import CONTRACT, FIND, HEADER, security
from test_sdk_soap_wire import RULES
from test_sdk_telegram_wire import telegram_server

from adapters.sdk import (
    BadReplyError,
    ClientCredentials,
    Disclose,
    DropEndpoint,
    Gate,
    HttpEndpoint,
    Impersonal,
    NotSentError,
    Reconcile,
    SubmitOrder,
    UndecidedError,
    Wires,
    Withdraw,
)
from adapters.sdk.decisions import Decision, steady_now
from adapters.sdk.kst import utc_now
from adapters.sdk.transports.soap_contract import SoapContract
from adapters.sdk.transports.telegram import TelegramEndpoint
from mocks.kit.pki import Certificates
from schemas.client import DisclosedClient
from schemas.disclosure import Disclosure

OURS = "haengbok"
FIELDS = frozenset({"client.name"})


@dataclass
class Line:
    """One transport on its own line: how to call it under a decision, and how much has left by it so far."""

    call: Callable[[Any], Any]
    left: Callable[[], int]


def members(gate: Gate) -> Iterator[Disclose]:
    """Yield good decisions about others."""
    decisions = Decisions(gate)
    while True:
        yield gate.stamp(replace(decisions.disclose(), attempt_id=f"other-{decisions._number}"))


@asynccontextmanager
async def http_line(gate: Gate, _place: Path, _certificates: Certificates) -> AsyncIterator[Line]:
    async with raw_server(answering(reply_bytes(200, b"ok"))) as server:
        wires = Wires(OURS, gate)
        wire = wires.http(HttpEndpoint(server.url, 5, 4096))
        yield Line(lambda decision: wire.send(decision, "POST", "/", body=b"personal"), lambda: server.received)
        await wires.aclose()


@asynccontextmanager
async def soap_line(gate: Gate, _place: Path, certificates: Certificates) -> AsyncIterator[Line]:
    contract = SoapContract(CONTRACT)
    find = contract.operation("ReferralService", "ReferralSoap11", "find")
    async with raw_server(answering(reply_bytes(200, b"ok"))) as server:
        wires = Wires(OURS, gate)
        wire = wires.soap(HttpEndpoint(server.url, 5, 4096), contract, security(certificates, "hub-signing"), RULES)

        async def call(decision: Any) -> None:
            with pytest.raises(BadReplyError):  # the server speaks no SOAP: what left counts here
                await wire.call(decision, "/", find, HEADER, FIND)

        yield Line(call, lambda: server.received)
        await wires.aclose()


@asynccontextmanager
async def telegram_line(gate: Gate, _place: Path, _certificates: Certificates) -> AsyncIterator[Line]:
    async with telegram_server(answering(b"0002ok")) as server:
        wire = Wires(OURS, gate).telegram(TelegramEndpoint(f"tcp://127.0.0.1:{server.port}", 5, 4096))
        yield Line(lambda decision: wire.send(decision, b"personal"), lambda: server.received)


@asynccontextmanager
async def drop_line(gate: Gate, place: Path, _certificates: Certificates) -> AsyncIterator[Line]:
    for name in ("in", "out"):
        (place / name).mkdir(mode=0o700)
    wire = Wires(OURS, gate).drop(DropEndpoint(place.as_uri(), 5, 4096))
    names = (f"REQ_{number}.dat" for number in range(99))
    good = members(gate)

    def call(decision: Any) -> Any:
        return wire.hand_over(next(names), b"personal", [next(good), decision])

    yield Line(call, lambda: len(list((place / "in").iterdir())))


@asynccontextmanager
async def token_line(gate: Gate, _place: Path, _certificates: Certificates) -> AsyncIterator[Line]:
    """A call whose own decision is good, under a token that is fetched by the decision that is tried."""
    said = b'{"access_token": "t", "token_type": "Bearer", "expires_in": 1}'
    async with raw_server(answering(reply_bytes(200, said))) as server:
        leaves: list[Any] = []
        good = members(gate)
        wires = Wires(OURS, gate, leave=leaves.pop)
        endpoint = HttpEndpoint(server.url, 5, 4096)

        def call(decision: Any) -> Any:
            leaves.append(decision)
            source = wires.tokens(endpoint, ClientCredentials("/token", "naru", SecretStr("x")))
            return wires.http(replace(endpoint, auth=source)).send(next(good), "POST", "/")

        yield Line(call, lambda: server.received)
        await wires.aclose()


LINES = {"http": http_line, "soap": soap_line, "telegram": telegram_line, "drop": drop_line, "tokens": token_line}


class Cunning(Disclose):
    """A kind of its own, which could answer otherwise than what it was stamped for."""


def same_name(of: Decision) -> Any:
    """Make a class that is called like a kind of decision, and is not one that is good for one write only."""
    kind = type(type(of).__name__, (Decision,), {})
    return kind(attempt_id=of.attempt_id, recipient=of.recipient, send_by=of.send_by, stamp=of.stamp)


def written_over(decision: Disclose) -> Disclose:
    object.__setattr__(decision, "fields", frozenset({"client.name", "client.rrn"}))
    return decision


def as_dict(decision: Disclose) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in ("attempt_id", "recipient", "send_by", "stamp")}


FORGED: dict[str, Callable[[Disclose, Withdraw], Any]] = {
    "none": lambda _d, _w: None,
    "true": lambda _d, _w: True,
    "a mapping": lambda d, _w: as_dict(d),
    "anything with a stamp": lambda d, _w: SimpleNamespace(**as_dict(d), slug=OURS),
    "the class itself": lambda _d, _w: Disclose,
    "no stamp": lambda d, _w: replace(d, stamp=""),
    "an invented stamp": lambda d, _w: replace(d, stamp="0" * 64),
    "a stamp in Hangul": lambda d, _w: replace(d, stamp="나루"),
    "a stamp of bytes": lambda d, _w: replace(d, stamp=d.stamp.encode()),  # type: ignore[arg-type]
    "another decision's stamp": lambda d, w: replace(d, stamp=w.stamp),
    "another gate's": lambda _d, _w: Decisions(Gate()).disclose(fields=FIELDS),
    "wider fields": lambda d, _w: replace(d, fields=d.fields | {"client.rrn"}),
    "fields of nothing": lambda d, _w: replace(d, fields=None),  # type: ignore[arg-type]
    "other bases": lambda d, _w: replace(d, bases={"client.name": ("cns_9",)}),
    "a longer time": lambda d, _w: replace(d, send_by=d.send_by + 1),
    "a time without end": lambda d, _w: replace(d, send_by=float("nan")),
    "another attempt": lambda d, _w: replace(d, attempt_id="att_9"),
    "another recipient": lambda d, _w: replace(d, recipient=f"{OURS}:3820000"),
    "written over": lambda d, _w: written_over(d),
    "a subclass": lambda d, _w: Cunning(**{name: getattr(d, name) for name in d.__dataclass_fields__}),
    "a class of the same name": lambda _d, w: same_name(w),
    "another kind": lambda d, _w: Reconcile(**as_dict(d)),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
async def test_nothing_leaves_on_what_is_no_decision(
    line: Any, forge: Any, gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """5.1: forged, altered, or of another kind: `UndecidedError`, on every transport, and not a byte on the line."""
    made = forge(decisions.disclose(fields=FIELDS), decisions.other(Withdraw))
    async with line(gate, tmp_path, certificates) as opened:
        with pytest.raises(UndecidedError):
            await opened.call(made)
        assert opened.left() == 0


LEAVES: dict[str, Callable[[Impersonal], Any]] = {
    "no stamp": lambda leave: replace(leave, stamp=""),
    "another gate's": lambda _: Decisions(Gate()).impersonal(),
    "another attempt": lambda leave: replace(leave, attempt_id="att_9"),
    "a longer time": lambda leave: replace(leave, send_by=leave.send_by + 1),
    "a class of the same name": same_name,
}


@pytest.mark.parametrize("forge", LEAVES.values(), ids=LEAVES.keys())
async def test_no_token_is_fetched_on_a_forged_leave(
    forge: Any, gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """5.1: what fetches a token is stopped like any other call."""
    async with token_line(gate, tmp_path, certificates) as opened:
        with pytest.raises(UndecidedError):
            await opened.call(forge(decisions.impersonal()))
        assert opened.left() == 0


async def test_no_token_is_fetched_under_the_decision_of_a_call(
    gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """A token request says nothing about anybody: a true `Disclose` is too much leave for it."""
    async with token_line(gate, tmp_path, certificates) as opened:
        with pytest.raises(UndecidedError):
            await opened.call(decisions.disclose(fields=FIELDS))
        assert opened.left() == 0


COPIES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda decision: decision,
    "dataclasses.replace": replace,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda decision: pickle.loads(pickle.dumps(decision)),  # noqa: S301 - our own bytes
}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("line", [one for name, one in LINES.items() if name != "tokens"], ids=lambda one: one.__name__)
async def test_a_decision_is_spent_with_all_its_copies(
    line: Any, again: Any, gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """5.1: one write; neither a copy nor the hub's forgetting of the attempt makes a second one."""
    decision = decisions.disclose(fields=FIELDS)
    kept = again(decision)
    async with line(gate, tmp_path, certificates) as opened:
        await opened.call(decision)
        left = opened.left()
        for forgotten in (False, True):
            if forgotten:
                gate.forget(decision.attempt_id)
            with pytest.raises(UndecidedError):
                await opened.call(kept)
        assert (opened.left(), left > 0) == (left, True)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
async def test_a_decision_is_for_its_agency_only(
    line: Any, gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """5.1: a true decision about another recipient opens nothing here."""
    async with line(gate, tmp_path, certificates) as opened:
        with pytest.raises(UndecidedError):
            await opened.call(decisions.disclose("klac", fields=FIELDS))
        assert opened.left() == 0


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
async def test_a_decision_does_not_outlive_its_time(
    line: Any, gate: Gate, decisions: Decisions, tmp_path: Path, certificates: Certificates
) -> None:
    """After `send_by` nothing was sent, and nothing is."""
    decision = decisions.impersonal() if line is token_line else decisions.disclose(fields=FIELDS)
    late = gate.stamp(replace(decision, send_by=steady_now()))
    async with line(gate, tmp_path, certificates) as opened:
        with pytest.raises(NotSentError):
            await opened.call(late)
        assert opened.left() == 0


async def test_a_file_on_no_decision_at_all_is_stopped(gate: Gate, tmp_path: Path) -> None:
    """An empty list of decisions is no leave: a file with nobody in it that the gate was asked about."""
    for name in ("in", "out"):
        (tmp_path / name).mkdir(mode=0o700)
    with pytest.raises(UndecidedError):
        await Wires(OURS, gate).drop(DropEndpoint(tmp_path.as_uri(), 5, 4096)).hand_over("REQ.dat", b"personal", [])
    assert list((tmp_path / "in").iterdir()) == []


def test_of_many_threads_with_one_decision_one_writes(gate: Gate, decisions: Decisions) -> None:
    """Files are written beside the event loop: the gate is asked by several threads at once."""
    decision, start = decisions.disclose(), threading.Barrier(8)
    passed: list[bool] = []

    def write() -> None:
        start.wait()
        try:
            gate.let_first_byte_pass(decision, OURS)
        except UndecidedError:
            return
        passed.append(True)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed == [True]


def test_what_is_spent_is_remembered_no_longer_than_it_could_be_sent(
    gate: Gate, decisions: Decisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate's memory holds the decisions of one send window, not of a hub's life."""
    for _ in range(100):
        decision = decisions.disclose(seconds=20)
        gate.let_first_byte_pass(decision, OURS)
        gate.forget(decision.attempt_id)
    assert len(gate._spent) == 100
    later = steady_now() + 20
    monkeypatch.setattr("adapters.sdk.decisions.steady_now", lambda: later)
    gate.forget("any")
    assert gate._spent == {}


@pytest.mark.parametrize("widen", [replace, copy.copy], ids=["replaced", "copied"])
def test_an_order_cannot_be_given_another_document(decisions: Decisions, widen: Any) -> None:
    """5.1: `model_copy` makes a wider document, but no order takes it; and an order's own cannot be exchanged."""
    document = Disclosure(client=DisclosedClient(name="홍길동"))
    order = SubmitOrder(
        wire_key="k",
        message_id="0" * 32,
        sent_at=utc_now(),
        document=document,
        decision=decisions.disclose(fields=FIELDS),
    )
    client = document.client.model_copy(update={"rrn": "9001011000000"})
    wider = document.model_copy(update={"client": client})
    with pytest.raises(UndecidedError, match=r"client\.rrn"):
        replace(order, document=wider)
    with pytest.raises(FrozenInstanceError):
        widen(order).document = wider


async def test_a_true_decision_opens_every_line(tmp_path: Path, certificates: Certificates) -> None:
    """What is tried above is stopped for what it is: with a live decision every one of these lines works."""
    for name, line in LINES.items():
        place, gate = tmp_path / name, Gate()
        place.mkdir()
        decisions = Decisions(gate)
        decision = decisions.impersonal() if name == "tokens" else decisions.disclose(fields=FIELDS)
        async with line(gate, place, certificates) as opened, asyncio.timeout(20):
            await opened.call(decision)
            assert opened.left() > 0
