"""TLS with a certificate of our own: what the context insists on, and which file is at fault when it cannot be made."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from raw_wire import Decisions

from adapters.sdk import Gate, HttpEndpoint, HttpWire, MisconfiguredError, client_tls
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


@contextmanager
def picky_server(certificates: Certificates, version: ssl.TLSVersion) -> Iterator[str]:
    """Serve one connection that must show a certificate of the test CA; asyncio's servers would send no alert."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca)
    context.load_cert_chain(certificates.certificate("tls-server"), certificates.key("tls-server"))
    context.verify_mode, context.minimum_version, context.maximum_version = ssl.CERT_REQUIRED, version, version
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            with suppress(OSError):
                caller, _ = listener.accept()
                with context.wrap_socket(caller, server_side=True, do_handshake_on_connect=False) as inside:
                    try:
                        inside.do_handshake()
                        inside.recv(65536)
                        inside.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
                    except ssl.SSLError:  # the alert is out; whoever closes over unread bytes resets, and it is lost
                        while super(ssl.SSLSocket, inside).recv(65536):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_does_not_accept_us(
    certificates: Certificates, gate: Gate, decisions: Decisions, version: ssl.TLSVersion
) -> None:
    """A person must mend it, also over TLS 1.3, where the request has left by then and nobody reads it."""
    for name, accepted in (("hub-client", True), ("foreign-signing", False)):
        tls = made(certificates, certificate=certificates.certificate(name), key=certificates.key(name))
        with picky_server(certificates, version) as url:
            wire = HttpWire("haengbok", gate, HttpEndpoint(url, 5, 1024, tls=tls))
            calling = asyncio.ensure_future(wire.send(decisions.disclose(), "POST", "/a", body=b"x"))
            if accepted:
                assert (await calling).body == b"fine"
            else:
                with pytest.raises(MisconfiguredError, match="does not accept our certificate"):
                    await calling
            await wire.aclose()
