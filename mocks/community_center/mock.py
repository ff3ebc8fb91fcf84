"""CommunityCenterMock: HTTP in, HTTP out. Routes to an office and a service, and answers everything in the envelope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Literal

from mocks.community_center import notices
from mocks.community_center.cases import Case, Fact, Leg
from mocks.community_center.contract import CODES, CONTRACT, MESSAGES, fields_of
from mocks.community_center.envelope import EnvelopeError, check_message, open_envelope, reply_header
from mocks.community_center.misbehaviour import OWN_FAULTS, misbehave
from mocks.community_center.offices import OFFICES, Office
from mocks.community_center.orders import carry_out
from mocks.community_center.registrar import RefusalError, Registrar
from mocks.community_center.services import Services
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.json_contract import to_bytes

_PATH = re.compile(r"/(?P<office>[0-9]{7})/referrals(?:/(?P<service>status|withdraw|supplement))?")
_KEYS = {"register": "refRqstNo", "status": "refRqstNo", "withdraw": "whdrwRqstNo", "supplement": "refRqstNo"}
_OWN_KEY = re.compile(r"[0-9A-Za-z]{20}")


class CommunityCenterMock(HttpMock):
    """The 31 시군 offices. Reads its contract from `schemas/agencies/community_center/`.

    Settings: `callback_url` and `callback_secret` for the notices (진행상태통보, 이송통보).
    """

    slug: ClassVar[str] = "community_center"
    title: ClassVar[str] = "시군 주민센터 (경기도 31개 시군)"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "mixed"
    contract_note: ClassVar[str] = (
        "[S] eGovFrame integration header and result codes, 기관코드 and 법정동코드. "
        "[A] paths, everything in the body, code tables, notices and their signature."
    )
    operations: ClassVar[tuple[str, ...]] = tuple(MESSAGES)
    callbacks: ClassVar[tuple[str, ...]] = (notices.STATUS_NOTICE, notices.TRANSFER_NOTICE)
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registrar = Registrar(desk.clock, desk.ledger, self._notify)
        self._services = Services(self._registrar)

    def operation_of(self, request: Request) -> str:
        """Name the operation by the path alone."""
        match = _PATH.fullmatch(request.path)
        return (match["service"] or "register") if match else "other"

    async def handle(self, request: Request) -> Reply:
        """Answer one request: in the envelope, whatever happens."""
        received, operation = datetime.now(UTC), self.operation_of(request)
        header: Mapping[str, Any] = {}
        body: Mapping[str, Any] = {}
        status, code, text = 200, "0000", CODES["resultCode"]["0000"]["ko"]
        extra: tuple[tuple[str, str], ...] = ()
        try:
            office = _office(request)
            message = open_envelope(request.body)
            header = message["header"]
            self._note(operation, message.get("body"))
            check_message(message, operation, office, received)
            body = self._services.serve(operation, office, message["body"])
        except EnvelopeError as error:
            status, code, text = error.status, error.result_code, str(error)
            extra = (("Allow", "POST"),) if status == 405 else ()  # noqa: PLR2004 - HTTP's Method Not Allowed
        except RefusalError as error:
            code, text, body = "0002", CODES["resultCode"]["0002"]["ko"], _refusal(error)
        answer = {"header": reply_header(header, received, code, text), "body": body}
        CONTRACT.assure(f"{MESSAGES.get(operation, 'Register')}Reply", answer)
        return Reply(status, to_bytes(answer), headers=extra)

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        return misbehave(fault, self.operation_of(request), request, reply)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order of a tester; see `orders`."""
        return carry_out(order, self._registrar, self._desk.clock)

    def _note(self, operation: str, body: object) -> None:
        if isinstance(body, Mapping):
            key = str(body.get(_KEYS[operation], ""))
            names = sorted(fields_of(operation) & body.keys())
            self._desk.journal.note(key if _OWN_KEY.fullmatch(key) else "", names)

    def _notify(self, case: Case, leg: Leg, fact: Fact) -> None:
        build = partial(notices.build_notice, case, leg, fact, self._desk.settings.get("callback_secret", ""))
        self._desk.call_back(notices.notice_of(fact), build, notices.is_acknowledged)


def _office(request: Request) -> Office:
    """Find the office that a request goes to.

    Raises:
        EnvelopeError: the path, method, content type or office is wrong.
    """
    match = _PATH.fullmatch(request.path)
    if match is None:
        raise EnvelopeError("1005", 404)
    if request.method != "POST":
        raise EnvelopeError("1005", 405)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise EnvelopeError("3000", 415, "Content-Type: application/json")
    office = OFFICES.get(match["office"])
    if office is None:
        raise EnvelopeError("1004", 404)
    return office


def _refusal(error: RefusalError) -> Mapping[str, Any]:
    body = {"errCd": error.code, "errMsg": CODES["errCd"][error.code]["ko"]}
    if error.moved_to is not None:
        body |= {"trnsfOrgCd": error.moved_to.office.code, "trnsfRcptNo": error.moved_to.receipt}
    return body
