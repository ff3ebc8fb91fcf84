"""SOAP clients that are not ours load the mock's WSDL from a running server, submit, query, and read its faults."""

from __future__ import annotations

from typing import Any

import pytest
from soap_clients import SoapClient, a_call

from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

pytestmark = pytest.mark.slow

KEY = "2501150900000000000000001"
PERSON = {
    "linkReqNo": KEY,
    "reqKindCd": "01",
    "svcCd": "BSLF00",
    "tgtrNm": "똠방각하",
    "tgtrRrn": "9001011000000",
    "tgtrBrthYmd": "19900101",
    "sexCd": "1",
    "telNo": "01000000001",
    "zipNo": "11774",
    "rnAdr": "경기도 의정부시 시민로 1",
    "rnDtlAdr": '101동 <뷁> & "쀍" 102호',
    "lgdngCd": "4115010100",
    "hshdMbCnt": "2",
    "incmAmt": "900000",
    "mdnIncmRt": "45.5",
    "dbtTotAmt": "12000000",
    "reqOpnn": "실직 후 채무가 늘어 생계가 어려움.\n똠방각하 펲시콜라 – ‘긴급’",
    "urgYn": "N",
    "reqDeptCd": "6410000",
    "reqUsrNm": "김나루",
    "reqTelNo": "0310000000",
    "cnslDt": "20250114",
    "reqDt": "20250115",
}
"""An obviously fake client, with every field of `register`."""
ELIGIBILITY = {"ReqOrgCd": "6410000", "ReqBizCd": "A1", "TGTR_RRN": "9001011000000", "TGTR_NM": "똠방각하"}
OPERATIONS = {"getReductionBscLivYn", "register", "find", "result", "withdraw", "supplement"}

CALLERS = [
    SoapClient(runtime, script, version)
    for runtime, script in (("php", "php_soap.php"), ("node", "node_soap.mjs"), ("node", "strong_soap.cjs"))
    for version in ("1.1", "1.2")
]
SIGNERS = [SoapClient("node", "node_soap.mjs", version, signs=True) for version in ("1.1", "1.2")]


class Line:
    """A client and the mock that it calls: unsigned, or the default one if the client signs for itself."""

    def __init__(self, client: SoapClient, mocks: MockServer, certificates: Certificates) -> None:
        self.client = client
        self.counter = mocks.counters["haengbok"]
        self._mocks = mocks
        self._keys = certificates if client.signs else None

    async def call(self, *calls: dict[str, Any], signer: str = "hub-signing") -> dict[str, Any]:
        return await self.client.call(self._mocks, *calls, certificates=self._keys, signer=signer)

    async def ask(self, operation: str, fields: dict[str, str]) -> dict[str, Any]:
        """Return the reply to one call."""
        reply: dict[str, Any] = (await self.call(a_call(operation, fields)))["answers"][0]["reply"]
        return reply


@pytest.fixture(params=[*CALLERS, *SIGNERS], ids=str)
def line(request: pytest.FixtureRequest, signed: MockServer, unsigned: MockServer, certificates: Certificates) -> Line:
    client: SoapClient = request.param
    return Line(client, signed if client.signs else unsigned, certificates)


