"""A hand-made caller of the mock haengbok: plain text messages, signed with hashlib and a key, without xmlsec.

It shares nothing with the mock but the written profile, so that a misreading on either side shows.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from mocks.kit.agency import Reply, Request

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
TYPES = "http://ccais.mopas.go.kr/dh/rid/services/swsdn/ReductionBscLivYn/types"
REFERRAL = "urn:naru:haengbok:referral:1"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
MESSAGE_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
X509_V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
KEY = "2501150900000000000000001"
GOLDEN = Path(__file__).parents[2] / "contract" / "haengbok"

_serial = itertools.count(1)

PERSON = {
    "linkReqNo": KEY,
    "reqKindCd": "01",
    "svcCd": "BSLF00",
    "tgtrNm": "홍길동",
    "tgtrRrn": "9001011000000",
    "tgtrBrthYmd": "19900101",
    "sexCd": "1",
    "telNo": "01000000001",
    "zipNo": "11774",
    "rnAdr": "경기도 의정부시 시민로 1",
    "rnDtlAdr": "101동 똠방각하호",
    "lgdngCd": "4115010100",
    "hshdMbCnt": "2",
    "incmAmt": "900000",
    "mdnIncmRt": "45",
    "dbtTotAmt": "",
    "reqOpnn": "실직 후 채무가 늘어 생계가 어려움. 똠방각하 뷁",
    "urgYn": "N",
    "reqDeptCd": "6410000",
    "reqUsrNm": "김나루",
    "reqTelNo": "0310000000",
    "cnslDt": "20250114",
    "reqDt": "20250115",
}
"""An obviously fake client, as `register` carries them."""


def next_transaction() -> str:
    """Return a 25-digit transactionUniqueId that was not used before in this run."""
    return f"20250115090000000{next(_serial):08d}"


def message(
    operation: str,
    fields: dict[str, str],
    *,
    transaction: str | None = None,
    department: str = "6410000",
    version: str = SOAP,
) -> str:
    """Return an unsigned request as text."""
    namespace, service = REFERRAL, "ReferralService"
    if operation == "getReductionBscLivYn":
        namespace, service = TYPES, "ReductionBscLivYnService"
    body = "".join(f"<{name}>{value}</{name}>" if value else f"<{name}/>" for name, value in fields.items())
    return (
        f'<soap:Envelope xmlns:soap="{version}"><soap:Header><commonHeader xmlns="{namespace}">'
        f"<serviceName>{service}</serviceName><useSystemCode>NARUHUB01</useSystemCode>"
        f"<certServerId>SVR6410000001</certServerId>"
        f"<transactionUniqueId>{transaction or next_transaction()}</transactionUniqueId>"
        f"<userDeptCode>{department}</userDeptCode><userName>김나루</userName></commonHeader></soap:Header>"
        f'<soap:Body><{operation} xmlns="{namespace}">{body}</{operation}></soap:Body></soap:Envelope>'
    )


class HandSigner:
    """Signs messages by the profile; each keyword makes one thing wrong."""

    def __init__(self, certificate: Path, key: Path) -> None:
        der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(serialization.Encoding.DER)
        self.token = base64.b64encode(der).decode()
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        self.key = loaded

    def sign(
        self,
        text: str,
        *,
        now: datetime | None = None,
        lifetime: float = 300,
        leave_out: str = "",
        sha1: bool = False,
    ) -> etree._Element:
        """Return the signed envelope. `leave_out` is the local name of a part that is not signed."""
        root = etree.fromstring(text)
        version = etree.QName(root).namespace
        header, body = root.find(f"{{{version}}}Header"), root.find(f"{{{version}}}Body")
        assert header is not None
        assert body is not None
        security = self._security(str(version), now or datetime.now(UTC), lifetime)
        header.insert(0, security)
        parts = [*security, *(block for block in header if block is not security), body]
        for part in parts:
            part.set(f"{{{WSU}}}Id", f"id-{uuid.uuid4()}")
        signed = [part for part in parts if etree.QName(part).localname != leave_out]
        security.append(etree.fromstring(self._signature(signed, _id_of(security[1]), sha1=sha1)))
        return root

    def _security(self, version: str, created: datetime, lifetime: float) -> etree._Element:
        instants = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in (created, created + timedelta(seconds=lifetime))]
        return etree.fromstring(
            f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" xmlns:soap="{version}" soap:mustUnderstand="1">'
            f"<wsu:Timestamp><wsu:Created>{instants[0]}</wsu:Created><wsu:Expires>{instants[1]}</wsu:Expires>"
            f'</wsu:Timestamp><wsse:BinarySecurityToken EncodingType="{MESSAGE_SECURITY}#Base64Binary" '
            f'ValueType="{X509_V3}">{self.token}</wsse:BinarySecurityToken></wsse:Security>'
        )

    def _signature(self, parts: list[etree._Element], token_id: str, *, sha1: bool) -> str:
        algorithm, digest = (SHA1, hashlib.sha1) if sha1 else (SHA256, hashlib.sha256)
        references = "".join(
            f'<ds:Reference URI="#{_id_of(part)}"><ds:Transforms><ds:Transform Algorithm="{EXC}"/>'
            f'</ds:Transforms><ds:DigestMethod Algorithm="{algorithm}"/>'
            f"<ds:DigestValue>{base64.b64encode(digest(canonical(part)).digest()).decode()}</ds:DigestValue>"
            f"</ds:Reference>"
            for part in parts
        )
        signed_info = (
            f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{EXC}"/>'
            f'<ds:SignatureMethod Algorithm="{RSA_SHA1 if sha1 else RSA_SHA256}"/>{references}</ds:SignedInfo>'
        )
        chosen = hashes.SHA1() if sha1 else hashes.SHA256()  # noqa: S303 - the weak one must be refused
        raw = self.key.sign(canonical(etree.fromstring(signed_info)), padding.PKCS1v15(), chosen)
        return (
            f'<ds:Signature xmlns:ds="{DS}">{signed_info}<ds:SignatureValue>{base64.b64encode(raw).decode()}'
            f'</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse="{WSSE}">'
            f'<wsse:Reference URI="#{token_id}" ValueType="{X509_V3}"/></wsse:SecurityTokenReference></ds:KeyInfo>'
            "</ds:Signature>"
        )


def _id_of(part: etree._Element) -> str:
    return part.get(f"{{{WSU}}}Id", "")


def to_bytes(root: etree._Element) -> bytes:
    """Return the envelope as it goes onto the wire."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def canonical(element: etree._Element) -> bytes:
    """Return the exclusive canonical form of one element, as it stands in its document."""
    alone = etree.fromstring(etree.tostring(element, with_tail=False))
    return etree.tostring(alone, method="c14n", exclusive=True, with_comments=False)


