"""KlacMock: HTTP in, HTTP out. Checks key, path and form, lets the registrar decide, and answers by the contract."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.json_contract import flat, parse, query_of, to_bytes
from mocks.kit.kst import KST, stamp
from mocks.klac.contract import CODES, CONTRACT, RefusalError
from mocks.klac.misbehaviour import OWN_FAULTS, misbehave
from mocks.klac.orders import carry_out
from mocks.klac.registrar import Registrar

_CASE = re.compile(r"/cases/(?P<key>[^/]+)(?:/(?P<what>withdrawal|supplements))?")
_PLACES = {
    "/counsel-reservations": "reserve",
    "/aid-applications": "apply",
    "/counsel-slots": "slots",
}
_OF_CASES = {None: "case", "withdrawal": "withdraw", "supplements": "supplement"}
_METHODS = {"slots": "GET", "case": "GET"}
"""The operations that are not posted."""
_FORMS = {
    "reserve": ("ReservationRequest", "ReservationReceipt"),
    "apply": ("AidRequest", "AidReceipt"),
    "withdraw": ("WithdrawRequest", "Acknowledgement"),
    "supplement": ("SupplementRequest", "Acknowledgement"),
    "slots": ("", "Slots"),
    "case": ("", "Case"),
}
"""Operation → the schemas of what it is asked and answers."""
_WINDOW = timedelta(days=13)
_SHOWN = 20

Answer = tuple[int, Mapping[str, Any]]


class KlacMock(HttpMock):
    """The 대한법률구조공단. Reads its contract from `schemas/agencies/klac/`.

    Settings: `api_key`, the key that callers must show; without one any key will do.
    """

    slug: ClassVar[str] = "klac"
    title: ClassVar[str] = "대한법률구조공단"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "[A] everything: paths, messages, codes, branches and slots."
    operations: ClassVar[tuple[str, ...]] = tuple(_FORMS)
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS
    own_settings: ClassVar[frozenset[str]] = frozenset({"api_key"})
    shared_secrets: ClassVar[frozenset[str]] = own_settings

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registrar = Registrar(desk.clock, desk.ledger)

    def operation_of(self, request: Request) -> str:
        """Name the operation by the path alone."""
        match = _CASE.fullmatch(request.path)
        return _OF_CASES[match["what"]] if match else _PLACES.get(request.path, "other")

    async def handle(self, request: Request) -> Reply:
        """Answer one request by the contract."""
        operation = self.operation_of(request)
        if operation == "other":
            return Reply(404)
        method = _METHODS.get(operation, "POST")
        if request.method != method:
            return Reply(405, headers=(("Allow", method),))
        if method == "POST" and not _is_json(request):
            return Reply(415)
        try:
            self._check_key(request)
            status, answer = self._serve(operation, request)
        except RefusalError as error:
            CONTRACT.assure("Error", error.as_json())
            return Reply(error.status, to_bytes(error.as_json()))
        CONTRACT.assure(_FORMS[operation][1], answer)
        return Reply(status, to_bytes(answer))

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        return misbehave(fault, self.operation_of(request), reply)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester; see `orders`."""
        return carry_out(order, self._registrar, self._desk.clock)

    def _check_key(self, request: Request) -> None:
        wanted, shown = self._desk.settings.get("api_key", ""), request.headers.get("x-api-key", "")
        if not shown or (wanted and not hmac.compare_digest(shown.encode(), wanted.encode())):
            raise RefusalError("E901")

    def _serve(self, operation: str, request: Request) -> Answer:
        if operation == "slots":
            return 200, self._slots(request)
        match = _CASE.fullmatch(request.path)
        header = (
            _key(request.headers.get("idempotency-key", "")) if operation in {"reserve", "apply", "supplement"} else ""
        )
        key = _key(match["key"]) if match else header
        if operation == "case":
            if request.query:
                raise RefusalError("E101", "query")
            return 200, self._registrar.look_up(key).as_json()
        body = self._body(operation, request, key)
        serve: Mapping[str, Callable[[], Answer]] = {
            "reserve": lambda: self._register(operation, key, body),
            "apply": lambda: self._register(operation, key, body),
            "withdraw": lambda: (200, self._registrar.withdraw(key, body)),
            "supplement": lambda: (200, self._registrar.supplement(key, header, body)),
        }
        return serve[operation]()

    def _register(self, operation: str, key: str, body: Mapping[str, Any]) -> Answer:
        case, is_new = self._registrar.register(operation, key, body)
        return 201 if is_new else 200, case.as_receipt()

    def _body(self, operation: str, request: Request, key: str) -> Mapping[str, Any]:
        """Read a body, note its names in the journal, and check its form."""
        try:
            body = parse(request.body)
        except ValueError:
            raise RefusalError("E101", "no JSON in UTF-8") from None
        schema = _FORMS[operation][0]
        if isinstance(body, Mapping):
            known = CONTRACT.fields_of(schema)
            self._desk.journal.note(key, sorted({name for name, _ in flat({n: body[n] for n in known & body.keys()})}))
        problem = CONTRACT.check(schema, body)
        if problem is not None:
            raise RefusalError("E101", problem)
        read: Mapping[str, Any] = body
        return read

    def _slots(self, request: Request) -> Mapping[str, Any]:
        asked = query_of(request.query)
        if asked is None or not {"from"} <= asked.keys() <= {"from", "brnch", "mthd"}:
            raise RefusalError("E101", "query")
        sample = {
            "brnchCd": asked.get("brnch", "GG01"),
            "cnslMthdCd": asked.get("mthd", "01"),
            "cnslDt": asked["from"] + "000000",
        }
        if CONTRACT.check("Slot", sample) is not None:
            raise RefusalError("E101", "query")
        today = self._desk.clock.now().astimezone(KST).date()
        start = max(datetime.strptime(asked["from"], "%Y%m%d").replace(tzinfo=KST).date(), today)
        branches = [asked["brnch"]] if "brnch" in asked else list(CODES["brnchCd"])
        methods = [asked["mthd"]] if "mthd" in asked else list(CODES["cnslMthdCd"])
        slots = self._registrar.slots
        free = [one for b in branches for m in methods for one in slots.free_between(b, m, start, start + _WINDOW)]
        free.sort(key=lambda one: (one.at, one.branch, one.method))
        return {
            "rsvtPsblYn": "Y" if free else "N",
            "fromYmd": f"{start:%Y%m%d}",
            "toYmd": f"{start + _WINDOW:%Y%m%d}",
            "psblCnt": len(free),
            **({"frstYmd": stamp(free[0].at)[:8]} if free else {}),
            "slotList": [
                {"brnchCd": one.branch, "cnslMthdCd": one.method, "cnslDt": stamp(one.at)} for one in free[:_SHOWN]
            ],
        }


def _key(text: str) -> str:
    if CONTRACT.check("IdempotencyKey", text) is not None:
        raise RefusalError("E101", "Idempotency-Key")
    return text


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
