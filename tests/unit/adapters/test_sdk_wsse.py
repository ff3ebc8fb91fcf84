"""WS-Security: what is signed verifies, and nothing else does, whatever is moved, doubled, changed or left out."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import xmlsec
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signed_soap import FOUND_NOTHING, NOW, envelope, message, security

from adapters.sdk import BadReplyError, MisconfiguredError
from adapters.sdk.transports.soap_envelope import SOAP, WSSE, SoapMessage, parse, split
from adapters.sdk.transports.wsse import DS, WSU, WsSecurity
from mocks.kit.pki import Certificates

GOLDEN = Path(__file__).parents[2] / "contract" / "haengbok" / "signed"
SIGNED_AT = datetime(2025, 1, 15, tzinfo=UTC)
ID = f"{{{WSU}}}Id"
TEXT = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")) | st.sampled_from("\n\r\t")


@pytest.fixture(scope="module")
def hub(certificates: Certificates) -> WsSecurity:
    """Our side: checks what the agency signed."""
    return security(certificates, "hub-signing")


@pytest.fixture(scope="module")
def agency(certificates: Certificates) -> WsSecurity:
    """The other side: signs answers."""
    return security(certificates, "haengbok-signing")


@pytest.fixture(scope="module")
def signed(agency: WsSecurity) -> bytes:
    """An answer that the agency signed just now."""
    return agency.sign(message(FOUND_NOTHING))


def test_what_the_agency_signs_verifies(hub: WsSecurity, signed: bytes) -> None:
    """The untouched answer passes."""
    hub.check(split(parse(signed)))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.reply.xml")), ids=lambda path: path.stem)
def test_golden_replies_verify(path: Path, certificates: Certificates) -> None:
    """Messages signed by another implementation, from the same contract, pass."""
    golden = WsSecurity(
        certificate=certificates.certificate("hub-signing"),
        key=certificates.key("hub-signing"),
        ca=GOLDEN / "ca.pem",
        peer="naru TEST haengbok-signing",
        now=lambda: SIGNED_AT,
    )
    golden.check(split(parse(path.read_bytes())))


def test_a_request_is_no_reply(hub: WsSecurity, certificates: Certificates) -> None:
    """What we sign ourselves is not taken for the agency's: nobody can send our own request back."""
    with pytest.raises(BadReplyError, match="somebody else's"):
        hub.check(split(parse(security(certificates, "hub-signing").sign(message(FOUND_NOTHING)))))


def test_what_we_sign_verifies_with_xmlsec(certificates: Certificates) -> None:
    """Another implementation, by ids and references, comes to the same digests and the same signature."""
    root = etree.fromstring(security(certificates, "hub-signing").sign(message(FOUND_NOTHING)))
    context = xmlsec.SignatureContext()
    pem = certificates.certificate("hub-signing").read_bytes()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    for element in root.iter():
        if element.get(ID):
            context.register_id(element, "Id", WSU)
    context.verify(_part(root, f"{{{DS}}}Signature"))


def test_every_attempt_is_signed_anew(agency: WsSecurity) -> None:
    """Ids are new each time, and UUIDs."""
    once, again = (
        {element.get(ID) for element in parse(agency.sign(message(FOUND_NOTHING))).iter() if element.get(ID)}
        for _ in range(2)
    )
    assert (len(once), len(again), once & again) == (4, 4, set())


@settings(max_examples=25, deadline=None)
@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")) | st.sampled_from("\n\r\t"), max_size=60
    )
)
def test_any_text_survives_signing(text: str, hub: WsSecurity, agency: WsSecurity) -> None:
    """What is signed in the tree is what a reader parses from the bytes, for every text that XML can hold."""
    root = envelope(f"<said>{escape(text, {chr(13): '&#13;'})}</said>")
    read = split(parse(agency.sign(split(root))))
    hub.check(read)
    assert (read.content.text or "") == text


def _part(root: etree._Element, tag: str) -> etree._Element:
    return next(root.iter(tag))


def _header(root: etree._Element) -> etree._Element:
    return root[0]


def _drop_reference(root: etree._Element) -> None:
    reference = _part(root, f"{{{DS}}}Reference")
    reference.getparent().remove(reference)  # type: ignore[union-attr]  # it has a parent