def holds(data: bytes, certificate: Path) -> dict[str, bool]:
    """Return which parts of a signed message, by local name, have the digest that the signature names.

    The signature itself is checked with `certificate` and must hold.
    """
    root = etree.fromstring(data)
    signature = root.find(f".//{{{DS}}}Signature")
    assert signature is not None
    signed_info, value = signature[0], signature[1].text or ""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    assert isinstance(loaded, rsa.RSAPublicKey)
    loaded.verify(base64.b64decode(value), canonical(signed_info), padding.PKCS1v15(), hashes.SHA256())
    found = {}
    for reference in signed_info.iterfind(f"{{{DS}}}Reference"):
        (part,) = root.xpath(f"//*[@*[local-name()='Id']='{reference.get('URI', '')[1:]}']")
        expected = base64.b64encode(hashlib.sha256(canonical(part)).digest()).decode()
        found[etree.QName(part).localname] = reference.findtext(f"{{{DS}}}DigestValue") == expected
    return found


def post(operation: str, body: bytes, *, version: str = SOAP) -> Request:
    """Return the HTTP request that carries `body` to the right address."""
    namespace_action = "" if operation == "getReductionBscLivYn" else f"{REFERRAL}/{operation}"
    path = "/referral/ReferralService" if namespace_action else "/cmc/ynservice/swsdn/ReductionBscLivYnService"
    headers = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{namespace_action}"'}
    if version == SOAP12:
        headers = {"content-type": f'application/soap+xml; charset=utf-8; action="{namespace_action}"'}
    return Request("POST", path, headers=headers, body=body)


def answer(reply: Reply) -> dict[str, str]:
    """Return the children of the Body's element of a reply by local name; `fault` holds a fault's code."""
    body = etree.fromstring(reply.body).find("{*}Body")
    assert body is not None
    payload = body[0]
    if etree.QName(payload).localname == "Fault":
        code = payload.findtext("faultcode") or payload.findtext("{*}Code/{*}Value") or ""
        detail = payload.find(f".//{{{REFERRAL}}}serviceFault")
        return {"fault": code} | ({} if detail is None else _texts(detail))
    return _texts(payload)


def rows(reply: Reply, name: str) -> list[dict[str, str]]:
    """Return the rows called `name` of a reply."""
    return [_texts(row) for row in etree.fromstring(reply.body).iter(f"{{{REFERRAL}}}{name}")]


def _texts(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: child.text or "" for child in element}
