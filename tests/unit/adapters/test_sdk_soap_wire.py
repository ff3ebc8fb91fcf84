"""The SOAP wire on real sockets: what every answer means, row by row of the fault table, and what leaves."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import pytest
from lxml import etree
from raw_wire import Answer, Decisions, RawServer, answering, raw_server, reply_bytes, reset, silence
from signed_soap import (
    CONTRACT,
    FIND,
    FOUND_NOTHING,
    HEADER,
    OTHER_OPERATION,
    REFERRAL,
    envelope,
    fault_xml,
    header_xml,
    message,
    security,
)

from adapters.sdk import (
    BadReplyError,
    BusyError,
    Gate,
    HostileReplyError,
    HttpEndpoint,
    HttpWire,
    MisconfiguredError,
    NotSentError,
    UncertainError,
)
from adapters.sdk.transports.soap import FaultSide, SoapAnswer, SoapFault, SoapRules, SoapWire, side_of
from adapters.sdk.transports.soap_contract import BreachError, SoapContract, SoapOperation
from adapters.sdk.transports.soap_envelope import split, to_bytes
from adapters.sdk.transports.wsse import WsSecurity
from mocks.kit.pki import Certificates

XML = "Content-Type: text/xml; charset=utf-8"
RULES = SoapRules(
    tie="transactionUniqueId",
    fault_detail=f"{{{REFERRAL}}}serviceFault",
    refused_statuses=frozenset({405, 413, 415}),
    busy_statuses=frozenset({429}),
)


@pytest.fixture(scope="module")
def contract() -> SoapContract:
    return SoapContract(CONTRACT)


@pytest.fixture(scope="module")
def find(contract: SoapContract) -> SoapOperation:
    return contract.operation("ReferralService", "ReferralSoap11", "find")


@pytest.fixture(scope="module")
def agency(certificates: Certificates) -> WsSecurity:
    return security(certificates, "haengbok-signing")


OpenWire = Callable[[str], SoapWire]


@pytest.fixture
async def wires(gate: Gate, contract: SoapContract, certificates: Certificates) -> AsyncIterator[OpenWire]:
    """Open SOAP wires to an address, and close them afterwards."""
    opened = []

    def open_wire(url: str) -> SoapWire:
        http = HttpWire("haengbok", gate, HttpEndpoint(url, 0.5, 64 * 1024))
        opened.append(http)
        return SoapWire(http, contract, security(certificates, "hub-signing"), RULES)

    yield open_wire
    for http in opened:
        await http.aclose()


Made = Callable[[WsSecurity], Answer]


def _signed(
    content: str = FOUND_NOTHING, status: int = 200, header: str | None = None, content_type: str = XML
) -> Made:
    def make(agency: WsSecurity) -> Answer:
        return answering(reply_bytes(status, agency.sign(message(content, header)), content_type))

    return make


def _unsigned(content: str, status: int = 200) -> Made:
    return lambda _: answering(reply_bytes(status, to_bytes(envelope(content)), XML))


def _changed(change: Callable[[bytes], bytes]) -> Made:
    def make(agency: WsSecurity) -> Answer:
        return answering(reply_bytes(200, change(agency.sign(message(FOUND_NOTHING))), XML))

    return make


def _plain(status: int, body: bytes = b"", *headers: str) -> Made:
    return lambda _: answering(reply_bytes(status, body, *headers))


XHTML = b'<html xmlns="http://www.w3.org/1999/xhtml"><body>login</body></html>'
EUC_KR_PAGE = "<html><body>시스템 점검</body></html>".encode("cp949")
BAD_DATE = FOUND_NOTHING.replace("<totCnt>0</totCnt>", "<totCnt>many</totCnt>")

BROKEN: dict[str, tuple[Made, type[Exception]]] = {
    "no answer": (lambda _: silence, UncertainError),
    "reset": (lambda _: reset, UncertainError),
    "cut short": (lambda _: answering(reply_bytes(200, b"<a", XML, length=500), close=True), UncertainError),
    "unsigned client fault, 500": (_unsigned(fault_xml(), 500), BadReplyError),
    "unsigned client fault, 200": (_unsigned(fault_xml(), 200), BadReplyError),
    "unsigned server fault": (_unsigned(fault_xml("soap:Server", None), 500), BadReplyError),
    "unsigned answer": (_unsigned(FOUND_NOTHING), BadReplyError),
    "fault to another request": (_signed(fault_xml(), 500, header_xml("2025011509000000000000009")), BadReplyError),
    "answer to another request": (_signed(header=header_xml("2025011509000000000000009")), BadReplyError),
    "fault to nobody": (_signed(fault_xml(), 500, header=""), BadReplyError),
    "fault with an unknown detail": (_signed(fault_xml(detail="E999"), 500), BadReplyError),
    "fault with a foreign detail": (
        _signed(fault_xml(detail=None).replace("</soap:Fault>", "<detail><x/></detail></soap:Fault>"), 500),
        BadReplyError,
    ),
    "answer with status 500": (_signed(status=500), BadReplyError),
    "fault with status 503": (_signed(fault_xml(), 503), BadReplyError),
    "XHTML page, 200": (_plain(200, XHTML, "Content-Type: application/xhtml+xml"), BadReplyError),
    "XHTML page as XML": (_plain(200, XHTML, XML), BadReplyError),
    "XHTML page, 500": (_plain(500, XHTML, XML), BadReplyError),
    "maintenance page in EUC-KR": (_plain(200, EUC_KR_PAGE, "Content-Type: text/html; charset=euc-kr"), BadReplyError),
    "maintenance page in EUC-KR as XML": (_plain(200, EUC_KR_PAGE, XML), BadReplyError),
    "503, empty": (_plain(503), BadReplyError),
    "404, empty": (_plain(404), BadReplyError),
    "302": (_plain(302, b"", "Location: http://127.0.0.1/login"), BadReplyError),
    "200, empty": (_plain(200, b"", XML), BadReplyError),
    "200, empty, no type": (_plain(200), BadReplyError),
    "202, empty": (_plain(202), BadReplyError),
    "truncated XML": (_changed(lambda data: data[: len(data) // 2]), BadReplyError),
    "a value that the XSD refuses": (_signed(BAD_DATE), BadReplyError),
    "another operation's answer": (_signed(OTHER_OPERATION), BadReplyError),
    "empty body": (_changed(lambda data: data.replace(FOUND_NOTHING.encode(), b"")), BadReplyError),
    "changed after signing": (_changed(lambda data: data.replace(b"<totCnt>0", b"<totCnt>1")), BadReplyError),
    "DTD": (_changed(lambda data: data.replace(b"?>", b"?><!DOCTYPE a>", 1)), HostileReplyError),
    "CP949 that says UTF-8": (_changed(lambda data: data.decode().encode("cp949")), BadReplyError),
    "labelled EUC-KR": (_signed(content_type="Content-Type: text/xml; charset=euc-kr"), BadReplyError),
    "SOAP 1.2's type": (_signed(content_type="Content-Type: application/soap+xml; charset=utf-8"), BadReplyError),
    "415, empty": (_plain(415), MisconfiguredError),
    "405, empty": (_plain(405), MisconfiguredError),
    "413, empty": (_plain(413), MisconfiguredError),
    "415 with a page": (_plain(415, b"<html/>"), BadReplyError),
    "429": (_plain(429, b"", "Retry-After: 7"), BusyError),
}


@pytest.mark.parametrize(("made", "error"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_an_answer_means(
    made: Made,
    error: type[Exception],
    agency: WsSecurity,
    find: SoapOperation,
    wires: OpenWire,
    decisions: Decisions,
) -> None:
    """Every row of this table ends in the class that says what is known."""
    async with raw_server(made(agency)) as server:
        with pytest.raises(error) as raised:
            await wires(server.url).call(decisions.disclose(), "/s", find, HEADER, FIND)

    assert type(raised.value) is error


async def _call(server: RawServer, wires: OpenWire, find: SoapOperation, decisions: Decisions) -> object:
    return await wires(server.url).call(decisions.disclose(), "/s", find, HEADER, FIND)


async def test_a_proven_answer_is_read(
    agency: WsSecurity, find: SoapOperation, wires: OpenWire, decisions: Decisions
) -> None:
    """Signed, tied to its request, valid: its values come back, empty ones as None, repeated ones as a list."""
    async with raw_server(_signed()(agency)) as server:
        answer = await _call(server, wires, find, decisions)

    assert isinstance(answer, SoapAnswer)
    assert dict(answer.content) == {"rtnCd": "0000", "rtnMsg": "정상", **FIND, "totCnt": "0", "rcpt": []}


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("code", "detail", "side"),
    [
        ("soap:Client", "E002", FaultSide.CLIENT),
        ("soap:Client.Schema", "E002", FaultSide.CLIENT),
        ("soap:MustUnderstand", "E101", FaultSide.CLIENT),
        ("soap:Server", "E900", FaultSide.SERVER),
        ("soap:Server", None, FaultSide.SERVER),
        ("Client", "E002", FaultSide.SERVER),
        ("r:Client", "E002", FaultSide.SERVER),
        ("", None, FaultSide.SERVER),
    ],
)
async def test_a_proven_fault_is_a_value(
    status: int,
    code: str,
    detail: str | None,
    side: FaultSide,
    agency: WsSecurity,
    find: SoapOperation,
    wires: OpenWire,
    decisions: Decisions,
) -> None:
    """A signed fault says whose it is, with its detail; a code that is not SOAP's own counts as the server's."""
    async with raw_server(_signed(fault_xml(code, detail), status)(agency)) as server:
        fault = await _call(server, wires, find, decisions)

    assert isinstance(fault, SoapFault)
    assert (fault.side, fault.detail.get("errCd")) == (side, detail)


def test_a_fault_without_a_code_is_the_servers() -> None:
    """Nothing is known of what was done."""
    fault = etree.fromstring("<f><faultstring>x</faultstring></f>")
    assert side_of(fault) is FaultSide.SERVER


async def test_what_leaves_is_signed_and_addressed(
    agency: WsSecurity,
    certificates: Certificates,
    find: SoapOperation,
    wires: OpenWire,
    decisions: Decisions,
) -> None:
    """One POST with type and SOAPAction, whose signature the other side can verify."""
    async with raw_server(_signed()(agency)) as server:
        await _call(server, wires, find, decisions)
        head, _, body = bytes(server.connections[0]).partition(b"\r\n\r\n")

    lines = head.decode().splitlines()
    assert lines[0] == "POST /s HTTP/1.1"
    assert {"Content-Type: text/xml; charset=utf-8", f'SOAPAction: "{REFERRAL}/find"'} <= set(lines)
    security(certificates, "haengbok-signing", "hub-signing").check(split(etree.fromstring(body)))


async def test_a_breach_of_the_contract_never_leaves(
    agency: WsSecurity, find: SoapOperation, wires: OpenWire, decisions: Decisions
) -> None:
    """A value, a name or a missing element that the contract does not allow: 0 bytes, and no value in the text."""
    wrong = [
        ({"linkReqNo": "SECRET!"}, BreachError),
        ({"other": "SECRET"}, MisconfiguredError),
        ({}, MisconfiguredError),
    ]
    async with raw_server(_signed()(agency)) as server:
        for content, error in wrong:
            with pytest.raises(error) as raised:
                await wires(server.url).call(decisions.disclose(), "/s", find, HEADER, content)
            assert "SECRET" not in str(raised.value)

    assert server.received == 0


async def test_a_header_that_breaks_the_contract_never_leaves(
    agency: WsSecurity, find: SoapOperation, wires: OpenWire, decisions: Decisions
) -> None:
    """The same for the common header, by the element's name."""
    async with raw_server(_signed()(agency)) as server:
        with pytest.raises(BreachError) as raised:
            await wires(server.url).call(decisions.disclose(), "/s", find, {**HEADER, "userDeptCode": "12"}, FIND)

    assert (server.received, raised.value.element) == (0, "userDeptCode")


