"""CcrsMock: HTTP in, HTTP out. Asks for a token, finds the operation, reads the body, and answers by the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Literal

from mocks.ccrs import notices
from mocks.ccrs.book import Application, Book, RefusalError, Row
from mocks.ccrs.misbehaviour import OWN_FAULTS, misbehave
from mocks.ccrs.orders import carry_out
from mocks.ccrs.tokens import Tokens
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.json_contract import JsonContract, flat, parse, query_of, to_bytes
from mocks.kit.kst import stamp

CONTRACT = JsonContract("ccrs")

_APPLICATIONS = "/api/v1/debt-adjustments"
_ONE = re.compile(rf"{_APPLICATIONS}/(?P<number>C[0-9]{{15}})(?P<end>/supplements|/withdrawal)?", re.ASCII)
_PLACES: Mapping[str, Mapping[str, str]] = {
    "/oauth2/token": {"POST": "token"},
    "/api/v1/health": {"GET": "health"},
    _APPLICATIONS: {"POST": "register", "GET": "find"},
}
"""Path → method → operation."""
_OF_ONE: Mapping[str | None, Mapping[str, str]] = {
    None: {"GET": "status"},
    "/supplements": {"POST": "supplement"},
    "/withdrawal": {"POST": "withdraw"},
}
"""What follows the number of an application → method → operation."""

_BODIES = {"register": "RegisterBody", "supplement": "SupplementBody", "withdraw": "WithdrawBody"}
_ANSWERS = {
    "health": (200, "Health"),
    "register": (202, "Accepted"),
    "find": (200, "Standing"),
    "status": (200, "Standing"),
    "supplement": (200, "Supplemented"),
    "withdraw": (200, "Withdrawn"),
}
_DEBT = frozenset(f"debtList.{name}" for name in CONTRACT.fields_of("Debt"))
_POSITION = re.compile(r"\[\d+\]", re.ASCII)
_OWN_KEY = re.compile(r"[0-9A-Za-z]{36}", re.ASCII)

Message = Mapping[str, Any]


class CcrsMock(HttpMock):
    """신용회복위원회. Reads its contract from `schemas/agencies/ccrs/`; callers need a certificate of the test CA.

    Settings: `callback_url` and `callback_secret` for the notices (처리상태통보); `client_id`, `client_secret` and
    `token_seconds` (how long a token lives) for the tokens, with defaults in `tokens`.
    """

    slug: ClassVar[str] = "ccrs"
    title: ClassVar[str] = "신용회복위원회"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = (
        "[A] everything: paths, messages, codes, tokens, notices. Items and ceilings follow 서민금융법 시행령 53."
    )
    operations: ClassVar[tuple[str, ...]] = ("token", *_ANSWERS)
    callbacks: ClassVar[tuple[str, ...]] = (notices.STATUS_NOTICE,)
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS
    own_settings: ClassVar[frozenset[str]] = frozenset({"client_id", "client_secret", "token_seconds"})
    shared_secrets: ClassVar[frozenset[str]] = frozenset({"client_secret"})
    tls: ClassVar[bool] = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tokens = Tokens(desk.settings, CONTRACT)
        self._book = Book(desk.clock, desk.ledger, self._notify)

    def operation_of(self, request: Request) -> str:
        """Name the operation by path and method."""
        return _methods(request).get(request.method, "other")

    async def handle(self, request: Request) -> Reply:
        """Answer one request."""
        operation = self.operation_of(request)
        if operation == "token":
            return self._tokens.issue(request)
        refused = self._tokens.refusal(request)
        if refused is not None:
            return refused
        try:
            answer = self._serve(operation, request)
        except RefusalError as error:
            return _refusal(error, request)
        status, schema = _ANSWERS[operation]
        CONTRACT.assure(schema, answer)
        return Reply(status, to_bytes(answer))

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        return misbehave(CONTRACT, fault, self.operation_of(request), reply)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester; see `orders`."""
        return carry_out(order, self._book, self._tokens, self._desk.clock, CONTRACT)

    def _serve(self, operation: str, request: Request) -> Message:
        """Carry out one operation.

        Raises:
            RefusalError: there is no such operation, the message cannot be read, or the rules refuse it.
        """
        if operation == "other":
            raise RefusalError("E004")
        if operation == "health":
            return {"status": "UP"}
        number = match["number"] if (match := _ONE.fullmatch(request.path)) else ""
        if operation in {"find", "status"}:
            return _standing(self._book.look_up(key=_asked_key(request, operation), number=number))
        body = self._read(operation, request)
        serve: Mapping[str, Callable[[str, Message], Message]] = {
            "register": self._register,
            "supplement": self._supplement,
            "withdraw": self._withdraw,
        }
        return serve[operation](number, body)

    def _read(self, operation: str, request: Request) -> Message:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RefusalError("E005")
        try:
            body = parse(request.body)
        except ValueError:
            raise RefusalError("E001") from None
        self._note(operation, body)
        if CONTRACT.check(_BODIES[operation], body) is not None:
            raise RefusalError("E001")
        message: Message = body
        return message

    def _note(self, operation: str, body: object) -> None:
        """Write down which of the contract's names arrived, and the caller's key."""
        if isinstance(body, Mapping):
            names = {_POSITION.sub("", name) for name, _ in flat(body)}
            key = str(body.get("clientRequestId", ""))
            known = CONTRACT.fields_of(_BODIES[operation]) | _DEBT
            self._desk.journal.note(key if _OWN_KEY.fullmatch(key) else "", sorted(names & known))

    def _register(self, _number: str, body: Message) -> Message:
        application = self._book.register(body)
        first = application.history[0]
        # The first answer, whatever became of the application since.
        return {**_names(application), "prcsSttsCd": "01", "aplyDt": stamp(first.at)}

    def _supplement(self, number: str, body: Message) -> Message:
        application, row = self._book.supplement(number, body)
        told = {"supplementId": body["supplementId"], "prcsSttsCd": row.as_json()["prcsSttsCd"]}
        return {"aplyNo": application.number, **told, "splmDt": stamp(row.at)}

    def _withdraw(self, number: str, body: Message) -> Message:
        application, row = self._book.withdraw(number, body)
        return {**_names(application), "prcsSttsCd": "92", "whdrwDt": stamp(row.at)}

    def _notify(self, application: Application, row: Row) -> None:
        secret = self._desk.settings.get("callback_secret", "")
        build = partial(notices.build_notice, CONTRACT, application, row, secret)
        self._desk.call_back(notices.STATUS_NOTICE, build, partial(notices.is_acknowledged, CONTRACT))


