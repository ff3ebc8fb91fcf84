"""What the agency's own key signed and is refused all the same, since the profile is another; and whom we trust."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from signed_soap import FOUND_NOTHING, envelope, message, security

from adapters.sdk import BadReplyError
from adapters.sdk.transports.soap_envelope import parse, split
from adapters.sdk.transports.wsse import DS, WSU, WsSecurity
from adapters.sdk.transports.x509_trust import trusted
from mocks.kit.pki import Certificates

ID = f"{{{WSU}}}Id"
Change = Callable[[etree._Element], None]


@pytest.fixture(scope="module")
def hub(certificates: Certificates) -> WsSecurity:
    return security(certificates, "hub-signing")


@pytest.fixture(scope="module")
def agency(certificates: Certificates) -> WsSecurity:
    return security(certificates, "haengbok-signing")


def _ds(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(f"{{{DS}}}{name}"))


def resigned(agency: WsSecurity, change: Change) -> bytes:
    """Return an answer that was changed, and then digested and signed anew by the agency's key."""
    root = parse(agency.sign(message(FOUND_NOTHING)))
    change(root)
    by_id = {part.get(ID): part for part in root.iter() if part.get(ID)}
    for reference in root.iter(f"{{{DS}}}Reference"):
        digest = hashlib.sha256(_canonical(by_id[reference.get("URI", "")[1:]])).digest()
        next(reference.iter(f"{{{DS}}}DigestValue")).text = base64.b64encode(digest).decode()
    value = agency._key.sign(_canonical(_ds(root, "SignedInfo")), PKCS1v15(), SHA256())
    _ds(root, "SignatureValue").text = base64.b64encode(value).decode()
    return etree.tostring(root)


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _declare_sha1(root: etree._Element) -> None:
    _ds(root, "DigestMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")


def _declare_inclusive_c14n(root: etree._Element) -> None:
    _ds(root, "CanonicalizationMethod").set("Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")


def _add_an_object(root: etree._Element) -> None:
    etree.SubElement(_ds(root, "Signature"), f"{{{DS}}}Object")


def _move_the_digest_method(root: etree._Element) -> None:
    """The same names in the same order, but another tree."""
    _ds(root, "Transforms").append(_ds(root, "DigestMethod"))


def _add_a_hint(root: etree._Element) -> None:
    etree.SubElement(_ds(root, "KeyInfo"), f"{{{DS}}}KeyName").text = "another"


def _name_an_id(root: etree._Element) -> None:
    _rename(root, "id-1")


def _rename(root: etree._Element, name: str) -> None:
    body = root[1]
    for reference in root.iter(f"{{{DS}}}Reference"):
        if reference.get("URI") == f"#{body.get(ID)}":
            reference.set("URI", f"#{name}")
    body.set(ID, name)


def _give_an_id_twice(root: etree._Element) -> None:
    """Under a plain name, at an element that is signed itself."""
    root[1][0].set("Id", root[0][-1].get(ID, ""))


def _sign_a_signature(root: etree._Element) -> None:
    etree.SubElement(root[1][0], f"{{{DS}}}Signature")


NOT_AGREED: dict[str, Change] = {
    "SHA-1 declared": _declare_sha1,
    "inclusive C14N declared": _declare_inclusive_c14n,
    "an object in the signature": _add_an_object,
    "another tree": _move_the_digest_method,
    "another key's name": _add_a_hint,
    "an id of another form": _name_an_id,
    "an id twice": _give_an_id_twice,
    "a signature in the signed body": _sign_a_signature,
}


@pytest.mark.parametrize("change", NOT_AGREED.values(), ids=NOT_AGREED.keys())
def test_only_the_agreed_profile_counts(change: Change, agency: WsSecurity, hub: WsSecurity) -> None:
    """The key is right and every digest is right: a reader that knew more forms than one could be led astray."""
    with pytest.raises(BadReplyError):
        hub.check(split(parse(resigned(agency, change))))


def test_an_unchanged_message_may_be_signed_anew(agency: WsSecurity, hub: WsSecurity) -> None:
    """The control: what this file does to a message does not break it."""
    hub.check(split(parse(resigned(agency, lambda _: None))))


