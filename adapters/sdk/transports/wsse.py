"""WS-Security with X.509 for a client: signs requests, checks answers. Our own, since zeep's is unsafe.

Profile: Timestamp, BinarySecurityToken, header block and Body signed by `wsu:Id`; RSA-SHA256, exclusive C14N. The
digests are taken of the very elements of the `SoapMessage` that is then read: no reference is ever resolved.
Assumed: see `schemas/agencies/haengbok/README.md`. This is not GPKI. Why not xmlsec: `docs/decisions/0006`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from lxml import etree

from adapters.sdk.errors import BadReplyError, MisconfiguredError
from adapters.sdk.kst import utc_now
from adapters.sdk.transports.soap_envelope import SOAP, WSSE, SoapMessage
from adapters.sdk.transports.wsse_parts import (
    BASE64,
    DS,
    WSU,
    X509,
    signature_text,
    signed_info_text,
    timestamp_text,
    token_text,
)
from adapters.sdk.transports.x509_trust import trusted

_ID = f"{{{WSU}}}Id"
_LIFETIME = timedelta(seconds=300)
_SKEW = timedelta(seconds=60)
_UUID_ID = re.compile(r"id-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ENVELOPE = f'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Header>'.encode()
_SECURITY = f'<wsse:Security xmlns:soap="{SOAP}" xmlns:wsse="{WSSE}" soap:mustUnderstand="1">'.encode()
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)


class WsSecurity:
    """Signs with our key and checks with the agency's CA. Keys are loaded once, here.

    Args:
        certificate: our certificate, PEM.
        key: its private key, PEM, RSA of 2048 bits or more.
        ca: the CA that issues the agency's certificate directly, PEM.
        peer: the common name (CN) of the agency's signing certificate.
        key_password: of the key, if it is encrypted.
        now: the wall clock, aware; never a virtual one.

    Raises:
        MisconfiguredError: a file cannot be read, or the key is not the certificate's. The text names the role of
            the file, never what it holds.
    """

    def __init__(
        self,
        *,
        certificate: Path,
        key: Path,
        ca: Path,
        peer: str,
        key_password: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        own = _load_certificate(certificate, "certificate")
        self._key = _load_key(key, key_password, own)
        self._token = base64.b64encode(own.public_bytes(Encoding.DER)).decode("ascii")
        self._ca = _load_certificate(ca, "ca")
        self._peer = peer
        self._now = now

    def sign(self, message: SoapMessage) -> bytes:
        """Return the message as bytes, with a Security header. Every attempt signs a new message."""
        now = self._now().astimezone(UTC)
        blocks = [] if message.block is None else [message.block]
        timestamp, token, *names = (f"id-{uuid.uuid4()}" for _ in range(3 + len(blocks)))
        texts = [
            timestamp_text(timestamp, _instant(now), _instant(now + _LIFETIME)).encode(),
            token_text(token, self._token).encode(),
        ]
        for name, part in zip(names, [*blocks, message.body], strict=True):
            part.set(_ID, name)
            texts.append(_canonical(part))
        digests = [_base64(hashlib.sha256(text).digest()) for text in texts]
        signed_info = signed_info_text(zip((timestamp, token, *names), digests, strict=True))
        value = _base64(self._key.sign(signed_info.encode(), PKCS1v15(), SHA256()))
        signature = signature_text(signed_info, value, token).encode()
        security = (_SECURITY, *texts[:2], signature, b"</wsse:Security>")
        return b"".join((_ENVELOPE, *security, *texts[2:-1], b"</soap:Header>", texts[-1], b"</soap:Envelope>"))

    def check(self, message: SoapMessage) -> None:
        """Return if header block and Body of `message` are what the agency signed just now.

        Raises:
            BadReplyError: no signature, or any breach of the profile; who answered is not known.
        """
        now = self._now()
        timestamp, token, signature = _children(message)
        parts = [timestamp, token, message.body] + ([] if message.block is None else [message.block])
        ids = [part.get(_ID, "") for part in parts]
        _check_ids(message.root, ids)
        _check_signature_form(signature, ids, token.get(_ID, ""))
        _check_times(timestamp, now)
        key = trusted(_decoded(token), self._ca, self._peer, now)
        signed_info, value, _ = signature
        for reference in signed_info[2:]:
            part = parts[ids.index(reference.get("URI", "")[1:])]
            if not hmac.compare_digest(_bytes_in(reference[2]), _digest(part)):
                raise BadReplyError("the answer was changed after it was signed")
        try:
            key.verify(_bytes_in(value), _canonical(signed_info), PKCS1v15(), SHA256())
        except InvalidSignature:
            raise BadReplyError("the answer's signature does not hold") from None


def _canonical(element: etree._Element) -> bytes:
    try:
        return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError:
        raise BadReplyError("the answer has no canonical form") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _digest(element: etree._Element) -> bytes:
    return hashlib.sha256(_canonical(element)).digest()


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _load_certificate(path: Path, role: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MisconfiguredError(
            f"the file of `{role}` holds no readable certificate ({type(error).__name__})"
        ) from None


def _load_key(path: Path, password: str | None, certificate: x509.Certificate) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password.encode() if password else None)
    except (OSError, ValueError, TypeError) as error:
        raise MisconfiguredError(f"the file of `key` holds no readable key ({type(error).__name__})") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    theirs = certificate.public_key().public_bytes(*form)
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key().public_bytes(*form) != theirs:
        raise MisconfiguredError("the key is not the certificate's, or no RSA key")
    return key


def _children(message: SoapMessage) -> tuple[etree._Element, etree._Element, etree._Element]:
    security = message.security
    if security is None:
        raise BadReplyError("the answer is not signed")
    wanted = [f"{{{WSU}}}Timestamp", f"{{{WSSE}}}BinarySecurityToken", f"{{{DS}}}Signature"]
    if [child.tag for child in security] != wanted or dict(security.attrib) != {f"{{{SOAP}}}mustUnderstand": "1"}:
        raise BadReplyError("the answer's Security header is not of the agreed form")
    if sum(1 for _ in message.root.iter(f"{{{DS}}}Signature")) != 1:
        raise BadReplyError("the answer holds a second signature")
    timestamp, token, signature = security
    return timestamp, token, signature


def _check_ids(root: etree._Element, ids: Sequence[str]) -> None:
    """Refuse ids of another form, and any id that stands twice under whatever name: it would mean two things."""
    every = [
        str(value)
        for element in root.iter()
        for name, value in element.items()
        if str(name).rpartition("}")[2].lower() == "id"
    ]
    if not all(map(_UUID_ID.fullmatch, ids)) or len(set(every)) != len(every):
        raise BadReplyError("the answer's ids are not unique, or not of the agreed form")


def _check_signature_form(signature: etree._Element, ids: Sequence[str], token_id: str) -> None:
    """Refuse any algorithm, transform, reference or key hint but the agreed ones, and any element beside them."""
    uris = [str(reference.get("URI")) for reference in signature.iter(f"{{{DS}}}Reference")]
    if sorted(uris) != sorted(f"#{name}" for name in ids):
        raise BadReplyError("the answer's signature covers other parts than the agreed ones")
    hint = signature.find(f"{{{DS}}}KeyInfo/{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference")
    if _outline(signature) != _agreed_outline(len(ids)) or hint is None or hint.get("URI") != f"#{token_id}":
        raise BadReplyError("the answer's signature is not of the agreed form")


@cache
def _agreed_outline(parts: int) -> list[_Line]:
    return _outline(etree.fromstring(signature_text(signed_info_text([("", "")] * parts), "", "")))


_Line = tuple[object, int, dict[object, object]]


def _outline(signature: etree._Element) -> list[_Line]:
    """List every element as name, number of children and attributes but URI, in document order: only one tree has it.

    Texts are left out.
    """
    return [
        (element.tag, len(element), {name: value for name, value in element.items() if name != "URI"})
        for element in signature.iter()
    ]


def _decoded(token: etree._Element) -> bytes:
    if token.get("EncodingType") != BASE64 or token.get("ValueType") != X509 or len(token):
        raise BadReplyError("the answer's certificate token is not of the agreed form")
    return _bytes_in(token)


def _bytes_in(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadReplyError("the answer's signature holds what is no Base64") from None


def _check_times(timestamp: etree._Element, now: datetime) -> None:
    texts = [child.text or "" for child in timestamp if not len(child)]
    if [child.tag for child in timestamp] != [f"{{{WSU}}}Created", f"{{{WSU}}}Expires"]:
        raise BadReplyError("the answer's Timestamp is not of the agreed form")
    if not all(map(_INSTANT.fullmatch, texts)):
        raise BadReplyError("the answer's Timestamp holds no instants")
    try:
        created, expires = (datetime.fromisoformat(text) for text in texts)
    except ValueError:
        raise BadReplyError("the answer's Timestamp holds no instants") from None
    if not (created <= now + _SKEW and now < expires and timedelta(0) < expires - created <= _LIFETIME):
        raise BadReplyError("the answer is stale, or from the future: compare the clocks")
