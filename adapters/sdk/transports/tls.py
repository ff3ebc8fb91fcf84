"""TLS contexts for agencies that ask who we are (mTLS). What a broken handshake means is each transport's matter."""

from __future__ import annotations

import ssl
from pathlib import Path

from adapters.sdk.errors import MisconfiguredError


def client_tls(*, ca: Path, certificate: Path, key: Path, key_password: str = "") -> ssl.SSLContext:
    """Return a context that trusts `ca` alone, checks the host's name, and shows our certificate. TLS 1.2 or newer.

    Args:
        ca: the CA that issues the agency's server certificate, PEM.
        certificate: our certificate with its chain, PEM.
        key: its private key, PEM.
        key_password: the key's password, if it is encrypted.

    Raises:
        MisconfiguredError: a file cannot be read, or the key is not the certificate's. The text names the role of the
            file, never what it holds.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks chain and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca)
    except OSError as error:
        raise MisconfiguredError(f"the file of `ca` holds no readable certificate ({type(error).__name__})") from None
    try:
        # A function, even for an empty password: without one OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key, password=lambda: key_password)
    except (OSError, ValueError) as error:
        raise MisconfiguredError(
            "the files of `certificate` and `key` hold no pair that fits, or the key's password is wrong "
            f"({type(error).__name__})"
        ) from None
    return context
