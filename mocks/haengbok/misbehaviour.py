"""The faults of the kit's catalogue that take the agency's keys or formats: from an honest answer to a bad one.

When one strikes is the kit's business. Every answer here is well-formed SOAP: what is wrong with it is one thing only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from mocks.haengbok import envelope
from mocks.haengbok.contract import ELIGIBILITY, OPERATIONS, REFERRAL
from mocks.haengbok.envelope import FAULT_TEXT, Envelope, RefusedError
from mocks.haengbok.replies import ReplyWriter
from mocks.haengbok.signature import WSU
from mocks.kit.agency import Reply, Request

TECHNICAL = frozenset({"agency_fault_200", "agency_fault_500", "agency_fault_after_acceptance"})
_ON_RESULTS = frozenset({"late_result", "duplicate_result", "out_of_order_result"})
ON_ANSWERS = _ON_RESULTS | {
    "unsigned_fault",
    "unsigned_reply",
    "wrongly_signed_reply",
    "foreign_signed_reply",
    "stale_reply",
    "other_operation_reply",
}
OWN_FAULTS = TECHNICAL | ON_ANSWERS
_STALE = timedelta(hours=1)
_OTHER_RECEIPT = "HB202501010000000"


def misbehave(fault: str, request: Request, reply: Reply | None, writer: ReplyWriter, *, is_signed: bool) -> Reply:
    """Return the bad answer. An answer that is no SOAP reply (a WSDL, a 415) stays as it is.

    Raises:
        LookupError: `fault` is none of ours.
    """
    if fault in TECHNICAL:
        return _technical(fault, request, writer, is_signed=is_signed)
    if fault not in ON_ANSWERS:
        raise LookupError(f"haengbok has no fault of its own called {fault}")
    if reply is None:
        raise LookupError(f"{fault} spoils an honest answer, and there is none")
    try:
        honest = envelope.read(reply.body)
    except RefusedError:
        return reply
    return _spoil(fault, reply, honest, writer, is_signed=is_signed and honest.security is not None)


def _technical(fault: str, request: Request, writer: ReplyWriter, *, is_signed: bool) -> Reply:
    """Return the real system's words for "something broke": the caller cannot know whether the act happened."""
    try:
        message = envelope.read(request.body)
    except RefusedError:
        message = None
    version = message.version if message is not None else envelope.SOAP11
    broken = RefusedError("E900", FAULT_TEXT, code="Server")
    reply = writer.fault(version, broken, message, is_signed=is_signed)
    return replace(reply, status=200) if fault == "agency_fault_200" else reply


def _spoil(fault: str, reply: Reply, honest: Envelope, writer: ReplyWriter, *, is_signed: bool) -> Reply:
    if fault == "unsigned_fault":
        return writer.fault(honest.version, RefusedError("E002", "스키마에 맞지 않습니다"), honest, is_signed=False)
    if fault == "wrongly_signed_reply":
        _change(honest.payload)
        return replace(reply, body=envelope.to_bytes(honest.root))
    plain = _without_signature(honest)
    if fault == "other_operation_reply":
        other = _answer_of_another(honest.payload)
        return writer.reply(honest.version, other, honest.common_header, is_signed=is_signed)
    if fault in _ON_RESULTS:
        _rearrange(fault, honest.payload)
    body = writer.seal(
        plain,
        is_signed=is_signed and fault != "unsigned_reply",
        now=datetime.now(UTC) - _STALE if fault == "stale_reply" else None,
        is_foreign=fault == "foreign_signed_reply",
    )
    return replace(reply, body=body)


def _without_signature(message: Envelope) -> etree._Element:
    """Return the envelope, rid of its security header and of the ids that it used."""
    if message.header is not None and message.security is not None:
        message.header.remove(message.security)
    for part in message.root.iter():
        part.attrib.pop(f"{{{WSU}}}Id", None)
    etree.cleanup_namespaces(message.root)
    return message.root


def _change(payload: etree._Element) -> None:
    """Change one digit, so that the answer still fits the schema and only the signature tells."""
    leaves = [leaf for leaf in payload.iter() if len(leaf) == 0 and (leaf.text or "")[-1:].isdigit()]
    if leaves:
        text = leaves[-1].text or ""
        leaves[-1].text = f"{text[:-1]}{(int(text[-1]) + 1) % 10}"


def _answer_of_another(payload: etree._Element) -> etree._Element:
    """Return a valid reply of another operation of the same service."""
    if etree.QName(payload).namespace == ELIGIBILITY or payload.tag != OPERATIONS[2].response:
        other = etree.Element(OPERATIONS[2].response, nsmap={None: REFERRAL})
        fields = {"rtnCd": "0000", "rtnMsg": "정상", "linkReqNo": "0" * 25, "totCnt": "0"}
    else:
        other = etree.Element(f"{{{REFERRAL}}}withdrawResponse", nsmap={None: REFERRAL})
        fields = {"rtnCd": "R101", "rtnMsg": "접수번호없음", "rcptNo": _OTHER_RECEIPT, "procStcd": "", "procDt": ""}
    return envelope.add_children(other, fields)


def _rearrange(fault: str, payload: etree._Element) -> None:
    """Show the rows of a result late, twice or in reverse; an answer without rows stays as it is."""
    rows = list(payload.iter(f"{{{REFERRAL}}}rslt"))
    for row in rows:
        payload.remove(row)
    if fault == "late_result":
        for state in payload.iter(f"{{{REFERRAL}}}procStcd"):
            state.text = "01"
        payload.extend(rows[:1])
    elif fault == "out_of_order_result":
        payload.extend(rows[::-1])
    else:
        for row in rows:
            payload.append(row)
            payload.append(_copy(row))


def _copy(row: etree._Element) -> etree._Element:
    return envelope.add_children(etree.Element(row.tag, nsmap=row.nsmap), envelope.text_of(row))
