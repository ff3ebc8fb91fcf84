"""WS-Security of haengbok: signing what the agency says, and judging what it hears, by the profile in the contract.

The profile is word for word in `schemas/agencies/haengbok/README.md`; the adapter has its own reading of it.
Keys are loaded once. Time here is wall time, never the business clock.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from mocks.haengbok.envelope import WSSE, Envelope, RefusedError, read, to_bytes

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
BASE64_BINARY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
X509_V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
LIFETIME = timedelta(seconds=300)
CLOCK_SKEW = timedelta(seconds=60)
SMALLEST_RSA_BITS = 2048

_WSU_ID = f"{{{WSU}}}Id"
_ID = re.compile(r"id-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)


class Signer:
    """Signs messages with one certificate and key."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._key = xmlsec.Key.from_memory(key.read_bytes(), xmlsec.constants.KeyDataFormatPem)
        der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
        self._token = base64.b64encode(der).decode("ascii")

    def sign(self, root: etree._Element, now: datetime | None = None) -> bytes:
        """Return the bytes of the envelope `root`, signed; `root` itself is left as it was."""
        # Once to bytes and back: what is signed is what a reader will parse, with its final namespaces.
        envelope = read(to_bytes(root))
        if envelope.header is None:
            raise ValueError("an envelope without a Header cannot be signed")
        security = etree.Element(f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU})
        security.set(f"{{{envelope.version}}}mustUnderstand", "1")
        envelope.header.insert(0, security)
        timestamp = _add_timestamp(security, now or datetime.now(UTC))
        token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", EncodingType=BASE64_BINARY)
        token.set("ValueType", X509_V3)
        token.text = self._token
        parts = [timestamp, token, envelope.body]
        if envelope.common_header is not None:
            parts.append(envelope.common_header)
        self._add_signature(security, parts, token)
        return to_bytes(envelope.root)

    def _add_signature(self, security: etree._Element, parts: list[etree._Element], token: etree._Element) -> None:
        signature = xmlsec.template.create(
            security, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256, ns="ds"
        )
        security.append(signature)
        context = xmlsec.SignatureContext()
        context.key = self._key
        for part in parts:
            part.set(_WSU_ID, f"id-{uuid.uuid4()}")
            context.register_id(part, "Id", WSU)
            reference = xmlsec.template.add_reference(
                signature, xmlsec.constants.TransformSha256, uri=f"#{part.get(_WSU_ID)}"
            )
            xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        key_info = xmlsec.template.ensure_key_info(signature)
        outer = etree.SubElement(key_info, f"{{{WSSE}}}SecurityTokenReference")
        etree.SubElement(outer, f"{{{WSSE}}}Reference", URI=f"#{token.get(_WSU_ID)}", ValueType=X509_V3)
        context.sign(signature)


def _add_timestamp(security: etree._Element, now: datetime) -> etree._Element:
    timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    for name, moment in (("Created", now), ("Expires", now + LIFETIME)):
        text = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = text
    return timestamp


class Verifier:
    """Judges signed requests: who may have signed them is settled by one CA and one common name."""

    def __init__(self, ca: Path, signer_name: str) -> None:
        self._ca = x509.load_pem_x509_certificate(ca.read_bytes())
        self._signer_name = signer_name

    def check(self, envelope: Envelope, now: datetime | None = None) -> None:
        """Return if the envelope's Body and commonHeader are what a trusted sender signed just now.

        Raises:
            RefusedError: E101 the security header is not as the profile wants it, E102 the signature does not hold,
                E103 the certificate is not trusted, E104 the time is out of the window.
        """
        moment = now or datetime.now(UTC)
        timestamp, token, signature = _three_children(envelope)
        if envelope.common_header is None:
            raise RefusedError("E101", "commonHeader가 없습니다", "commonHeader")
        parts = [timestamp, token, envelope.common_header, envelope.body]
        ids = [part.get(_WSU_ID, "") for part in parts]
        if not all(map(_ID.fullmatch, ids)):
            raise RefusedError("E101", "wsu:Id 오류", "Id")
        _refuse_double_ids(envelope.root)
        _check_shape(signature, ids, token)
        certificate = self._trusted(token, moment)
        _verify(signature, parts, certificate)
        _check_times(timestamp, moment)

    def _trusted(self, token: etree._Element, now: datetime) -> x509.Certificate:
        try:
            der = base64.b64decode("".join((token.text or "").split()), validate=True)
            certificate = x509.load_der_x509_certificate(der)
            certificate.verify_directly_issued_by(self._ca)
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            trusted = (
                [name.value for name in names] == [self._signer_name]
                and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
                and self._ca.not_valid_before_utc <= now <= self._ca.not_valid_after_utc
                and _may_sign(certificate)
            )
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
            trusted = False
        if not trusted:
            raise RefusedError("E103", "신뢰할 수 없는 인증서입니다", "BinarySecurityToken")
        return certificate


