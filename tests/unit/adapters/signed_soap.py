"""Signed replies of a made agency: what tests of the SOAP wire answer with, and take apart."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from adapters.sdk.transports.soap_envelope import SOAP, SoapMessage, parse, split
from adapters.sdk.transports.wsse import WsSecurity
from mocks.kit.pki import Certificates

CONTRACT = Path(__file__).parents[3] / "schemas" / "agencies" / "haengbok" / "haengbok.wsdl"
REFERRAL = "urn:naru:haengbok:referral:1"
TRANSACTION = "2025011509000000000000002"
NOW = datetime.now(UTC).replace(microsecond=0)  # the test certificates are made today

HEADER = {
    "serviceName": "ReferralService",
    "useSystemCode": "NARUHUB01",
    "certServerId": "SVR6410000001",
    "transactionUniqueId": TRANSACTION,
    "userDeptCode": "6410000",
    "userName": "김나루",
}
FIND = {"linkReqNo": "2501150900000000000000001"}
FOUND_NOTHING = (
    f'<findResponse xmlns="{REFERRAL}"><rtnCd>0000</rtnCd><rtnMsg>정상</rtnMsg>'
    f"<linkReqNo>{FIND['linkReqNo']}</linkReqNo><totCnt>0</totCnt></findResponse>"
)
OTHER_OPERATION = (
    f'<withdrawResponse xmlns="{REFERRAL}"><rtnCd>0000</rtnCd><rtnMsg/><rcptNo>HB202501150000001</rcptNo>'
    "<procStcd>16</procStcd><procDt/></withdrawResponse>"
)


def header_xml(transaction: str = TRANSACTION) -> str:
    values = {**HEADER, "transactionUniqueId": transaction}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f'<commonHeader xmlns="{REFERRAL}">{inner}</commonHeader>'


def fault_xml(code: str = "soap:Client", detail: str | None = "E002") -> str:
    inside = f'<detail><serviceFault xmlns="{REFERRAL}"><errCd>{detail}</errCd><errMsg/></serviceFault></detail>'
    return (
        f"<soap:Fault><faultcode>{code}</faultcode><faultstring>Fault occured</faultstring>"
        f"{inside if detail else ''}</soap:Fault>"
    )


def envelope(content: str, header: str | None = None) -> etree._Element:
    text = (
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header>{header_xml() if header is None else header}</soap:Header>'
        f"<soap:Body>{content}</soap:Body></soap:Envelope>"
    )
    return parse(text.encode())


def message(content: str, header: str | None = None) -> SoapMessage:
    return split(envelope(content, header))


def security(
    certificates: Certificates, signer: str, peer: str = "haengbok-signing", now: datetime = NOW
) -> WsSecurity:
    return WsSecurity(
        certificate=certificates.certificate(signer),
        key=certificates.key(signer),
        ca=certificates.ca,
        peer=f"naru TEST {peer}",
        now=lambda: now,
    )
