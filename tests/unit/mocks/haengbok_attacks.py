"""Attacks on a signed message: the signed element is moved away, and another one stands where it is read.

Each takes a message that is signed well and rearranges it; every receiver must refuse what comes of it.
"""

from __future__ import annotations

import copy

from haengbok_wire import DS, EXC, PERSON, SOAP, WSSE, WSU, message
from lxml import etree


def security_of(root: etree._Element) -> etree._Element:
    (found,) = root.iter(f"{{{WSSE}}}Security")
    return found


def body_of(root: etree._Element) -> etree._Element:
    found = root.find(f"{{{SOAP}}}Body")
    assert found is not None
    return found


def header_of(root: etree._Element) -> etree._Element:
    found = root.find(f"{{{SOAP}}}Header")
    assert found is not None
    return found


def forged_body() -> etree._Element:
    return body_of(etree.fromstring(message("register", PERSON | {"tgtrNm": "김나루"})))


def wrap_into_header(root: etree._Element) -> None:
    """The signed Body goes into a header block, a forged one without an id takes its place."""
    signed = body_of(root)
    root.replace(signed, forged_body())
    etree.SubElement(header_of(root), "wrapper").append(signed)


def wrap_with_same_id(root: etree._Element) -> None:
    """The same, and the forged Body carries the signed one's id."""
    name = body_of(root).get(f"{{{WSU}}}Id", "")
    wrap_into_header(root)
    body_of(root).set(f"{{{WSU}}}Id", name)


def wrap_with_other_id(root: etree._Element) -> None:
    """The forged Body carries a fresh id that nothing refers to."""
    wrap_into_header(root)
    body_of(root).set(f"{{{WSU}}}Id", "id-11111111-1111-4111-8111-111111111111")


def wrap_with_xml_id(root: etree._Element) -> None:
    """The forged Body claims the signed id through xml:id, which parsers register by themselves."""
    name = body_of(root).get(f"{{{WSU}}}Id", "")
    wrap_into_header(root)
    body_of(root).set("{http://www.w3.org/XML/1998/namespace}id", name)


def wrap_with_plain_id(root: etree._Element) -> None:
    """The forged Body claims the signed id through a plain Id attribute."""
    name = body_of(root).get(f"{{{WSU}}}Id", "")
    wrap_into_header(root)
    body_of(root).set("Id", name)


def wrap_under_signature(root: etree._Element) -> None:
    """The signed Body hides in an Object of the signature."""
    signed = body_of(root)
    root.replace(signed, forged_body())
    (signature,) = root.iter(f"{{{DS}}}Signature")
    etree.SubElement(signature, f"{{{DS}}}Object").append(signed)


def two_bodies(root: etree._Element) -> None:
    """A forged Body stands beside the signed one."""
    root.append(forged_body())


def two_common_headers(root: etree._Element) -> None:
    """A forged commonHeader stands before the signed one."""
    forged = header_of(etree.fromstring(message("register", PERSON, department="3740000")))[0]
    header_of(root).insert(0, forged)


def moved_common_header(root: etree._Element) -> None:
    """The signed commonHeader hides in a wrapper, a forged one is read."""
    header = header_of(root)
    signed = header[1]
    header.append(header_of(etree.fromstring(message("register", PERSON, department="3740000")))[0])
    etree.SubElement(header, "wrapper").append(signed)


def second_security(root: etree._Element) -> None:
    """A copy of the whole Security header stands beside the first."""
    header_of(root).append(copy.deepcopy(security_of(root)))


def moved_timestamp(root: etree._Element) -> None:
    """The signed, stale Timestamp hides in a wrapper, a fresh one without signature is read."""
    security = security_of(root)
    signed = security[0]
    fresh = copy.deepcopy(signed)
    fresh.set(f"{{{WSU}}}Id", "id-22222222-2222-4222-8222-222222222222")
    security.replace(signed, fresh)
    etree.SubElement(header_of(root), "wrapper").append(signed)


def xpath_transform(root: etree._Element) -> None:
    """A further transform could choose what is digested."""
    transforms = next(root.iter(f"{{{DS}}}Transforms"))
    etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116")


def inclusive_namespaces(root: etree._Element) -> None:
    """A prefix list changes what the canonical form covers."""
    transform = next(root.iter(f"{{{DS}}}Transform"))
    etree.SubElement(transform, f"{{{EXC}}}InclusiveNamespaces", PrefixList="soap")


def whole_document_reference(root: etree._Element) -> None:
    """An empty URI means the whole document."""
    next(root.iter(f"{{{DS}}}Reference")).set("URI", "")


def twice_the_same_reference(root: etree._Element) -> None:
    """Four references of which two name the same part leave one part unsigned."""
    references = list(root.iter(f"{{{DS}}}Reference"))
    references[0].set("URI", references[1].get("URI", ""))


def foreign_key_info(root: etree._Element) -> None:
    """Another key info beside the token could be the one that is used."""
    etree.SubElement(next(root.iter(f"{{{DS}}}KeyInfo")), f"{{{DS}}}KeyName").text = "hub"


def actor(root: etree._Element) -> None:
    """A security header for somebody else."""
    security_of(root).set(f"{{{SOAP}}}actor", "urn:somebody")


def unknown_id_form(root: etree._Element) -> None:
    """An id that is no UUID."""
    body_of(root).set(f"{{{WSU}}}Id", "body")


ATTACKS = [
    wrap_into_header,
    wrap_with_same_id,
    wrap_with_other_id,
    wrap_with_xml_id,
    wrap_with_plain_id,
    wrap_under_signature,
    two_bodies,
    two_common_headers,
    moved_common_header,
    second_security,
    moved_timestamp,
    xpath_transform,
    inclusive_namespaces,
    whole_document_reference,
    twice_the_same_reference,
    foreign_key_info,
    actor,
    unknown_id_form,
]
