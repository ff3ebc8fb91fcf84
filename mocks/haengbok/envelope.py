"""SOAP envelopes of haengbok: reading bytes into one, building replies and faults. Versions 1.1 and 1.2.

Signatures live in `signature`, what a message means in `operations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from mocks.haengbok.contract import REFERRAL, XSD_NAMES

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
MEDIA_TYPES = {SOAP11: "text/xml", SOAP12: "application/soap+xml"}
FAULT_TEXT = "Fault occured"
"""The real system's words, misspelt so."""

_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
_CODES_12 = {"Client": "Sender", "Server": "Receiver"}


class RefusedError(Exception):
    """The message is answered by a fault. `code` is SOAP 1.1's word; the text names elements, never values."""

    def __init__(self, err_cd: str, text: str, field: str = "", code: str = "Client") -> None:
        super().__init__(text)
        self.err_cd = err_cd
        self.text = text
        self.field = field
        self.code = code


@dataclass(frozen=True)
class Envelope:
    """The parts of one message, each the very element that stands in the document."""

    root: etree._Element
    version: str
    """Namespace of the envelope: `SOAP11` or `SOAP12`."""
    header: etree._Element | None
    body: etree._Element
    security: etree._Element | None
    common_header: etree._Element | None
    payload: etree._Element
    """The one child of the Body."""


def parse(data: bytes) -> etree._Element:
    """Return the root element of `data`.

    Raises:
        RefusedError: E001; not well-formed, not UTF-8, or with a DTD or a processing instruction.
    """
    # Comments go while parsing: a comment inside a name would cut `.text` there, and no signature covers comments.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        data.decode("utf-8")  # a parser would follow a byte order mark into UTF-16 without a word
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise RefusedError("E001", "XML 형식 오류") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise RefusedError("E001", "DTD를 쓸 수 없습니다")
    if b"\0" in data or (info.encoding or "UTF-8").upper() not in {"UTF-8", "ASCII"}:
        raise RefusedError("E001", "UTF-8이 아닙니다")
    if any(not isinstance(node.tag, str) for node in root.getroottree().iter()) or root.getprevious() is not None:
        raise RefusedError("E001", "처리 명령을 쓸 수 없습니다")
    return root


def read(data: bytes) -> Envelope:
    """Read one message.

    Raises:
        RefusedError: E001; no SOAP envelope of a known version, or not exactly one of what there must be one of.
    """
    root = parse(data)
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise RefusedError("E001", "SOAP Envelope가 아닙니다")
    version = name.namespace or ""
    if version not in MEDIA_TYPES:
        raise RefusedError("E001", "SOAP 1.1 또는 1.2가 아닙니다", code="VersionMismatch")
    children = list(root)
    header = children.pop(0) if children and children[0].tag == f"{{{version}}}Header" else None
    if len(children) != 1 or children[0].tag != f"{{{version}}}Body":
        raise RefusedError("E001", "Body가 하나가 아닙니다", "Body")
    if len(children[0]) != 1:
        raise RefusedError("E002", "Body의 요소가 하나가 아닙니다", "Body")
    blocks = [] if header is None else list(header)
    security = _at_most_one(blocks, {f"{{{WSSE}}}Security"}, "E101")
    common_header = _at_most_one(blocks, {f"{{{namespace}}}commonHeader" for namespace in XSD_NAMES}, "E002")
    _refuse_strangers(version, [block for block in blocks if block is not security and block is not common_header])
    return Envelope(root, version, header, children[0], security, common_header, children[0][0])


def _at_most_one(blocks: list[etree._Element], tags: set[str], err_cd: str) -> etree._Element | None:
    found = [block for block in blocks if block.tag in tags]
    if len(found) > 1:
        raise RefusedError(err_cd, "헤더가 둘 이상입니다", etree.QName(found[0]).localname)
    return found[0] if found else None


def _refuse_strangers(version: str, blocks: list[etree._Element]) -> None:
    for block in blocks:
        if block.get(f"{{{version}}}mustUnderstand") in {"1", "true"}:
            raise RefusedError(
                "E001", "알 수 없는 헤더입니다", etree.QName(block).localname[:50], code="MustUnderstand"
            )


def text_of(element: etree._Element) -> dict[str, str]:
    """Return the children of `element` by local name, with their text; empty for a self-closing one."""
    return {etree.QName(child).localname: "".join(map(str, child.itertext())) for child in element}


def add_children(parent: etree._Element, fields: Mapping[str, str]) -> etree._Element:
    """Append one child a field, in the parent's namespace; an empty value becomes a self-closing tag."""
    namespace = etree.QName(parent).namespace
    for name, value in fields.items():
        etree.SubElement(parent, f"{{{namespace}}}{name}").text = value or None
    return parent


def build(version: str, payload: etree._Element, common_header: etree._Element | None) -> etree._Element:
    """Return an envelope around `payload` that repeats the request's `common_header` (without its signature's id)."""
    root = etree.Element(f"{{{version}}}Envelope", nsmap={"soap": version})
    header = etree.SubElement(root, f"{{{version}}}Header")
    if common_header is not None:
        name = etree.QName(common_header)
        repeated = etree.SubElement(header, name, nsmap={None: name.namespace or ""})
        add_children(repeated, text_of(common_header))
    etree.SubElement(root, f"{{{version}}}Body").append(payload)
    return root


def build_fault(version: str, refusal: RefusedError, common_header: etree._Element | None) -> etree._Element:
    """Return an envelope with the Fault of `refusal` and its typed detail."""
    detail = _service_fault(refusal)
    fault = etree.Element(f"{{{version}}}Fault", nsmap={"soap": version})
    if version == SOAP12:
        _fill_12(fault, refusal, detail)
    else:
        etree.SubElement(fault, "faultcode").text = f"soap:{refusal.code}"
        etree.SubElement(fault, "faultstring").text = refusal.text
        etree.SubElement(fault, "detail").append(detail)
    return build(version, fault, common_header)


def _service_fault(refusal: RefusedError) -> etree._Element:
    detail = etree.Element(f"{{{REFERRAL}}}serviceFault", nsmap={None: REFERRAL})
    fields = {"errCd": refusal.err_cd, "errMsg": refusal.text}
    return add_children(detail, fields | ({"errFld": refusal.field} if refusal.field else {}))


def _fill_12(fault: etree._Element, refusal: RefusedError, detail: etree._Element) -> None:
    code = etree.SubElement(fault, f"{{{SOAP12}}}Code")
    etree.SubElement(code, f"{{{SOAP12}}}Value").text = f"soap:{_CODES_12.get(refusal.code, refusal.code)}"
    reason = etree.SubElement(etree.SubElement(fault, f"{{{SOAP12}}}Reason"), f"{{{SOAP12}}}Text")
    reason.set(f"{{{_XML_NAMESPACE}}}lang", "ko")
    reason.text = refusal.text
    etree.SubElement(fault, f"{{{SOAP12}}}Detail").append(detail)


def to_bytes(root: etree._Element) -> bytes:
    """Return the document in UTF-8 with its declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
