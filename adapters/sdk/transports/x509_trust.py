"""Whether a signer's certificate is to be trusted: issued directly by one CA, for one name, valid now, able to sign."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.sdk.errors import BadReplyError

_SMALLEST_RSA_BITS = 2048
Kind = TypeVar("Kind", bound=x509.ExtensionType)


def trusted(der: bytes, ca: x509.Certificate, peer: str, now: datetime) -> rsa.RSAPublicKey:
    """Return the key of the certificate in `der` if it may speak for `peer` (its subject's one CN) at `now`.

    Raises:
        BadReplyError: it may not; the text says why.
    """
    certificate, key = _issued(der, ca, peer)
    if not all(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in (certificate, ca)):
        raise BadReplyError("the answer's certificate, or its CA's, is not valid now")
    return key


_UNREADABLE = (
    ValueError, TypeError, InvalidSignature, x509.InvalidVersion, x509.DuplicateExtension, UnsupportedAlgorithm,
)  # fmt: skip
"""What bytes that are no certificate of the agreed kind raise; they are not signed, so anything may stand there."""


@lru_cache(maxsize=32)
def _issued(der: bytes, ca: x509.Certificate, peer: str) -> tuple[x509.Certificate, rsa.RSAPublicKey]:
    """Check all that no clock changes; an agency signs with the same certificate for years."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(ca)
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = _signing_key(certificate)
    except _UNREADABLE:
        raise BadReplyError("the answer's certificate is not of the agreed CA") from None
    if [name.value for name in names] != [peer]:
        raise BadReplyError("the answer's certificate is somebody else's")
    if key is None:
        raise BadReplyError("the answer's certificate may not sign messages")
    return certificate, key


def _signing_key(certificate: x509.Certificate) -> rsa.RSAPublicKey | None:
    """Return an end entity's RSA key of 2048 bits or more, for digital signatures if it says for what; None if not."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA_BITS:
        return None
    usage = _extension(certificate, x509.KeyUsage)
    constraints = _extension(certificate, x509.BasicConstraints)
    signs = (usage is None or usage.digital_signature) and (constraints is None or not constraints.ca)
    return key if signs else None


def _extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
