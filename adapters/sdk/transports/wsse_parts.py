"""The parts of a WS-Security header as texts that are their own exclusive C14N: what is digested is what is sent.

The whole profile but keys, digests and times stands here to be read. Every function returns the canonical form of one
element (namespaces in order, then attributes in order, no empty-element tags), so that nothing has to be parsed and
canonicalised to be signed; that it is canonical, a test checks with lxml.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.sdk.transports.soap_envelope import WSSE

WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
X509 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def timestamp_text(name: str, created: str, expires: str) -> str:
    """Write `wsu:Timestamp` with this id."""
    return (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="{name}"><wsu:Created>{created}</wsu:Created>'
        f"<wsu:Expires>{expires}</wsu:Expires></wsu:Timestamp>"
    )


def token_text(name: str, certificate: str) -> str:
    """Write `wsse:BinarySecurityToken` with this id; the certificate is Base64 of its DER."""
    return (
        f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" EncodingType="{BASE64}" ValueType="{X509}" '
        f'wsu:Id="{name}">{certificate}</wsse:BinarySecurityToken>'
    )


def signed_info_text(digests: Iterable[tuple[str, str]]) -> str:
    """Write `ds:SignedInfo` over these parts: pairs of id and Base64 of its SHA-256."""
    references = "".join(
        f'<ds:Reference URI="#{name}"><ds:Transforms><ds:Transform Algorithm="{_C14N}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>'
        "</ds:Reference>"
        for name, digest in digests
    )
    return (
        f'<ds:SignedInfo xmlns:ds="{DS}">'
        f'<ds:CanonicalizationMethod Algorithm="{_C14N}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{_RSA_SHA256}"></ds:SignatureMethod>{references}</ds:SignedInfo>'
    )


def signature_text(signed_info: str, value: str, token: str) -> str:
    """Write `ds:Signature`: its value is Base64, `token` the id of the token whose key made it."""
    return (
        f'<ds:Signature xmlns:ds="{DS}">{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo>'
        f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}"><wsse:Reference URI="#{token}" ValueType="{X509}">'
        "</wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature>"
    )
