from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mocks.kit import pki
from mocks.kit.pki import Certificates, make_certificates

NAMES = ("hub-signing", "haengbok-signing", "tls-server", "hub-client", "foreign-signing")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_the_keys_are_private(made: Certificates) -> None:
    """0700 for the folder, 0600 for every key; the CA's key is kept nowhere."""
    assert (0o700, {0o600}) == (mode(made.folder), {mode(made.key(name)) for name in NAMES})
    assert not made.key("ca").exists()


@pytest.mark.parametrize("name", NAMES)
def test_each_certificate_is_signed_by_its_ca_and_fits_its_key(made: Certificates, name: str) -> None:
    """The chain holds, the key is the certificate's, and the name says TEST."""
    ca = load(made.certificate("foreign-ca") if name.startswith("foreign") else made.ca)
    certificate = load(made.certificate(name))
    certificate.verify_directly_issued_by(ca)
    key = load_pem_private_key(made.key(name).read_bytes(), None)
    assert (certificate.public_key(), True) == (key.public_key(), "TEST" in certificate.subject.rfc4514_string())


def test_the_foreign_certificate_is_not_ours(made: Certificates) -> None:
    """The CA that mocks and hub trust did not sign the foreign one."""
    with pytest.raises(ValueError, match=r"[Ii]ssuer"):
        load(made.certificate("foreign-signing")).verify_directly_issued_by(load(made.ca))


def test_a_second_call_changes_nothing(made: Certificates) -> None:
    """A complete set is left as it is."""
    before = made.ca.read_bytes()
    make_certificates(made.folder)
    assert before == made.ca.read_bytes()


def test_an_incomplete_set_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leftovers of an interrupted run are replaced by a whole set, also one that another process made meanwhile."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    (folder / "ca.pem").write_text("half")
    made = make_certificates(folder)
    assert load(made.ca).not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    # Another process that is a moment later: it finds the folder in place when it wants to move its own there.
    answers = iter([False, True, True])
    monkeypatch.setattr(pki, "_is_good", lambda _made: next(answers))
    monkeypatch.setattr(pki, "_make_set", lambda _folder: None)
    before = made.ca.read_bytes()
    assert before == make_certificates(folder).ca.read_bytes()
    assert [folder] == list(tmp_path.iterdir())
