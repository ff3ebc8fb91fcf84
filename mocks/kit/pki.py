"""A test CA and the certificates that mocks, hub and tests need, made into one folder. For tests only, and named so.

Nothing here resembles GPKI/NPKI: plain RSA-2048 X.509 (assumed, see the agencies' READMEs).
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = timedelta(days=825)
_RENEW_BEFORE = timedelta(days=7)
_PEM = serialization.Encoding.PEM
_LOCAL = x509.SubjectAlternativeName(
    [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))],
)
_LEAVES = {
    "hub-signing": None,
    "haengbok-signing": None,
    "tls-server": ExtendedKeyUsageOID.SERVER_AUTH,
    "hub-client": ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True)
class Certificates:
    """Where the certificates of one folder are. `<name>.pem` is a certificate, `<name>.key` its unencrypted PKCS#8 key.

    Signed by `ca.pem`: `hub-signing` (the hub's WS-Security certificate), `haengbok-signing` (the agency's),
    `tls-server` (127.0.0.1 and localhost), `hub-client` (mTLS). Signed by `foreign-ca.pem`, which nobody trusts:
    `foreign-signing`, for negative tests.
    """

    folder: Path

    @property
    def ca(self) -> Path:
        """The certificate of the test CA."""
        return self.folder / "ca.pem"

    def certificate(self, name: str) -> Path:
        """Return the path of the certificate called `name`."""
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        """Return the path of the private key called `name`."""
        return self.folder / f"{name}.key"


def make_certificates(folder: Path) -> Certificates:
    """Make all certificates in `folder` (0700; keys 0600), unless a complete set with a week to live is there.

    Two processes may call this at once: the set is made beside the folder and moved into place as a whole.
    """
    made = Certificates(folder)
    if _is_good(made):
        return made
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # mkdtemp makes it 0700
    try:
        _make_set(fresh)
        if folder.exists() and not _is_good(made):
            shutil.rmtree(folder)
        try:
            fresh.rename(folder)
        except OSError:
            if not _is_good(made):  # otherwise another process was faster, and its set serves as well
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return made


def _make_set(folder: Path) -> None:
    ca_name, ca_key = _name("naru TEST CA - trust nowhere"), _new_key()
    ca = _certificate(ca_name, ca_key, ca_name, ca_key, is_ca=True)
    _write(folder, "ca", ca, None)
    for leaf, usage in _LEAVES.items():
        key = _new_key()
        _write(folder, leaf, _certificate(_name(f"naru TEST {leaf}"), key, ca_name, ca_key, usage=usage), key)
    foreign_name, foreign_key = _name("naru TEST foreign CA - trusted by nobody"), _new_key()
    _write(folder, "foreign-ca", _certificate(foreign_name, foreign_key, foreign_name, foreign_key, is_ca=True), None)
    key = _new_key()
    signing = _certificate(_name("naru TEST foreign-signing"), key, foreign_name, foreign_key)
    _write(folder, "foreign-signing", signing, key)


def _is_good(made: Certificates) -> bool:
    """Tell whether every file is there and the CA lives for a while yet."""
    names = [*_LEAVES, "foreign-signing"]
    expected = [made.ca, made.certificate("foreign-ca"), *map(made.certificate, names), *map(made.key, names)]
    if not all(path.is_file() for path in expected):
        return False
    ca = x509.load_pem_x509_certificate(made.ca.read_bytes())
    return ca.not_valid_after_utc > datetime.now(UTC) + _RENEW_BEFORE


def _name(common_name: str) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "naru TEST only"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    return x509.Name(attributes)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    *,
    is_ca: bool = False,
    usage: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(_key_usage(is_ca=is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(_LOCAL, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _key_usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, name: str, certificate: x509.Certificate, key: rsa.RSAPrivateKey | None) -> None:
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(_PEM))
    if key is None:
        return
    pem = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
