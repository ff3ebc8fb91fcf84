"""XML that an agency answers with, read from bytes in a given encoding: without DTD, entities, depth or size to harm.

Labels are not read (`adapters.sdk.encodings`). SOAP envelopes have a reader of their own (`soap_envelope`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from adapters.sdk.encodings import Encoding, decode
from adapters.sdk.errors import BadReplyError, HostileReplyError

XML_TYPES = frozenset({"text/xml", "application/xml"})


@dataclass(frozen=True)
class XmlLimits:
    """How much an answer may hold: levels of elements, and elements in all."""

    levels: int = 16
    elements: int = 100_000


_USUAL = XmlLimits()
_TAGS_FOR_EACH = 4
"""An element has two tags at most; the rest is for comments, and for what stands in CDATA."""


def read_xml(data: bytes, encoding: Encoding, limits: XmlLimits = _USUAL) -> etree._Element:
    """Read bytes as XML, whatever they say of their encoding.

    Comments and processing instructions are left out, so that none can cut a value in two.

    Raises:
        HostileReplyError: a document type declaration (DTD, entities); nothing of it was read.
        BadReplyError: no text in this encoding, not well-formed, or more than the limits.
    """
    text = decode(data, encoding)
    if "<!DOCTYPE" in text:
        raise HostileReplyError("the answer has a DTD, which no answer of this agency may have")
    if text.count("<") > _TAGS_FOR_EACH * limits.elements:  # before a tree is built of it
        raise BadReplyError("the answer holds more elements than any honest one")
    parser = etree.XMLParser(
        encoding="utf-8",  # goes over what the declaration says
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(text.lstrip().encode(), parser)
    except etree.XMLSyntaxError:  # its text would show what stands at the place of the error
        raise BadReplyError("the answer is not well-formed XML") from None
    _check_limits(root, limits)
    return root


def values_of(element: etree._Element) -> Mapping[str, str]:
    """Return the values of an element's children that hold text and no elements, by name, NFC, stripped.

    Raises:
        BadReplyError: two of them have the same name: nobody can say which is meant.
    """
    leaves = [child for child in element if len(child) == 0]
    found = {str(child.tag): unicodedata.normalize("NFC", (child.text or "").strip()) for child in leaves}
    if len(found) != len(leaves):
        raise BadReplyError("the answer says something twice")
    return found


def media_type_of(content_type: str) -> str:
    """Return the media type of a Content-Type in lower case, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _check_limits(root: etree._Element, limits: XmlLimits) -> None:
    level, elements = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        elements += event == "start"
        if level > limits.levels or elements > limits.elements:
            raise BadReplyError("the answer is nested more deeply, or holds more elements, than any honest one")