@pytest.mark.parametrize("tag", ["commonHeader", "Body", "Header"])
def test_no_part_stands_a_second_time_inside_another(tag: str) -> None:
    """Not even deep down: whoever looked for it by name could find the wrong one."""
    root = envelope(FOUND_NOTHING)
    part = next(root.iter(f"{{*}}{tag}"))
    etree.SubElement(root[1][0], part.tag)
    with pytest.raises(BadReplyError, match="more, or less"):
        split(root)


def test_comments_cannot_cut_a_value(agency: WsSecurity, hub: WsSecurity) -> None:
    """A comment or an instruction in a signed value does not break the signature, and cuts nothing off."""
    signed = agency.sign(message(FOUND_NOTHING))
    for cut in ("정<!-- x -->상", "<!-- x -->정상", "정상<!-- x -->"):
        read = split(parse(signed.replace("정상".encode(), cut.encode())))
        hub.check(read)
        assert read.content[1].text == "정상"


PEER, CA_NAME = "agency", "ca"
NOW = datetime.now(UTC)
Keys = dict[str, rsa.RSAPrivateKey]


@pytest.fixture(scope="module")
def keys() -> Keys:
    """Keys of the agreed CA, of an impostor with the same name, and of the agency."""
    return {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("ca", "impostor", "leaf")}


def certified(issuer: rsa.RSAPrivateKey, key: object, *names: str, **extensions: bool) -> x509.Certificate:
    """Issue a certificate for these common names, by the CA's name and this key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CA_NAME)]))
        .public_key(key)  # type: ignore[arg-type]  # RSA or EC, as the test likes
        .serial_number(1)
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(hours=1))
    )
    if "is_ca" in extensions:
        builder = builder.add_extension(x509.BasicConstraints(extensions["is_ca"], None), critical=True)
    if "signs" in extensions:
        usage = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only",
             "decipher_only"), False)  # fmt: skip
        signs = x509.KeyUsage(digital_signature=extensions["signs"], key_encipherment=True, **usage)
        builder = builder.add_extension(signs, critical=True)
    return builder.sign(issuer, SHA256())


def judge(certificate: x509.Certificate, keys: Keys) -> None:
    ca = certified(keys["ca"], keys["ca"].public_key(), CA_NAME, is_ca=True)
    trusted(certificate.public_bytes(Encoding.DER), ca, PEER, NOW)


def test_a_certificate_of_the_agreed_ca_is_trusted(keys: Keys) -> None:
    """With the usage that it needs, or without a word about usage."""
    judge(certified(keys["ca"], keys["leaf"].public_key(), PEER, is_ca=False, signs=True), keys)
    judge(certified(keys["ca"], keys["leaf"].public_key(), PEER), keys)


def test_an_impostor_with_the_right_names_is_not_trusted(keys: Keys) -> None:
    """Another CA that calls itself by the agreed one's name, and certifies the agency's."""
    with pytest.raises(BadReplyError, match="not of the agreed CA"):
        judge(certified(keys["impostor"], keys["leaf"].public_key(), PEER, is_ca=False, signs=True), keys)


def test_what_may_not_sign_is_not_trusted(keys: Keys) -> None:
    """A CA's certificate, one for encryption only, a short key, another kind of key."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()  # noqa: S505 - that is the point
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    wrong = [
        certified(keys["ca"], keys["leaf"].public_key(), PEER, is_ca=True),
        certified(keys["ca"], keys["leaf"].public_key(), PEER, signs=False),
        certified(keys["ca"], short, PEER),
        certified(keys["ca"], curve, PEER),
    ]
    for certificate in wrong:
        with pytest.raises(BadReplyError, match="may not sign"):
            judge(certificate, keys)


@pytest.mark.parametrize("names", [(), ("other",), (PEER, "other"), (PEER, PEER), ("agency ",)])
def test_only_one_name_counts(names: tuple[str, ...], keys: Keys) -> None:
    """The subject has the agreed common name, and no other beside it."""
    with pytest.raises(BadReplyError, match="somebody else's"):
        judge(certified(keys["ca"], keys["leaf"].public_key(), *names), keys)