def _methods(request: Request) -> Mapping[str, str]:
    """Return the operations that a path has, by method."""
    match = _ONE.fullmatch(request.path)
    return _OF_ONE[match["end"]] if match else _PLACES.get(request.path, {})


def _asked_key(request: Request, operation: str) -> str:
    """Return the key that a look-up asks about, and nothing for a query by number.

    Raises:
        RefusalError: E001, the query is another than the contract's.
    """
    query = query_of(request.query)
    if operation == "status" and query == {}:
        return ""
    if operation == "find" and query is not None and query.keys() == {"clientRequestId"}:
        key = query["clientRequestId"]
        if _OWN_KEY.fullmatch(key):
            return key
    raise RefusalError("E001")


def _names(application: Application) -> Message:
    return {"aplyNo": application.number, "clientRequestId": application.key}


def _standing(application: Application) -> Message:
    rows = [row.as_json() for row in application.history]
    return {
        **_names(application),
        "prodDvsnCd": application.product,
        "aplyDt": rows[0]["prcsDt"],
        "prcsSttsCd": rows[-1]["prcsSttsCd"],
        "hstList": rows,
    }


def _refusal(error: RefusalError, request: Request) -> Reply:
    said = CONTRACT.codes["errCd"][error.code]
    answer = {"errCd": error.code, "errMsg": said["ko"]} | ({"aplyNo": error.number} if error.number else {})
    CONTRACT.assure("Error", answer)
    allowed = ", ".join(sorted(_methods(request))) if error.code == "E004" else ""
    if allowed:
        return Reply(405, to_bytes(answer), headers=(("Allow", allowed),))
    return Reply(said["http"], to_bytes(answer))
