from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from adapters.sdk import BadReplyError
from adapters.sdk.transports.soap import FaultSide, side_of
from adapters.sdk.transports.wsse import _canonical
from adapters.sdk.transports.x509_trust import trusted

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "side"),
    [
        ("<faultcode>soap:Client</faultcode>", FaultSide.CLIENT),
        ("<faultcode>soap:Client.Late</faultcode>", FaultSide.CLIENT),
        ('<faultcode xmlns:soap="urn:q">soap:Client</faultcode>', FaultSide.SERVER),
        (f'<faultcode xmlns:ag="{SOAP}">ag:Client</faultcode>', FaultSide.SERVER),
        ("<faultcode>Client</faultcode>", FaultSide.SERVER),
    ],
)
def test_a_prefix_that_no_signature_covers_gives_no_code_its_meaning(code: str, side: FaultSide) -> None:
    """Whoever binds a prefix anew on the way cannot turn "we broke down" into "we took nothing", nor back."""
    fault = etree.fromstring(f'<soap:Fault xmlns:soap="{SOAP}">{code}</soap:Fault>')
    assert side_of(fault) is side


def test_an_answer_without_a_canonical_form_is_a_bad_reply() -> None:
    """A namespace that is no address, put in on the way, is refused like any other change."""
    with pytest.raises(BadReplyError, match="canonical"):
        _canonical(etree.fromstring('<a xmlns:zz="../zz"/>'))


def test_a_certificate_of_no_known_version_is_a_bad_reply() -> None:
    """A token is not signed itself: whatever bytes stand there, they are judged, not stumbled over."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "naru TEST")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    ca = made.sign(key, hashes.SHA256())
    der = ca.public_bytes(serialization.Encoding.DER)
    odd = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020105"), 1)
    assert odd != der
    with pytest.raises(BadReplyError, match="agreed CA"):
        trusted(odd, ca, "naru TEST", NOW)
