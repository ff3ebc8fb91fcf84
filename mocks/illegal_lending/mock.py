"""IllegalLendingMock: forms in, XML out. Names the operation by its path, judges the form, and answers by the book."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from mocks.illegal_lending import replies
from mocks.illegal_lending.book import CODE_OF, Book
from mocks.illegal_lending.book import refusals as known_refusals
from mocks.illegal_lending.contract import CODES, CONTENT_TYPE, OPERATIONS
from mocks.illegal_lending.form import Pairs, RefusalError, check_form, filled_names, read_form, value_of
from mocks.illegal_lending.misbehaviour import OWN_FAULTS, misbehave
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.kst import KST

_TRAN_ID = re.compile(r"[0-9a-f]{32}")
_OPERATION = {told["path"]: name for name, told in OPERATIONS.items()}
_ORDERS = frozenset({"receipt", "key", "to", "text", "due", "reason"})
_WANTED = "거래 내역과 연락 기록을 보완하여 주십시오."


class IllegalLendingMock(HttpMock):
    """불법사금융 피해구제 / 채무자대리인. Reads its contract from `schemas/agencies/illegal_lending/`."""

    slug: ClassVar[str] = "illegal_lending"
    title: ClassVar[str] = "불법사금융 피해구제 / 채무자대리인"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = (
        "[S] only the style: a form in EUC-KR, an XML reply with MESSAGE. [A] every name, path, code, length and rule."
    )
    operations: ClassVar[tuple[str, ...]] = tuple(OPERATIONS)
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._book = Book(desk.clock, desk.ledger)

    def operation_of(self, request: Request) -> str:
        """Name the operation by the path alone."""
        return _OPERATION.get(request.path, "other")

    async def handle(self, request: Request) -> Reply:
        """Answer one form by the contract; what is none is the web server's to refuse, with an empty page."""
        operation = self.operation_of(request)
        if operation == "other":
            return Reply(404, b"", "")
        if request.method != "POST":
            return Reply(405, b"", "", (("Allow", "POST"),))
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
            return Reply(415, b"", "")
        tran_id = ""
        try:
            pairs = read_form(request.body, content_type)
            tran_id = _tran_id(pairs)
            self._desk.journal.note("", filled_names(pairs, operation))
            check_form(operation, pairs)
            return self._serve(operation, tran_id, pairs)
        except RefusalError as error:
            return replies.refusal(operation, tran_id, error.message, error.words)

    def _serve(self, operation: str, tran_id: str, pairs: Pairs) -> Reply:
        if operation == "register":
            complaint = self._book.register(pairs)
            return replies.received(tran_id, complaint.receipt, complaint.steps[0])
        complaint = self._book.look_up(value_of(pairs, "RCPT_NO"))
        return replies.status_of(tran_id, complaint.receipt, complaint.steps)

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        operation = self.operation_of(request)
        if operation == "other":
            return reply or Reply(404, b"", "")
        try:
            pairs = read_form(request.body, request.headers.get("content-type", ""))
            complaint = self._book.look_up(value_of(pairs, "RCPT_NO")) if operation == "status" else None
        except RefusalError:
            pairs, complaint = [], None
        return misbehave(fault, operation, _tran_id(pairs), complaint, reply or Reply(200))

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester: `{"receipt", "to"}`, or `{"refuse_next": <MESSAGE>}`; see README.md."""
        if not all(isinstance(value, str) for value in order.values()):
            raise ValueError("all values of an order are text")
        if set(order) == {"refuse_next"}:
            if order["refuse_next"] not in known_refusals():
                raise ValueError(f"refuse_next must be one of: {', '.join(known_refusals())}")
            self._book.refuse_next(order["refuse_next"])
            return {"refuse_next": order["refuse_next"]}
        if set(order) - _ORDERS:
            raise ValueError(f"known in an order are: {', '.join(sorted(_ORDERS))}")
        state = order.get("to", "")
        if state not in CODE_OF or state == "received":
            raise ValueError(f"to must be one of: {', '.join(name for name in CODE_OF if name != 'received')}")
        complaint = self._book.move(order.get("receipt", ""), state, self._details(state, order))
        return {"receipt": complaint.receipt, "state": complaint.state}

    def _details(self, state: str, order: Mapping[str, Any]) -> Mapping[str, str]:
        details = {}
        if "text" in order or state == "supplement":
            details["STTS_CN"] = order.get("text", _WANTED)
        if state == "supplement":
            due = (self._desk.clock.now().astimezone(KST) + timedelta(days=7)).strftime("%Y%m%d")
            details["SPLM_YMD"] = order.get("due", due)
        if state == "closed":
            details["END_CD"] = order.get("reason", "01")
            if details["END_CD"] not in CODES["END_CD"]:
                raise ValueError(f"reason must be one of: {', '.join(CODES['END_CD'])}")
        return details


def _tran_id(pairs: Pairs) -> str:
    """Return the `TRAN_ID` of a request; empty if it cannot be repeated."""
    told = value_of(pairs, "TRAN_ID")
    return told if _TRAN_ID.fullmatch(told) else ""
