"""An agency's WSDL as operations: messages made and read by zeep, and judged by the XSD both ways.

zeep's own transport, security and tolerance stay out: it builds and reads elements, and lxml's XSD says whether
they are right, since zeep checks neither patterns, nor lengths, nor choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import Settings
from zeep.exceptions import Error as ZeepError
from zeep.wsdl import Document
from zeep.xsd import CompoundValue

from adapters.sdk.errors import BadReplyError, MisconfiguredError
from adapters.sdk.transports.soap_envelope import SoapMessage, split

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
class SoapOperation:
    """One operation of a SOAP 1.1 port, as the WSDL declares it. Get it from `SoapContract.operation`."""

    name: str
    action: str
    """What stands in `SOAPAction`, without quotes."""
    block_tag: str
    """The header block's tag in Clark notation, for requests and replies."""
    reply_tag: str
    """The tag of the reply's one element in the Body."""
    _block_name: str = field(repr=False)
    _zeep: Any = field(repr=False)


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
        zeep_operation = self._document.services[service].ports[port].binding.all()[name]
        ((block_name, block),) = zeep_operation.input.header.type.elements
        return SoapOperation(
            name=name,
            action=zeep_operation.soapaction or "",
            block_tag=str(block.qname),
            reply_tag=str(zeep_operation.output.body.qname),
            _block_name=block_name,
            _zeep=zeep_operation,
        )

    def make(self, operation: SoapOperation, block: Mapping[str, str], content: Mapping[str, object]) -> SoapMessage:
        """Make a request: names and values of the header block, and of the Body's element.

        Raises:
            BreachError: the XSD does not allow it.
            MisconfiguredError: zeep cannot make it: a name that the WSDL lacks, or one that it wants is missing.
        """
        try:
            envelope = operation._zeep.create(_soapheaders={operation._block_name: block}, **content).content  # noqa: SLF001 - the two classes are one room
        except (ZeepError, TypeError, ValueError) as error:
            raise MisconfiguredError(f"{operation.name}: no message can be made ({type(error).__name__})") from None
        message = split(envelope)
        for part in (message.block, message.content):
            where = self._breach(part)
            if where is not None:
                raise BreachError(operation.name, where)
        return message

    def read(self, element: etree._Element, tag: str) -> Mapping[str, Any]:
        """Return the values of an element that came in: text, None for empty, lists where it may repeat.

        Raises:
            BadReplyError: it is not a `tag`, or not what the XSD allows. The text names the place, never a value.
        """
        if element.tag != tag:
            raise BadReplyError(f"the answer holds another element than {etree.QName(tag).localname}")
        where = self._breach(element)
        if where is not None:
            raise BadReplyError(f"the contract does not allow what stands in {where}")
        kind = self._document.types.get_element(tag)
        values: Any = _plain(kind.parse(element, self._document.types))
        return values or {}

    def _breach(self, element: etree._Element | None) -> str | None:
        """Return the name of the first element that breaks the XSD, None if none does."""
        if element is None:
            return "the header"
        if self._schema.validate(element):
            return None
        return str(self._schema.error_log[0].path).rpartition("/")[2].rpartition(":")[2]


def _plain(values: Any) -> Any:
    """Turn zeep's objects into dicts and lists."""
    if isinstance(values, list):
        return [_plain(value) for value in values]
    if isinstance(values, CompoundValue):
        return {name: _plain(value) for name, value in values.__values__.items()}
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
