"""An agency's WSDL as operations: zeep reads it once, then messages are written and read here and judged by the XSD.

zeep's transport, security and tolerance stay out, and its objects too: making and reading a message by them costs more
than the bar allows (`docs/decisions/0006`). lxml's XSD says both ways whether a message is right; zeep would check
neither patterns, nor lengths, nor choices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import Settings
from zeep.wsdl import Document
from zeep.xsd import ComplexType

from adapters.sdk.errors import BadReplyError, MisconfiguredError
from adapters.sdk.transports.soap_envelope import SoapMessage, new_message

_ELEMENT = re.compile(r"Element '(?:\{[^}']*\})?([^'{}]+)'")
_XSD_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"


class BreachError(MisconfiguredError):
    """A request that the contract does not allow. `element` is where, never what.

    An adapter turns it into a CannotExpressError where the element carries what people entered; what is left is a
    defect of ours or of the settings.
    """

    def __init__(self, operation: str, element: str) -> None:
        super().__init__(f"{operation}: the contract does not allow what would stand in {element}")
        self.element = element


@dataclass(frozen=True)
class Shape:
    """What an element may hold: text, or elements in order."""

    tag: str
    """In Clark notation."""
    parts: Mapping[str, Part]
    """By name, in the contract's order; empty for text."""


@dataclass(frozen=True)
class Part:
    """One place in a shape."""

    shape: Shape
    repeats: bool


@dataclass(frozen=True)
class SoapOperation:
    """One operation of a SOAP 1.1 port, as the WSDL declares it. Get it from `SoapContract.operation`."""

    name: str
    action: str
    """What stands in `SOAPAction`, without quotes."""
    block: Shape = field(repr=False)
    """The header block of requests and replies."""
    request: Shape = field(repr=False)
    """The one element in a request's Body; its parts hold text."""
    reply: Shape = field(repr=False)
    """The one element in a reply's Body."""


class SoapContract:
    """A WSDL (document/literal, one header block a message, one `xs:schema`) with the XSDs that it imports, from files.

    Loading takes about 0.1 s of CPU: do it once a process. Nothing is fetched from a network.
    """

    def __init__(self, wsdl: Path) -> None:
        settings = Settings(strict=True, forbid_dtd=True, forbid_external=True)
        files: Any = _LocalFiles()  # zeep wants a class of its own there, with a session that nobody needs
        self._document: Any = Document(str(wsdl.resolve()), files, settings=settings)
        self._schema = _load_schema(wsdl.resolve())

    def operation(self, service: str, port: str, name: str) -> SoapOperation:
        """Return an operation by the WSDL's names.

        Raises:
            KeyError: the WSDL has none of that name.
        """
        found = self._document.services[service].ports[port].binding.all()[name]
        ((_, block),) = found.input.header.type.elements
        return SoapOperation(
            name=name,
            action=found.soapaction or "",
            block=_shape_of(block),
            request=_shape_of(found.input.body),
            reply=_shape_of(found.output.body),
        )

    def shape(self, tag: str) -> Shape:
        """Return what a global element may hold, such as a fault's detail, by its tag in Clark notation."""
        return _shape_of(self._document.types.get_element(tag))

    def make(self, operation: SoapOperation, block: Mapping[str, str], content: Mapping[str, str]) -> SoapMessage:
        """Make a request: names and texts of the header block, and of the Body's element.

        Raises:
            BreachError: the contract does not allow it.
        """
        message = new_message(operation.block.tag, operation.request.tag)
        assert message.block is not None  # noqa: S101 - it was just made with one
        self._fill(message.block, operation.block, block, operation.name)
        self._fill(message.content, operation.request, content, operation.name)
        return message

    def _fill(self, element: etree._Element, shape: Shape, values: Mapping[str, str], operation: str) -> None:
        for unknown in values.keys() - shape.parts.keys():
            raise BreachError(operation, unknown)
        for name, part in shape.parts.items():
            if name in values:
                try:
                    etree.SubElement(element, part.shape.tag).text = values[name]
                except ValueError:  # a character that XML cannot hold
                    raise BreachError(operation, name) from None
        where = self._breach(element)
        if where is not None:
            raise BreachError(operation, where)

    def read(self, element: etree._Element, shape: Shape) -> Mapping[str, Any]:
        """Return the values of an element that came in: text, None for empty or absent, lists where it may repeat.

        Raises:
            BadReplyError: it is another element, or not what the XSD allows. The text names the place, never a value.
        """
        if element.tag != shape.tag:
            raise BadReplyError(f"the answer holds another element than {etree.QName(shape.tag).localname}")
        where = self._breach(element)
        if where is not None:
            raise BadReplyError(f"the contract does not allow what stands in {where}")
        values: Mapping[str, Any] = _values(element, shape)
        return values

    def _breach(self, element: etree._Element) -> str | None:
        """Return the name of the first element that breaks the XSD, None if none does."""
        if self._schema.validate(element):
            return None
        named = _ELEMENT.match(self._schema.error_log[0].message)  # what follows the name may be the value: leave it
        return named[1] if named else "an element"


def _shape_of(element: Any) -> Shape:
    """Turn zeep's element, with all below it, into a shape."""
    parts: Iterable[tuple[str, Any]] = element.type.elements if isinstance(element.type, ComplexType) else ()
    repeating = {name for name, part in parts if part.max_occurs != 1}
    return Shape(str(element.qname), {name: Part(_shape_of(part), name in repeating) for name, part in parts})


def _values(element: etree._Element, shape: Shape) -> Any:
    """Read a valid element."""
    if not shape.parts:
        return element.text or None
    values: dict[str, Any] = {name: [] if part.repeats else None for name, part in shape.parts.items()}
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        part = shape.parts[name]
        value = _values(child, part.shape)
        values[name] = [*values[name], value] if part.repeats else value
    return values


class _LocalFiles:
    """What zeep asks for files. It never gets more than files."""

    def load(self, location: str) -> bytes:
        return Path(location).read_bytes()


def _load_schema(wsdl: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    (inline,) = etree.parse(str(wsdl), parser).iter(_XSD_SCHEMA)
    alone = etree.fromstring(etree.tostring(inline), parser, base_url=str(wsdl))
    return etree.XMLSchema(alone)
