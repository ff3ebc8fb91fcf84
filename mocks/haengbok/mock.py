"""The mock agency 행복e음 as the kit sees it: HTTP in, HTTP out, in the order of the contract's checks.

What is asked first decides what a caller learns: HTTP, envelope, signature, replay, office, schema, then business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from lxml import etree

from mocks.haengbok import contract, envelope, judgement
from mocks.haengbok.book import Book, arrived
from mocks.haengbok.envelope import SOAP11, Envelope, RefusedError
from mocks.haengbok.misbehaviour import OWN_FAULTS, misbehave
from mocks.haengbok.operations import Counter
from mocks.haengbok.replies import ReplyWriter, media_type
from mocks.haengbok.signature import Verifier
from mocks.kit.agency import HttpMock, Reply, Request
from mocks.kit.desk import Desk
from mocks.kit.pki import Certificates

LARGEST_MESSAGE = 1024 * 1024
VERSIONS = {media_type: version for version, media_type in envelope.MEDIA_TYPES.items()}
SENDER_NAME = "naru TEST hub-signing"
"""Common name of the one certificate that may sign requests."""
_KEY = re.compile(r"[0-9A-Za-z]{25}|HB[0-9]{15}")


class HaengbokMock(HttpMock):
    """행복e음, assumed contract. Settings: `certificates`, `unsigned` (see the kit's `Desk`)."""

    slug = "haengbok"
    title = "행복e음 (사회보장정보시스템)"
    contract_basis = "mixed"
    contract_note = (
        "The common header and the style of the eligibility service are real; WS-Security and all referral operations "
        "are assumed. Not compatible with the real closed network, nor with GPKI."
    )
    operations = tuple(operation.name for operation in contract.OPERATIONS)
    own_faults = OWN_FAULTS

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        words: Mapping[str, Mapping[str, str]] = json.loads((contract.FOLDER / "codes.json").read_bytes())
        self._book = Book(desk.clock, desk.ledger, words["procStcd"])
        self._counter = Counter(desk.clock, desk.ledger, self._book, words)
        self._seen: set[str] = set()
        self._is_unsigned = desk.settings.get("unsigned") == "true"
        folder = desk.settings.get("certificates")
        if folder is None and not self._is_unsigned:
            raise ValueError("haengbok signs: give the setting certificates, or unsigned = true")
        self._writer = ReplyWriter(Path(folder) if folder else None)
        self._verifier = Verifier(Certificates(Path(folder)).ca, SENDER_NAME) if folder else None

    def operation_of(self, request: Request) -> str:
        """Name the operation by the Body's element; `other` for what is no request of the contract."""
        try:
            payload = envelope.read(request.body).payload
        except RefusedError:
            return "other"
        operation = contract.BY_REQUEST.get(str(payload.tag))
        return operation.name if operation else "other"

    async def handle(self, request: Request) -> Reply:
        """Answer one request."""
        refused = _refuse_http(request)
        if refused is not None:
            return refused
        if request.method == "GET":
            return self._document(request)
        version = VERSIONS[_content_type(request)[0]]
        try:
            message = envelope.read(request.body)
        except RefusedError as refusal:
            return self._writer.fault(version, refusal, None, is_signed=not self._is_unsigned)
        is_signed = not self._is_unsigned or (message.security is not None and self._verifier is not None)
        try:
            payload = self._serve(request, version, message, is_signed=is_signed)
        except RefusedError as refusal:
            return self._writer.fault(version, refusal, message, is_signed=is_signed)
        return self._writer.reply(version, payload, message.common_header, is_signed=is_signed)

    def misbehave(self, fault: str, request: Request, reply: Reply | None) -> Reply:
        """Answer as one of `own_faults` asks."""
        return misbehave(fault, request, reply, self._writer, is_signed=not self._is_unsigned)

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Move one case on; the README lists the orders.

        Raises:
            ValueError: no such case, no such step from its state, or a value that the contract cannot carry.
        """
        case = self._book.advance(order)
        return {"receipt": case.rcpt_no, "key": case.link_req_no, "state": case.step}

    def _serve(self, request: Request, version: str, message: Envelope, *, is_signed: bool) -> etree._Element:
        """Check one message from the outside in, then serve it."""
        fields = envelope.text_of(message.payload)
        self._desk.journal.note(_key_of(fields), arrived(fields))
        if message.version != version:
            raise RefusedError("E001", "Content-Type과 SOAP 버전이 다릅니다", code="VersionMismatch")
        operation = contract.BY_REQUEST.get(str(message.payload.tag))
        if operation is None or operation.path != request.path:
            raise RefusedError("E003", "이 주소에 없는 오퍼레이션입니다")
        if not _names_action(request, version, operation.action):
            raise RefusedError("E003", "SOAPAction이 다릅니다", "SOAPAction")
        if is_signed and self._verifier is not None:
            self._verifier.check(message)
        self._check_header(message, operation)
        breach = contract.breach_of(message.payload)
        if breach is not None:
            raise RefusedError("E002", "스키마에 맞지 않습니다", breach)
        return self._counter.serve(operation, fields)

    def _check_header(self, message: Envelope, operation: contract.Operation) -> None:
        header = message.common_header
        if header is None or header.tag != f"{{{operation.namespace}}}commonHeader":
            raise RefusedError("E002", "commonHeader가 없습니다", "commonHeader")
        breach = contract.breach_of(header)
        if breach is not None:
            raise RefusedError("E002", "스키마에 맞지 않습니다", breach)
        fields = envelope.text_of(header)
        if fields["transactionUniqueId"] in self._seen:
            raise RefusedError("E202", "이미 처리된 거래고유번호입니다", "transactionUniqueId")
        self._seen.add(fields["transactionUniqueId"])
        if fields["userDeptCode"] not in judgement.OFFICES:
            raise RefusedError("E201", "등록되지 않은 기관코드입니다", "userDeptCode")

    def _document(self, request: Request) -> Reply:
        query = parse_qs(request.query, keep_blank_values=True)
        if "wsdl" in {name.lower() for name in query}:
            return Reply(200, contract.wsdl(self._desk.base_url), media_type(SOAP11))
        found = contract.xsd(query.get("xsd", [""])[0])
        return Reply(404) if found is None else Reply(200, found, media_type(SOAP11))


def _refuse_http(request: Request) -> Reply | None:
    """Return the empty answer to what is no SOAP message at all, None if it may be one."""
    if request.path not in contract.PATHS:
        return Reply(404)
    if request.method == "GET" and request.query:
        return None
    if request.method != "POST":
        return Reply(405, headers=(("Allow", "POST"),))
    if len(request.body) > LARGEST_MESSAGE:
        return Reply(413)
    media_type, charset = _content_type(request)
    if media_type not in VERSIONS or charset.lower() not in {"utf-8", "utf8"} or "content-encoding" in request.headers:
        return Reply(415)
    return None


def _content_type(request: Request) -> tuple[str, str]:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    return header.get_content_type(), str(header.get_param("charset", "utf-8"))


def _names_action(request: Request, version: str, action: str) -> bool:
    """Tell whether the request names the operation's action: as a header in SOAP 1.1, as a parameter in 1.2."""
    if version == SOAP11:
        return request.headers.get("soapaction") == f'"{action}"'
    header = Message()
    header["content-type"] = request.headers["content-type"]
    return header.get_param("action", action) == action


def _key_of(fields: Mapping[str, str]) -> str:
    """Return the message's key for the journal, if it looks like one: anything else might be about a person."""
    key = fields.get("linkReqNo") or fields.get("rcptNo") or ""
    return key if _KEY.fullmatch(key) else ""