async def test_a_foreign_client_submits_and_queries(line: Line) -> None:
    """It finds all operations in the WSDL and its imports; every Korean letter arrives, and comes back, as it was."""
    told = await line.call(
        a_call("getReductionBscLivYn", ELIGIBILITY), a_call("register", PERSON), a_call("find", {"linkReqNo": KEY})
    )
    verified, registered, found = (answer["reply"] for answer in told["answers"])
    (heard,) = {answer["header"]["userName"] for answer in told["answers"]}
    receipt = registered["rcptNo"]
    order = {"receipt": receipt, "to": "supplement", "text": "임대차계약서 똠방각하", "department": "뷁통합조사팀"}
    line.counter.mock.advance(order | {"due": "20250131"})
    result = await line.ask("result", {"rcptNo": receipt})
    last = result["rslt"][-1]

    assert set(told["operations"]) == OPERATIONS
    assert (verified["TGTR_NM"], verified["FCT_YN"], verified["BSLF01_YN"], heard) == ("똠방각하", "Y", "Y", "똠방각하")
    assert (registered["rtnMsg"], registered["linkReqNo"], registered["procStcd"]) == ("정상", KEY, "01")
    assert (found["totCnt"], [row["rcptNo"] for row in found["rcpt"]]) == ("1", [receipt])
    assert (result["tgtrNm"], result["tgtrRrn"], result["telNo"]) == ("똠**하", "9001011******", "010****0001")
    assert (last["procStcd"], last["rsltCn"], last["chrgDeptNm"]) == ("05", order["text"], order["department"])
    assert _told_acts(line) == [
        ("verify", "", _digests(line, ELIGIBILITY)),
        ("register", KEY, _digests(line, PERSON)),
    ]


async def test_a_foreign_client_reads_why(line: Line) -> None:
    """A business refusal is a reply; a fault has a code, a Korean text and a typed detail; none of them is an act."""
    used = "2025011509000000099999999"
    told = await line.call(
        a_call("register", PERSON | {"tgtrNm": "나성명"}),
        a_call("find", {"linkReqNo": KEY}, userDeptCode="1234567"),
        a_call("register", PERSON | {"svcCd": "BSLF99"}),
        a_call("find", {"linkReqNo": KEY}, transactionUniqueId=used),
        a_call("register", PERSON, transactionUniqueId=used),
    )
    refused, *others = told["answers"]
    faults = [answer["fault"] for answer in (others[0], others[1], others[3])]

    assert (refused["reply"]["rtnCd"], refused["reply"]["rtnMsg"]) == ("R001", "성명오류")
    assert [(fault["code"], fault["detail"]["errCd"], fault["detail"]["errFld"]) for fault in faults] == [
        (line.client.blames, "E201", "userDeptCode"),
        (line.client.blames, "E002", "svcCd"),
        (line.client.blames, "E202", "transactionUniqueId"),
    ]
    assert [fault["text"] for fault in faults] == [fault["detail"]["errMsg"] for fault in faults]
    assert faults[0]["text"] == "등록되지 않은 기관코드입니다"
    assert _told_acts(line) == []


@pytest.mark.parametrize("client", CALLERS, ids=str)
async def test_who_does_not_sign_reads_the_signed_fault(
    client: SoapClient, signed: MockServer, certificates: Certificates
) -> None:
    """By default the mock refuses what nobody signed, and even its signed fault is read by every client."""
    line = Line(client, signed, certificates)
    told = await line.call(a_call("register", PERSON))
    fault = told["answers"][0]["fault"]

    assert (fault["code"], fault["detail"]["errCd"], fault["detail"]["errFld"]) == (client.blames, "E101", "Security")
    assert _told_acts(line) == []


@pytest.mark.parametrize("client", SIGNERS, ids=str)
async def test_a_foreign_signature_has_to_be_of_the_test_ca(
    client: SoapClient, signed: MockServer, certificates: Certificates
) -> None:
    """What a foreign client signs with a certificate of another CA is refused."""
    line = Line(client, signed, certificates)
    told = await line.call(a_call("register", PERSON), signer="foreign-signing")
    fault = told["answers"][0]["fault"]

    assert (fault["detail"]["errCd"], fault["detail"]["errFld"]) == ("E103", "BinarySecurityToken")
    assert _told_acts(line) == []


def _told_acts(line: Line) -> list[tuple[str, str, dict[str, str]]]:
    return [(act.operation, act.key, dict(act.fields)) for act in line.counter.desk.ledger.acts]


def _digests(line: Line, fields: dict[str, str]) -> dict[str, str]:
    return {name: line.counter.desk.ledger.digest(value) for name, value in fields.items()}
