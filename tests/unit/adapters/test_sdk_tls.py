"""TLS with a certificate of our own: what the context insists on, and which file is at fault when it cannot be made."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from adapters.sdk import MisconfiguredError, client_tls
from mocks.kit.pki import Certificates


def made(certificates: Certificates, **more: Path | str) -> ssl.SSLContext:
    files = {
        "ca": certificates.ca,
        "certificate": certificates.certificate("hub-client"),
        "key": certificates.key("hub-client"),
    }
    return client_tls(**{**files, **more})  # type: ignore[arg-type]  # paths, and a password


@pytest.fixture
def encrypted(certificates: Certificates, tmp_path: Path) -> Path:
    """Return our key under a password."""
    key = load_pem_private_key(certificates.key("hub-client").read_bytes(), None)
    path = tmp_path / "encrypted.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame")))
    return path


def test_nothing_is_waived(certificates: Certificates) -> None:
    """The server's chain and name are checked, one CA is trusted, and nothing older than TLS 1.2 is spoken."""
    context = made(certificates)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (context.minimum_version, len(context.get_ca_certs())) == (ssl.TLSVersion.TLSv1_2, 1)


def test_a_key_may_be_under_a_password(certificates: Certificates, encrypted: Path) -> None:
    """With the right one it opens; nobody is asked at a terminal."""
    assert made(certificates, key=encrypted, key_password="sesame").cert_store_stats()["x509_ca"] == 1
    for password in ("", "open", "x" * 2000):
        with pytest.raises(MisconfiguredError, match="password is wrong") as caught:
            made(certificates, key=encrypted, key_password=password)
        assert password == "" or password not in str(caught.value)


@pytest.mark.parametrize(
    ("role", "name", "told"),
    [
        ("ca", "nowhere.pem", "`ca`"),
        ("ca", "hub-client.key", "`ca`"),
        ("certificate", "nowhere.pem", "`certificate` and `key`"),
        ("certificate", "hub-signing.pem", "`certificate` and `key`"),
        ("key", "nowhere.key", "`certificate` and `key`"),
        ("key", "ca.pem", "`certificate` and `key`"),
    ],
)
def test_a_wrong_file_is_named_by_its_role(certificates: Certificates, role: str, name: str, told: str) -> None:
    """Missing, of another kind, of another pair: a person must mend it; the text holds no path and no content."""
    with pytest.raises(MisconfiguredError, match=told) as caught:
        made(certificates, **{role: certificates.folder / name})
    assert (str(certificates.folder) in str(caught.value), caught.value.__cause__) == (False, None)
