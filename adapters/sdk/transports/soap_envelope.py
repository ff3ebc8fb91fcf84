"""The SOAP 1.1 envelope as bytes and as parts: parsing without DTD, entities or surprises, and its one structure.

What stands inside header and body is the contract's (`soap_contract`), who signed it the security's (`wsse`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapters.sdk.errors import BadReplyError, HostileReplyError

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

_ENVELOPE, _HEADER, _BODY = f"{{{SOAP}}}Envelope", f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"
_SECURITY = f"{{{WSSE}}}Security"


@dataclass(frozen=True)
class SoapMessage:
    """An envelope whose structure was checked. Whoever checks a signature and whoever reads use these very elements."""

    root: etree._Element = field(repr=False)
    head: etree._Element = field(repr=False)
    """`soap:Header`."""
    security: etree._Element | None = field(repr=False)
    """The one `wsse:Security`, None if there is none."""
    block: etree._Element | None = field(repr=False)
    """The one header block beside it, such as a common header; None if there is none."""
    body: etree._Element = field(repr=False)
    """`soap:Body`."""
    content: etree._Element = field(repr=False)
    """The one element in the Body."""


def new_message(block_tag: str, content_tag: str) -> SoapMessage:
    """Make an envelope with an empty header block and an empty element in its Body."""
    root = etree.Element(_ENVELOPE, nsmap={"soap": SOAP})
    head, body = etree.SubElement(root, _HEADER), etree.SubElement(root, _BODY)
    block, content = (
        etree.SubElement(parent, tag, nsmap={None: etree.QName(tag).namespace or ""})
        for parent, tag in ((head, block_tag), (body, content_tag))
    )
    return SoapMessage(root, head, None, block, body, content)


def parse(data: bytes) -> etree._Element:
    """Read bytes as XML in UTF-8, whatever they say of themselves.

    Comments and processing instructions are left out, so that none can cut a value in two.

    Raises:
        HostileReplyError: a document type declaration (DTD, entities); nothing of it was read.
        BadReplyError: no well-formed UTF-8 XML.
    """
    if b"<!DOCTYPE" in data:
        raise HostileReplyError("the answer has a DTD, which no message of this wire may have")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # its text would show what stands at the place of the error
        raise BadReplyError("the answer is not well-formed XML in UTF-8") from None


def split(root: etree._Element) -> SoapMessage:
    """Take an envelope apart.

    Raises:
        BadReplyError: anything but one Header with at most one Security and one other block, then one Body with one
            element, and no second of any of them anywhere.
    """
    if root.tag != _ENVELOPE or [child.tag for child in root] != [_HEADER, _BODY]:
        raise BadReplyError("the answer is no SOAP 1.1 envelope with one Header and one Body")
    head, body = root
    securities = [child for child in head if child.tag == _SECURITY]
    blocks = [child for child in head if child.tag != _SECURITY]
    parts = [_HEADER, _BODY, _SECURITY, *(str(block.tag) for block in blocks)]
    once = all(len(list(root.iter(part))) <= 1 for part in parts)
    if len(securities) > 1 or len(blocks) > 1 or len(body) != 1 or not once:
        raise BadReplyError("the envelope holds more, or less, than one Security, one header block and one content")
    return SoapMessage(root, head, _only(securities), _only(blocks), body, body[0])


def to_bytes(root: etree._Element) -> bytes:
    """Write an envelope as bytes in UTF-8, with its XML declaration."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _only(found: list[Any]) -> Any:
    return found[0] if found else None
