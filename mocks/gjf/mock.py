"""GjfMock: HTTP in, HTTP out. Checks token, path and form, lets the registrar decide, and answers by the contract."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from mocks.gjf.contract import CONTRACT, ResultError, enveloped
from mocks.gjf.misbehaviour import OWN_FAULTS, misbehave
from mocks.gjf.orders import carry_out
from mocks.gjf.registrar import Registrar
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.json_contract import flat, parse, query_of, to_bytes

_ALL = "/job-seekers/referrals"
_ONE = re.compile(rf"{_ALL}/(?P<key>[^/]+)/(?P<what>history|withdrawal)")
_REPLIES = {"register": "RegisterReply", "list": "ListReply", "history": "HistoryReply", "withdraw": "WithdrawReply"}
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")

Body = Mapping[str, Any]


class GjfMock(HttpMock):
    """The 경기도일자리재단. Reads its contract from `schemas/agencies/gjf/`.

    Settings: `token`, the bearer token that callers must show; without one any token will do.
    """

    slug: ClassVar[str] = "gjf"
    title: ClassVar[str] = "경기도일자리재단"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "[A] everything; header and paging follow the habits of public data services."
    operations: ClassVar[tuple[str, ...]] = tuple(_REPLIES)
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS
    own_settings: ClassVar[frozenset[str]] = frozenset({"token"})
    shared_secrets: ClassVar[frozenset[str]] = own_settings

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registrar = Registrar(desk.clock, desk.ledger)

    def operation_of(self, request: Request) -> str:
        """Name the operation by path and method."""
        if request.path == _ALL:
            return {"POST": "register", "GET": "list"}.get(request.method, "other")
        match = _ONE.fullmatch(request.path)
        if match is None:
            return "other"
        return "history" if match["what"] == "history" else "withdraw"

    async def handle(self, request: Request) -> Reply:
        """Answer one request by the contract."""
        operation = self.operation_of(request)
        method = "POST" if operation in {"register", "withdraw"} else "GET"
        if operation == "other":
            return Reply(405, headers=(("Allow", "GET, POST"),)) if request.path == _ALL else Reply(404)
        if request.method != method:
            return Reply(405, headers=(("Allow", method),))
        if method == "POST" and not _is_json(request):
            return Reply(415)
        status = 200
        try:
            self._check_token(request)
            answer = enveloped(self._serve(operation, request))
        except ResultError as error:
            status, answer = error.status, error.as_json()
        CONTRACT.assure(_REPLIES[operation], answer)
        return Reply(status, to_bytes(answer))

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        return misbehave(fault, self.operation_of(request), reply)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester; see `orders`."""
        return carry_out(order, self._registrar)

    def _check_token(self, request: Request) -> None:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        wanted = self._desk.settings.get("token", "")
        is_right = not wanted or hmac.compare_digest(shown.encode(), wanted.encode())
        if scheme.lower() != "bearer" or not shown or not is_right:
            raise ResultError("50")

    def _serve(self, operation: str, request: Request) -> Body:
        match = _ONE.fullmatch(request.path)
        if operation == "register":
            return self._register(request)
        if operation == "list":
            asked = _asked(request, "extReqId")
            case = self._registrar.look_up(_key(asked["extReqId"]))
            return _page([case.as_item()], asked)
        key = _key(match["key"] if match else "")
        if operation == "history":
            asked = _asked(request)
            case = self._registrar.look_up(key)
            return {**case.ids(), **_page([row.as_json() for row in case.rows], asked)}
        body = self._body("WithdrawalRequest", request, key)
        return self._registrar.withdraw(key, body)

    def _register(self, request: Request) -> Body:
        body = self._body("ReferralRequest", request)
        case, was_known = self._registrar.register(body)
        return {**case.as_item(), "dplctYn": "Y" if was_known else "N"}

    def _body(self, schema: str, request: Request, key: str = "") -> Body:
        """Read a body, note its names in the journal, and check its form."""
        try:
            body = parse(request.body)
        except ValueError:
            raise ResultError("10", "no JSON in UTF-8") from None
        if isinstance(body, Mapping):
            told = {name: body[name] for name in CONTRACT.fields_of(schema) & body.keys()}
            own = str(body.get("extReqId", ""))
            shown = key or (own if CONTRACT.check("ExtReqId", own) is None else "")
            self._desk.journal.note(shown, sorted({name for name, _ in flat(told)}))
        problem = CONTRACT.check(schema, body)
        if problem is not None:
            raise ResultError("11" if ": required" in problem else "10", problem)
        read: Body = body
        return read


def _asked(request: Request, *more: str) -> dict[str, str]:
    """Read a query: the page that is wanted, and what else the operation asks for."""
    asked = query_of(request.query)
    if asked is None or asked.keys() != {"pageNo", "numOfRows", *more}:
        raise ResultError("11", "query")
    for name, schema in (("pageNo", "PageNo"), ("numOfRows", "NumOfRows")):
        if not _NUMBER.fullmatch(asked[name]) or CONTRACT.check(schema, int(asked[name])) is not None:
            raise ResultError("10", name)
    return asked


def _page(items: Sequence[Body], asked: Mapping[str, str]) -> Body:
    number, rows = int(asked["pageNo"]), int(asked["numOfRows"])
    shown = items[(number - 1) * rows : number * rows]
    if not shown:
        raise ResultError("03")
    return {"pageNo": number, "numOfRows": rows, "totalCount": len(items), "items": list(shown)}


def _key(text: str) -> str:
    if CONTRACT.check("ExtReqId", text) is not None:
        raise ResultError("10", "extReqId")
    return text


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