async def test_nothing_leaves_to_nobody(find: SoapOperation, wires: OpenWire, decisions: Decisions) -> None:
    """A refused connection: not sent."""
    async with raw_server(silence) as server:
        pass
    with pytest.raises(NotSentError):
        await _call(server, wires, find, decisions)


async def test_busy_says_how_long(
    agency: WsSecurity, find: SoapOperation, wires: OpenWire, decisions: Decisions
) -> None:
    """Where the contract says that nothing was done, the agency's own wish to wait is handed on."""
    async with raw_server(_plain(429, b"", "Retry-After: 7")(agency)) as server:
        with pytest.raises(BusyError) as raised:
            await _call(server, wires, find, decisions)

    assert raised.value.retry_after_seconds == 7.0


async def test_zeep_logs_nothing(
    agency: WsSecurity,
    find: SoapOperation,
    wires: OpenWire,
    decisions: Decisions,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    async with raw_server(_signed()(agency)) as server:
        await _call(server, wires, find, decisions)

    assert [record.name for record in caplog.records if record.name != "asyncio"] == []


def test_an_unknown_operation_is_a_defect(contract: SoapContract) -> None:
    """Operations are asked for by the WSDL's own names, at import."""
    with pytest.raises(KeyError):
        contract.operation("ReferralService", "ReferralSoap11", "erase")