def _may_sign(certificate: x509.Certificate) -> bool:
    """Tell whether the certificate is an end entity's, for signatures, with an RSA key that is long enough."""
    key = certificate.public_key()
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        may_sign = extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        may_sign = True
    return may_sign and isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_BITS


def _three_children(envelope: Envelope) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Return Timestamp, token and Signature of the one Security header, which must stand there and in this order."""
    security = envelope.security
    if security is None:
        raise RefusedError("E101", "서명이 없습니다", "Security")
    expected = [f"{{{WSU}}}Timestamp", f"{{{WSSE}}}BinarySecurityToken", f"{{{DS}}}Signature"]
    if [child.tag for child in security] != expected or dict(security.attrib) != {
        f"{{{envelope.version}}}mustUnderstand": "1"
    }:
        raise RefusedError("E101", "보안 헤더의 구성이 다릅니다", "Security")
    if len(list(envelope.root.iter(f"{{{DS}}}Signature"))) != 1:
        raise RefusedError("E101", "서명이 둘 이상입니다", "Signature")
    timestamp, token, signature = security
    if token.get("EncodingType") != BASE64_BINARY or token.get("ValueType") != X509_V3 or len(token):
        raise RefusedError("E101", "인증서 토큰 오류", "BinarySecurityToken")
    return timestamp, token, signature


def _refuse_double_ids(root: etree._Element) -> None:
    """Refuse a message in which one id occurs twice: a reference must have one meaning for every reader."""
    counted = Counter(
        str(value)
        for element in root.iter()
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    )
    if any(times > 1 for times in counted.values()):
        raise RefusedError("E101", "같은 Id가 둘 이상입니다", "Id")


Shape: TypeAlias = tuple[str, dict[str, str], list["Shape"]]


def _tree_of(element: etree._Element) -> Shape:
    """Return tag, attributes and children, without text: the shape that the profile prescribes."""
    attributes = {str(name): str(value) for name, value in element.attrib.items()}
    return str(element.tag), attributes, [_tree_of(child) for child in element]


def _check_shape(signature: etree._Element, ids: list[str], token: etree._Element) -> None:
    """Refuse any algorithm, transform, reference or key info but those of the profile."""

    def ds(name: str, attributes: dict[str, str], *children: Shape) -> Shape:
        return f"{{{DS}}}{name}", attributes, list(children)

    found = _tree_of(signature)
    signed_info = signature.find(f"{{{DS}}}SignedInfo")
    uris = [] if signed_info is None else [str(part.get("URI")) for part in signed_info.iterfind(f"{{{DS}}}Reference")]
    if sorted(uris) != sorted(f"#{name}" for name in ids):
        raise RefusedError("E101", "서명 대상이 다릅니다", "Reference")
    transforms = ds("Transforms", {}, ds("Transform", {"Algorithm": EXCLUSIVE_C14N}))
    digest = (ds("DigestMethod", {"Algorithm": SHA256}), ds("DigestValue", {}))
    token_uri = {"URI": f"#{token.get(_WSU_ID)}", "ValueType": X509_V3}
    pointer: Shape = (f"{{{WSSE}}}SecurityTokenReference", {}, [(f"{{{WSSE}}}Reference", token_uri, [])])
    expected = ds(
        "Signature",
        {},
        ds(
            "SignedInfo",
            {},
            ds("CanonicalizationMethod", {"Algorithm": EXCLUSIVE_C14N}),
            ds("SignatureMethod", {"Algorithm": RSA_SHA256}),
            *(ds("Reference", {"URI": uri}, transforms, *digest) for uri in uris),
        ),
        ds("SignatureValue", {}),
        ds("KeyInfo", {}, pointer),
    )
    if found != expected:
        raise RefusedError("E101", "서명의 구성이 다릅니다", "Signature")


def _verify(signature: etree._Element, parts: list[etree._Element], certificate: x509.Certificate) -> None:
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.public_bytes(Encoding.DER), xmlsec.constants.KeyDataFormatCertDer)
    for part in parts:
        context.register_id(part, "Id", WSU)
    try:
        context.verify(signature)
    except xmlsec.Error:
        raise RefusedError("E102", "서명이 맞지 않습니다", "Signature") from None


def _check_times(timestamp: etree._Element, now: datetime) -> None:
    texts = [child.text or "" for child in timestamp]
    if [child.tag for child in timestamp] != [f"{{{WSU}}}Created", f"{{{WSU}}}Expires"]:
        raise RefusedError("E104", "유효시간 오류", "Timestamp")
    if not all(map(_INSTANT.fullmatch, texts)):
        raise RefusedError("E104", "유효시간 오류", "Timestamp")
    try:
        created, expires = (datetime.fromisoformat(text) for text in texts)
    except ValueError:
        raise RefusedError("E104", "유효시간 오류", "Timestamp") from None
    if created > now + CLOCK_SKEW or expires <= now or not created < expires <= created + LIFETIME:
        raise RefusedError("E104", "유효시간이 아닙니다", "Timestamp")