def _set(tag: str, name: str, value: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        _part(root, tag).set(name, value)

    return change


def _retext(tag: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        _part(root, tag).text = text

    return change


def _strip_security(root: etree._Element) -> None:
    _header(root).remove(_part(root, f"{{{WSSE}}}Security"))


def _wrap_body(root: etree._Element) -> None:
    """Move the signed Body into the header, and put another in its place: the classic wrapping attack."""
    body = _part(root, f"{{{SOAP}}}Body")
    forged = copy.deepcopy(body)
    forged[0][0].text = "R101"
    root.replace(body, forged)
    wrapper = etree.SubElement(_header(root), "wrapper")
    wrapper.append(body)


def _wrap_with_new_id(root: etree._Element) -> None:
    """The same, with an id of its own for the forged Body."""
    _wrap_body(root)
    root[1].set(ID, "id-00000000-0000-4000-8000-000000000000")


def _wrap_in_security(root: etree._Element) -> None:
    body = _part(root, f"{{{SOAP}}}Body")
    forged = copy.deepcopy(body)
    forged.set(ID, "id-00000000-0000-4000-8000-000000000000")
    root.replace(body, forged)
    etree.SubElement(_part(root, f"{{{DS}}}Signature"), f"{{{DS}}}Object").append(body)


def _second_body(root: etree._Element) -> None:
    root.append(copy.deepcopy(root[1]))


def _double_header(root: etree._Element) -> None:
    _header(root).append(copy.deepcopy(_header(root)[-1]))


def _second_security(root: etree._Element) -> None:
    _header(root).append(copy.deepcopy(_part(root, f"{{{WSSE}}}Security")))


def _second_signature(root: etree._Element) -> None:
    _part(root, "{*}commonHeader").append(copy.deepcopy(_part(root, f"{{{DS}}}Signature")))


def _plain_id_twin(root: etree._Element) -> None:
    """Give another element the Body's id under a plain name: some reader would resolve to it."""
    _part(root, "{*}findResponse").set("ID", root[1].get(ID, ""))


def _unsigned_header(root: etree._Element) -> None:
    """Take the header block out of the signature and sign nothing in its place."""
    del _header(root)[-1].attrib[ID]


def _foreign_block(root: etree._Element) -> None:
    etree.SubElement(_header(root), "{urn:x}extra")


ALGORITHM = "Algorithm"
ATTACKS: dict[str, Callable[[etree._Element], None]] = {
    "body changed": _retext("{*}totCnt", "1"),
    "header changed": _retext("{*}userName", "다른이"),
    "time changed": _retext(f"{{{WSU}}}Expires", "2025-01-15T00:04:59Z"),
    "signature value changed": _retext(f"{{{DS}}}SignatureValue", "AAAA"),
    "digest changed": _retext(f"{{{DS}}}DigestValue", "AAAA"),
    "unsigned": _strip_security,
    "body wrapped": _wrap_body,
    "body wrapped, new id": _wrap_with_new_id,
    "body wrapped in the signature": _wrap_in_security,
    "second body": _second_body,
    "second header block": _double_header,
    "second security": _second_security,
    "second signature": _second_signature,
    "foreign header block": _foreign_block,
    "an id twice": _plain_id_twin,
    "header block unsigned": _unsigned_header,
    "reference dropped": _drop_reference,
    "SHA-1 digest": _set(f"{{{DS}}}DigestMethod", ALGORITHM, "http://www.w3.org/2000/09/xmldsig#sha1"),
    "HMAC": _set(f"{{{DS}}}SignatureMethod", ALGORITHM, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
    "other C14N": _set(f"{{{DS}}}CanonicalizationMethod", ALGORITHM, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    "XPath transform": _set(f"{{{DS}}}Transform", ALGORITHM, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    "whole document": _set(f"{{{DS}}}Reference", "URI", ""),
    "external reference": _set(f"{{{DS}}}Reference", "URI", "http://127.0.0.1/x"),
    "key elsewhere": _set(f"{{{WSSE}}}Reference", "URI", "#elsewhere"),
    "token no Base64": _retext(f"{{{WSSE}}}BinarySecurityToken", "%%%"),
    "token no certificate": _retext(f"{{{WSSE}}}BinarySecurityToken", base64.b64encode(b"x").decode()),
    "token of another kind": _set(f"{{{WSSE}}}BinarySecurityToken", "ValueType", "x"),
    "for another actor": _set(f"{{{WSSE}}}Security", f"{{{SOAP}}}actor", "urn:x"),
    "time no instant": _retext(f"{{{WSU}}}Created", "2025-01-15T09:00:00+09:00"),
    "time impossible": _retext(f"{{{WSU}}}Created", "2025-02-30T00:00:00Z"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_fails(attack: Callable[[etree._Element], None], hub: WsSecurity, signed: bytes) -> None:
    """Whatever is changed on the way, the answer proves nothing any more."""
    root = parse(signed)
    attack(root)
    with pytest.raises(BadReplyError):
        hub.check(split(parse(etree.tostring(root))))


@pytest.mark.parametrize("signer", ["foreign-signing", "tls-server", "hub-client"])
def test_nobody_else_may_sign(signer: str, hub: WsSecurity, certificates: Certificates) -> None:
    """Neither a foreign CA's certificate nor another one of the same CA speaks for the agency."""
    with pytest.raises(BadReplyError, match="certificate"):
        hub.check(split(parse(security(certificates, signer).sign(message(FOUND_NOTHING)))))


@pytest.mark.parametrize(
    ("apart", "holds"),
    [
        (timedelta(0), True),
        (timedelta(seconds=60), True),
        (timedelta(seconds=61), False),
        (timedelta(seconds=-299), True),
        (timedelta(seconds=-300), False),
        (timedelta(days=-1), False),
    ],
)
def test_only_the_fresh_counts(apart: timedelta, holds: bool, hub: WsSecurity, certificates: Certificates) -> None:
    """The agency's clock may be a minute ahead; five minutes later the answer is stale."""
    answer = split(parse(security(certificates, "haengbok-signing", now=NOW + apart).sign(message(FOUND_NOTHING))))
    if holds:
        hub.check(answer)
    else:
        with pytest.raises(BadReplyError, match="clocks"):
            hub.check(answer)


def test_an_expired_certificate_proves_nothing(certificates: Certificates) -> None:
    """Ten years on, the certificate is no longer valid, however fresh the message."""
    late = NOW + timedelta(days=3650)
    signed_late = security(certificates, "haengbok-signing", now=late).sign(message(FOUND_NOTHING))
    with pytest.raises(BadReplyError, match="not valid now"):
        security(certificates, "hub-signing", now=late).check(split(parse(signed_late)))


def test_a_fault_without_a_header_is_signed_too(hub: WsSecurity, agency: WsSecurity) -> None:
    """Without a header block three parts are signed; taking a signed block away is noticed all the same."""
    hub.check(split(parse(agency.sign(message(FOUND_NOTHING, header="")))))
    root = parse(agency.sign(message(FOUND_NOTHING)))
    _header(root).remove(_part(root, "{*}commonHeader"))
    with pytest.raises(BadReplyError):
        hub.check(split(parse(etree.tostring(root))))


def test_wrong_files_are_misconfigurations(certificates: Certificates, tmp_path: Path) -> None:
    """A missing file, a file without a key, a key of another certificate: said at the start, without values."""
    good = {
        "certificate": certificates.certificate("hub-signing"),
        "key": certificates.key("hub-signing"),
        "ca": certificates.ca,
        "peer": "x",
    }
    wrong = [("certificate", tmp_path / "none"), ("ca", good["key"]), ("key", certificates.ca)]
    wrong.append(("key", certificates.key("hub-client")))
    for name, path in wrong:
        with pytest.raises(MisconfiguredError):
            WsSecurity(**{**good, name: path})  # type: ignore[arg-type]  # paths and a name by their names


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" * 300 + b"</a>" * 300,
        "<a>똠</a>".encode("cp949"),
        "<a>가</a>".encode("utf-16"),
        b'<?xml version="1.0" encoding="EUC-KR"?><a>\xb0\xa1</a>',
        b"<a>&undefined;</a>",
    ],
)
def test_what_is_no_plain_xml_is_refused(data: bytes) -> None:
    """Broken, with a DTD, too deep, or in another encoding than UTF-8."""
    with pytest.raises(BadReplyError):
        parse(data)


def test_the_parts_are_the_ones_in_the_tree(signed: bytes) -> None:
    """What a message hands on are the tree's own elements, not copies found by name or id."""
    read = split(parse(signed))
    assert isinstance(read, SoapMessage)
    assert replace(read).body is read.root[1]
    assert read.content is read.root[1][0]


def test_what_is_digested_is_canonical(agency: WsSecurity) -> None:
    """Every signed part stands in the message as its own exclusive C14N, byte for byte."""
    data = agency.sign(message(FOUND_NOTHING))
    root = parse(data)
    parts = [part for part in root.iter() if part.get(ID)] + [_part(root, f"{{{DS}}}SignedInfo")]
    texts = [etree.tostring(part, method="c14n", exclusive=True) for part in parts]
    assert (len(texts), [text for text in texts if text not in data]) == (5, [])
