"""Writing what the agency answers: checked against our own contract, signed, and in HTTP. No decisions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from lxml import etree

from mocks.haengbok import contract, envelope
from mocks.haengbok.envelope import SOAP12, Envelope, RefusedError
from mocks.haengbok.signature import Signer
from mocks.kit.agency import Reply
from mocks.kit.pki import Certificates


class ReplyWriter:
    """Writes replies and faults, signed if there are certificates and the caller wants it."""

    def __init__(self, folder: Path | None) -> None:
        self._signer = _signer(folder, "haengbok-signing")
        self._foreign = _signer(folder, "foreign-signing")

    def reply(self, version: str, payload: etree._Element, header: etree._Element | None, *, is_signed: bool) -> Reply:
        """Return the answer 200 with `payload`, which repeats the request's commonHeader."""
        root = envelope.build(version, payload, header)
        return Reply(200, self.seal(root, is_signed=is_signed), media_type(version))

    def fault(self, version: str, refusal: RefusedError, message: Envelope | None, *, is_signed: bool) -> Reply:
        """Return the fault of `refusal`; it repeats the commonHeader of `message` if that one is readable."""
        header = message.common_header if message is not None else None
        if header is not None and contract.breach_of(header) is not None:
            header = None
        root = envelope.build_fault(version, refusal, header)
        status = 400 if version == SOAP12 and refusal.code == "Client" else 500
        return Reply(status, self.seal(root, is_signed=is_signed), media_type(version))

    def seal(
        self, root: etree._Element, *, is_signed: bool, now: datetime | None = None, is_foreign: bool = False
    ) -> bytes:
        """Check what leaves against the contract, and sign it: as of `now`, or by the key that nobody trusts.

        Raises:
            ContractError: the message is not what the contract allows.
        """
        _check_own(root)
        signer = self._foreign if is_foreign else self._signer
        return signer.sign(root, now) if is_signed and signer is not None else envelope.to_bytes(root)


def media_type(version: str) -> str:
    """Return the Content-Type of a SOAP version."""
    return f"{envelope.MEDIA_TYPES[version]}; charset=utf-8"


def _signer(folder: Path | None, name: str) -> Signer | None:
    if folder is None:
        return None
    made = Certificates(folder)
    return Signer(made.certificate(name), made.key(name))


def _check_own(root: etree._Element) -> None:
    message = envelope.read(envelope.to_bytes(root))
    checked = [message.payload, message.common_header]
    if etree.QName(message.payload).localname == "Fault":
        checked[0] = next(message.payload.iter("{*}serviceFault"), None)
    for element in checked:
        breach = None if element is None else contract.breach_of(element)
        if breach is not None:
            raise contract.ContractError(f"our own reply breaks the contract at {breach}")
