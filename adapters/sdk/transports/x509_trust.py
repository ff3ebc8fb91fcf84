"""Whether a signer's certificate is to be trusted: issued directly by one CA, for one name, valid now, able to sign."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.sdk.errors import BadReplyError

_SMALLEST_RSA_BITS = 2048
Kind = TypeVar("Kind", bound=x509.ExtensionType)


def trusted(der: bytes, ca: x509.Certificate, peer: str, now: datetime) -> x509.Certificate:
    """Return the certificate in `der` if it may speak for `peer` (its subject's one CN) at the moment `now`.

    Raises:
        BadReplyError: it may not; the text says why.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(ca)
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        signs = _may_sign(certificate)
    except (ValueError, TypeError, InvalidSignature):
        raise BadReplyError("the answer's certificate is not of the agreed CA") from None
    if [name.value for name in names] != [peer]:
        raise BadReplyError("the answer's certificate is somebody else's")
    if not all(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in (certificate, ca)):
        raise BadReplyError("the answer's certificate, or its CA's, is not valid now")
    if not signs:
        raise BadReplyError("the answer's certificate may not sign messages")
    return certificate


def _may_sign(certificate: x509.Certificate) -> bool:
    """Tell whether it is an end entity's with RSA of 2048 bits or more, for digital signatures if it says for what."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA_BITS:
        return False
    usage = _extension(certificate, x509.KeyUsage)
    constraints = _extension(certificate, x509.BasicConstraints)
    return (usage is None or usage.digital_signature) and (constraints is None or not constraints.ca)


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
