"""IbkMisoMock: telegrams in, telegrams out. Judges the common part and the data, and answers by the branch's book."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from mocks.ibk_miso.book import CODE_OF, Book, RefusalError, Registration
from mocks.ibk_miso.contract import (
    CODES,
    LAYOUT,
    OPERATIONS,
    REQUESTS,
    MalformedError,
    Values,
    check_forms,
    filled_names,
)
from mocks.ibk_miso.misbehaviour import OWN_FAULTS, misbehave
from mocks.ibk_miso.services import serve
from mocks.ibk_miso.telegrams import Telegram, UnreadableError, check_common, open_telegram, write_answer
from mocks.kit.agency import Reply, Request, TelegramMock
from mocks.kit.desk import Desk
from mocks.kit.fixed_width import WidthError

_ORG_CODE = "NARU0001"
_ORDERS = frozenset({"key", "receipt", "to", "text", "reason"})
_WANTED = "사업자등록증명원을 보완하여 주십시오"
_KEY = re.compile(r"[0-9A-Za-z]{20}")


class IbkMisoMock(TelegramMock):
    """IBK미소금융재단, one branch of it. Reads its contract from `schemas/agencies/ibk_miso/`.

    Settings: `org_code`, the 이용기관코드 that it enrolled (NARU0001).
    """

    slug: ClassVar[str] = "ibk_miso"
    title: ClassVar[str] = "IBK미소금융재단"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = (
        "[A] everything: telegrams, fields, codes, rules. Modelled on the 전문 of Korean banks."
    )
    operations: ClassVar[tuple[str, ...]] = tuple(OPERATIONS.values())
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS
    own_settings: ClassVar[frozenset[str]] = frozenset({"org_code"})

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._org_code = desk.settings.get("org_code", _ORG_CODE)
        self._book = Book(desk.clock, desk.ledger)
        self._traces: set[str] = set()

    def operation_of(self, request: Request) -> str:
        """Name the operation by 전문번호."""
        return OPERATIONS.get(request.body[:4].decode("latin-1"), "other")

    async def handle(self, request: Request) -> Reply:
        """Answer one telegram by the contract; one whose common part cannot be read gets an empty one."""
        try:
            telegram = open_telegram(request.body)
        except UnreadableError:
            return Reply(0)
        try:
            values = self._read(telegram)
            code, data = serve(telegram.operation, telegram.key, values, self._book)
        except MalformedError as error:
            return Reply(0, write_answer(telegram, "0101", error_field=error.field))
        except RefusalError as error:
            return Reply(0, write_answer(telegram, error.code))
        return Reply(0, write_answer(telegram, code, data))

    def _read(self, telegram: Telegram) -> Values:
        """Judge a telegram and return what stands behind its common part.

        Raises:
            MalformedError: it breaks the contract.
        """
        record = REQUESTS.get(telegram.operation)
        names = filled_names(record, telegram.data) if record else ()
        self._desk.journal.note(telegram.key if _KEY.fullmatch(telegram.key) else "", names)
        check_common(telegram, self._org_code, datetime.now(UTC))
        if telegram.trace in self._traces:
            raise MalformedError("TRC_NO")
        self._traces.add(telegram.trace)
        if record is None:
            if telegram.data:
                raise MalformedError
            return {}
        try:
            values = record.read(telegram.data)
        except WidthError as error:
            raise MalformedError(error.field) from None
        check_forms(values)
        return values

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        try:
            telegram = open_telegram(request.body)
        except UnreadableError:
            return Reply(0)
        found: Registration | None = None
        if telegram.operation == "find" and reply is not None and reply.body[79:83] == b"0000":
            found = self._book.find(telegram.key)
        return misbehave(fault, telegram, found, reply or Reply(0))

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester: `{"key" or "receipt", "to", …}` or `{"places": n}`; see README.md."""
        if set(order) == {"places"}:
            places = order["places"]
            if type(places) is not int or places not in range(100_000):
                raise ValueError("places must be a whole number from 0 to 99999")
            self._book.set_places(places)
            return {"room": self._book.room()}
        if set(order) - _ORDERS or not all(isinstance(value, str) for value in order.values()):
            raise ValueError(f"known in an order are, as text: {', '.join(sorted(_ORDERS))}; or places alone")
        state = order.get("to", "")
        if state not in CODE_OF or state == "received":
            raise ValueError(f"to must be one of: {', '.join(name for name in CODE_OF if name != 'received')}")
        names = [order[name] for name in ("key", "receipt") if name in order]
        if len(names) != 1:
            raise ValueError("an order must name its case by key or by receipt")
        case = self._book.move(names[0], state, _details(state, order))
        return {"key": case.key, "receipt": case.receipt, "state": case.state}


def _details(state: str, order: Mapping[str, str]) -> Values:
    details = {}
    if "text" in order or state == "supplement":
        details["ST_CN"] = order.get("text", _WANTED)
    if state == "closed":
        details["CLS_RSN"] = order.get("reason", "01")
        if details["CLS_RSN"] not in CODES["CLS_RSN"]:
            raise ValueError(f"reason must be one of: {', '.join(CODES['CLS_RSN'])}")
    try:
        LAYOUT["progress"].write({"ST_SN": 1, "PRGR_ST": CODE_OF[state], "ST_DT": "20250102090000", **details})
    except WidthError as error:
        raise ValueError(f"the contract does not allow this: {error}") from None
    return details
