"""The SOAP 1.1 transport: one signed call over HTTP, its answer proven, checked and read, or classified.

Here is what every SOAP agency has in common. What a business code or a fault's detail means is the adapter's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from lxml import etree

from adapters.sdk.decisions import Decision
from adapters.sdk.errors import AdapterError, BadReplyError, BusyError, MisconfiguredError
from adapters.sdk.kst import utc_now
from adapters.sdk.transports.http import HttpReply, HttpWire
from adapters.sdk.transports.silence import silence_libraries
from adapters.sdk.transports.soap_contract import SoapContract, SoapOperation
from adapters.sdk.transports.soap_envelope import SOAP, SoapMessage, parse, split

_FAULT = f"{{{SOAP}}}Fault"
_OK, _FAILED = 200, 500

silence_libraries()


class SoapSecurity(Protocol):
    """How messages prove who sent them: the envelope that an agency asks for. `wsse.WsSecurity` is one."""

    def sign(self, message: SoapMessage) -> bytes:
        """Return the bytes of a request, secured."""
        ...

    def check(self, message: SoapMessage) -> None:
        """Return if header block and Body are the agency's own; raise BadReplyError otherwise."""
        ...


@dataclass(frozen=True)
class SoapRules:
    """What an agency's contract says beside its WSDL."""

    tie: str
    """The element of the header block that a reply repeats: what ties it to its request."""
    fault_detail: str
    """The tag of the element in a fault's detail, in Clark notation."""
    refused_statuses: frozenset[int] = frozenset()
    """HTTP statuses that, with an empty body, the contract answers before it reads a message: nothing was done."""
    busy_statuses: frozenset[int] = frozenset()
    """HTTP statuses with which the contract says that nothing was done and asks to wait."""


class FaultSide(StrEnum):
    """Whose fault a SOAP fault says it is."""

    CLIENT = "client"
    """`soap:Client`, MustUnderstand, VersionMismatch: the request was at fault."""
    SERVER = "server"
    """`soap:Server`, and any code that SOAP 1.1 does not define: nothing is known of what was done."""


@dataclass(frozen=True)
class SoapAnswer:
    """A proven answer: names and values of the Body's element. Empty elements are None."""

    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SoapFault:
    """A proven fault that answers our request. What it means for us, the agency's contract says by its detail."""

    side: FaultSide
    detail: Mapping[str, Any] = field(repr=False)
    """Names and values of the detail's element; empty if the fault has none."""


class SoapWire:
    """Calls one agency's SOAP 1.1 services. Build it through `Wires.soap`."""

    def __init__(self, http: HttpWire, contract: SoapContract, security: SoapSecurity, rules: SoapRules) -> None:
        self._http = http
        self._contract = contract
        self._security = security
        self._rules = rules
        self._fault_detail = contract.shape(rules.fault_detail)

    async def call(
        self,
        decision: Decision,
        path: str,
        operation: SoapOperation,
        block: Mapping[str, str],
        content: Mapping[str, str],
    ) -> SoapAnswer | SoapFault:
        """Make one call: message, signature, bytes, answer. `path` follows `base_url`.

        Raises:
            UndecidedError, NotSentError, UncertainError: as `HttpWire.send`.
            BadReplyError: an answer came that is not proven, not ours, or not of the contract.
            MisconfiguredError, BusyError: nothing was done, by the contract's own word.
        """
        message = self._contract.make(operation, block, content)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{operation.action}"'}
        body = self._security.sign(message)
        reply = await self._http.send(decision, "POST", path, body=body, headers=headers)
        return self.read(reply, operation, block)

    def read(self, reply: HttpReply, operation: SoapOperation, block: Mapping[str, str]) -> SoapAnswer | SoapFault:
        """Read an answer to the request whose header block was `block`; no I/O. Raises as `call`."""
        barred = judged_by_status(reply, self._rules)
        if barred is not None:
            raise barred
        check_media_type(reply)
        message = split(parse(reply.body))
        self._security.check(message)
        self._check_tie(message, operation, block)
        if message.content.tag == _FAULT:
            return self._fault(message.content)
        if reply.status != _OK:
            raise BadReplyError(f"{operation.name}: HTTP {reply.status} with an answer that is no fault")
        return SoapAnswer(self._contract.read(message.content, operation.reply))

    def _check_tie(self, message: SoapMessage, operation: SoapOperation, block: Mapping[str, str]) -> None:
        if message.block is None:
            raise BadReplyError(f"{operation.name}: the answer does not say what it answers")
        if self._contract.read(message.block, operation.block).get(self._rules.tie) != block[self._rules.tie]:
            raise BadReplyError(f"{operation.name}: the answer is to another request")

    def _fault(self, fault: etree._Element) -> SoapFault:
        details = fault.findall("detail/*")
        if len(details) > 1:
            raise BadReplyError("the fault has more than one detail")
        values = self._contract.read(details[0], self._fault_detail) if details else {}
        return SoapFault(side_of(fault), values)


def judged_by_status(reply: HttpReply, rules: SoapRules) -> AdapterError | None:
    """Say what the HTTP status alone means, None if the body is to be read. Pure."""
    if reply.status in rules.busy_statuses:
        return BusyError(f"HTTP {reply.status}: the agency asks to wait", reply.retry_after_seconds(utc_now()))
    if reply.status in rules.refused_statuses and not reply.body:
        return MisconfiguredError(f"HTTP {reply.status}: the agency took no message of this form at this address")
    if reply.status not in {_OK, _FAILED}:
        return BadReplyError(f"HTTP {reply.status} is no answer of this contract")
    return None


def check_media_type(reply: HttpReply) -> None:
    """Refuse what does not call itself SOAP 1.1 in UTF-8. Pure.

    Raises:
        BadReplyError: a page, another version, another encoding.
    """
    media_type, _, parameters = reply.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "')
    if media_type.strip() != "text/xml" or charset not in {"", "utf-8"}:
        raise BadReplyError(f"HTTP {reply.status} with a body that is no SOAP message in UTF-8")


def side_of(fault: etree._Element) -> FaultSide:
    """Return whose fault it is, by its `faultcode`: a QName, of which only SOAP's own namespace counts. Pure.

    A signature covers only the prefixes that elements use: a code whose prefix is not the Fault's own could be given
    another meaning on the way, so it counts as the server's.
    """
    code = fault.find("faultcode")
    prefix, _, name = ((code.text if code is not None else None) or "").strip().rpartition(":")
    covered = (prefix or None) == fault.prefix
    ours = covered and code is not None and code.nsmap.get(fault.prefix) == SOAP
    client = ours and name.partition(".")[0] in {"Client", "MustUnderstand", "VersionMismatch"}
    return FaultSide.CLIENT if client else FaultSide.SERVER
