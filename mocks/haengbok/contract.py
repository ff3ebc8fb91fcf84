"""The contract files of haengbok, read as data: operations, schema checks, and the WSDL as it is served.

No message is built or judged here beyond its schema; the files themselves live in `schemas/agencies/haengbok/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "haengbok"
WSDL_NAME = "haengbok.wsdl"
ELIGIBILITY = "http://ccais.mopas.go.kr/dh/rid/services/swsdn/ReductionBscLivYn/types"
REFERRAL = "urn:naru:haengbok:referral:1"
XSD_NAMES = {ELIGIBILITY: "reduction_bsc_liv_yn.xsd", REFERRAL: "referral.xsd"}
ELIGIBILITY_PATH = "/cmc/ynservice/swsdn/ReductionBscLivYnService"
REFERRAL_PATH = "/referral/ReferralService"


class ContractError(AssertionError):
    """The mock was about to answer against its own contract: a bug of ours, never a behaviour to test against."""


@dataclass(frozen=True)
class Operation:
    """One operation of the WSDL: the hub's word for it, its request element, SOAPAction and path."""

    name: str
    namespace: str
    element: str
    action: str
    path: str

    @property
    def request(self) -> str:
        """The request element's name in Clark notation."""
        return f"{{{self.namespace}}}{self.element}"

    @property
    def response(self) -> str:
        """The reply element's name in Clark notation."""
        return f"{{{self.namespace}}}{self.element}Response"


OPERATIONS = (
    Operation("verify", ELIGIBILITY, "getReductionBscLivYn", "", ELIGIBILITY_PATH),
    *(
        Operation(name, REFERRAL, name, f"{REFERRAL}/{name}", REFERRAL_PATH)
        for name in ("register", "find", "result", "withdraw", "supplement")
    ),
)
_ELEMENT_NAMED = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")

BY_REQUEST = {operation.request: operation for operation in OPERATIONS}
PATHS = frozenset(operation.path for operation in OPERATIONS)


@lru_cache
def _schema(namespace: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(FOLDER / XSD_NAMES[namespace]))


def breach_of(element: etree._Element) -> str | None:
    """Return the name of the first element that breaks the schema of `element`'s namespace, None if all is well.

    Only a name, never a value: schema errors quote what they complain about, and that may be a person's data.
    """
    namespace = etree.QName(element).namespace
    if namespace not in XSD_NAMES:
        return etree.QName(element).localname
    schema = _schema(namespace)
    if schema.validate(element):
        return None
    named = _ELEMENT_NAMED.match(schema.error_log[0].message)
    return named.group(1)[:50] if named else etree.QName(element).localname


def wsdl(base: str) -> bytes:
    """Return the WSDL with its two addresses under `base` (scheme, host and prefix) and its imports at `?xsd=`."""
    document = etree.parse(str(FOLDER / WSDL_NAME))
    for address in document.iter("{*}address"):
        location = address.get("location", "")
        path = next(path for path in PATHS if location.endswith(path))
        address.set("location", base + path)
    for imported in document.iter("{http://www.w3.org/2001/XMLSchema}import"):
        imported.set("schemaLocation", f"{base}{REFERRAL_PATH}?xsd={imported.get('schemaLocation')}")
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def xsd(name: str) -> bytes | None:
    """Return one of the contract's XSDs by file name, None if there is none of that name."""
    return (FOLDER / name).read_bytes() if name in XSD_NAMES.values() else None
