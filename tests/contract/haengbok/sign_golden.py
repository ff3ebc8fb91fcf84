"""Sign the golden messages anew, with keys that nobody keeps: `python tests/contract/haengbok/sign_golden.py`.

Needed only when a golden message changes; the tests read what it wrote.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "unit" / "mocks"))

from haengbok_wire import HandSigner, to_bytes  # noqa: E402 - it lies with the tests of the mock

SIGNED_AT = datetime(2025, 1, 15, tzinfo=UTC)
VALID = datetime(2025, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certify(subject: str, key: rsa.RSAPrivateKey, ca_key: rsa.RSAPrivateKey, *, is_ca: bool) -> bytes:
    """Return the PEM of a certificate of the golden CA."""
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name("naru TEST golden CA"))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(VALID[0]).not_valid_after(VALID[1])
    builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def make_signer(who: str, ca_key: rsa.RSAPrivateKey, folder: Path) -> HandSigner:
    """Make a key that lives in `folder` only, write its certificate beside the signed messages."""
    key = rsa.generate_private_key(65537, 2048)
    (HERE / "signed" / f"{who}.pem").write_bytes(certify(f"naru TEST {who}", key, ca_key, is_ca=False))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(pem)
    return HandSigner(HERE / "signed" / f"{who}.pem", folder / "key")


def main() -> None:
    ca_key = rsa.generate_private_key(65537, 2048)
    (HERE / "signed" / "ca.pem").write_bytes(certify("naru TEST golden CA", ca_key, ca_key, is_ca=True))
    with tempfile.TemporaryDirectory() as folder:
        for kind, who in (("request", "hub-signing"), ("reply", "haengbok-signing")):
            signer = make_signer(who, ca_key, Path(folder))
            for path in HERE.glob(f"*.{kind}.xml"):
                text = path.read_text(encoding="utf-8").partition("?>")[2].lstrip()
                (HERE / "signed" / path.name).write_bytes(to_bytes(signer.sign(text, now=SIGNED_AT)))


if __name__ == "__main__":
    main()
