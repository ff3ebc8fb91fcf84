"""The mock haengbok as a good SOAP citizen: HTTP, envelope versions, WSDL, and what it refuses before any business."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import zeep
from haengbok_wire import KEY, PERSON, REFERRAL, SOAP, SOAP12, answer, message, post
from lxml import etree

from mocks.haengbok import HaengbokMock, operations
from mocks.haengbok.contract import ContractError
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import Desk, desk_for

FIND = {"linkReqNo": KEY}
PATH = "/referral/ReferralService"


@pytest.fixture
def desk() -> Desk:
    return desk_for("haengbok", {"unsigned": "true"})


@pytest.fixture
def mock(desk: Desk) -> HaengbokMock:
    return HaengbokMock(desk)


def find(**odd: str) -> Request:
    return post("find", message("find", FIND, **odd).encode())


def detail(reply: Reply) -> tuple[int, str, str]:
    found = answer(reply)
    return reply.status, found["fault"], found["errCd"]


class MockTransport(zeep.Transport):
    """Loads and posts through the mock itself, as a foreign client would over HTTP."""

    def __init__(self, mock: HaengbokMock) -> None:
        super().__init__()
        self.mock = mock
        self.loaded: list[str] = []

    def _ask(self, request: Request) -> Reply:
        return asyncio.run(self.mock.handle(request))

    def load(self, url: str) -> bytes:
        self.loaded.append(url)
        parts = urlsplit(url)
        reply = self._ask(Request("GET", parts.path.removeprefix("/haengbok"), parts.query))
        assert reply.status == 200
        return reply.body

    def post_xml(self, address: str, envelope: etree._Element, headers: dict[str, str]):  # noqa: ANN201 - zeep's interface
        path = urlsplit(address).path.removeprefix("/haengbok")
        lower = {name.lower(): value for name, value in headers.items()}
        reply = self._ask(Request("POST", path, headers=lower, body=etree.tostring(envelope, encoding="UTF-8")))
        return _Answer(reply)


class _Answer:
    def __init__(self, reply: Reply) -> None:
        self.status_code, self.content, self.encoding = reply.status, reply.body, "utf-8"
        self.headers = {"Content-Type": reply.content_type}


@pytest.mark.parametrize("port", ["ReferralSoap11", "ReferralSoap12"])
def test_stock_client_works_from_the_served_wsdl(mock: HaengbokMock, port: str) -> None:
    """A stock SOAP client loads ?wsdl with its imports from us alone, and registers over both SOAP versions."""
    transport = MockTransport(mock)
    client = zeep.Client(f"http://127.0.0.1/haengbok{PATH}?wsdl", transport=transport)
    header = {
        "serviceName": "ReferralService",
        "useSystemCode": "PHP",
        "certServerId": "SVR6410000001",
        "transactionUniqueId": "2025011509000000012345678",
        "userDeptCode": "6410000",
        "userName": "김나루",
    }
    service = client.bind("ReferralService", port)
    reply = service.register(**PERSON, _soapheaders={"commonHeader": header})
    assert reply.body.rtnCd == "0000" if hasattr(reply, "body") else reply.rtnCd
    assert all(url.startswith("http://127.0.0.1/haengbok") for url in transport.loaded)
    assert len(transport.loaded) == 3


async def test_wsdl_names_our_own_address(mock: HaengbokMock) -> None:
    """Every address of the served WSDL lies under the base that callers use."""
    reply = await mock.handle(Request("GET", PATH, "wsdl"))
    found = {address.get("location") for address in etree.fromstring(reply.body).iter("{*}address")}
    base = "http://127.0.0.1/haengbok"
    assert found == {f"{base}{PATH}", f"{base}/cmc/ynservice/swsdn/ReductionBscLivYnService"}


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request("GET", PATH), 405),
        (Request("PUT", PATH, headers={"content-type": "text/xml"}), 405),
        (Request("POST", "/nowhere"), 404),
        (Request("GET", PATH, "xsd=../../../pyproject.toml"), 404),
        (Request("POST", PATH, headers={"content-type": "application/json"}, body=b"{}"), 415),
        (Request("POST", PATH, body=b"<a/>"), 415),
        (Request("POST", PATH, headers={"content-type": "text/xml; charset=euc-kr"}, body=b"<a/>"), 415),
        (Request("POST", PATH, headers={"content-type": "text/xml", "content-encoding": "gzip"}, body=b"x"), 415),
        (Request("POST", PATH, headers={"content-type": "text/xml"}, body=b" " * (1024 * 1024 + 1)), 413),
    ],
)
async def test_what_is_no_soap_request(mock: HaengbokMock, request_: Request, status: int) -> None:
    """Wrong method, address, media type, charset or size: an empty answer with the status that says so."""
    reply = await mock.handle(request_)
    assert (status, b"") == (reply.status, reply.body)


@pytest.mark.parametrize("action", ["", '""', f'"{REFERRAL}/register"', f"{REFERRAL}/find", None])
async def test_soap_action_must_fit(mock: HaengbokMock, action: str | None) -> None:
    """A missing, unquoted or foreign SOAPAction is refused."""
    request = find()
    headers = {name: value for name, value in request.headers.items() if name != "soapaction"}
    headers |= {} if action is None else {"soapaction": action}
    assert detail(await mock.handle(replace(request, headers=headers))) == (500, "soap:Client", "E003")


async def test_operation_must_stand_at_its_address(mock: HaengbokMock) -> None:
    """A referral operation at the eligibility address is refused."""
    wrong = replace(find(), path="/cmc/ynservice/swsdn/ReductionBscLivYnService")
    assert detail(await mock.handle(wrong)) == (500, "soap:Client", "E003")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (500, "soap:Client", "E001")),
        (b"<a>", (500, "soap:Client", "E001")),
        (b"<a/>", (500, "soap:Client", "E001")),
        (b'<Envelope xmlns="urn:soap:9"/>', (500, "soap:VersionMismatch", "E001")),
        (b"<Envelope/>", (500, "soap:VersionMismatch", "E001")),
        (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), (500, "soap:Client", "E001")),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>'.encode(), (500, "soap:Client", "E002")),
        (f'<s:Envelope xmlns:s="{SOAP}"><s:Body><a/><b/></s:Body></s:Envelope>'.encode(), (500, "soap:Client", "E002")),
        (b'<!DOCTYPE a [<!ENTITY e "x">]>' + message("find", FIND).encode(), (500, "soap:Client", "E001")),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', (500, "soap:Client", "E001")),
        (b"<?go now?>" + message("find", FIND).encode(), (500, "soap:Client", "E001")),
        (message("find", FIND).replace("<linkReqNo>", "<?go?><linkReqNo>").encode(), (500, "soap:Client", "E001")),
        (message("find", FIND).encode("utf-16"), (500, "soap:Client", "E001")),
        (message("find", FIND).encode("utf-16-le"), (500, "soap:Client", "E001")),
        (message("register", PERSON).encode("cp949"), (500, "soap:Client", "E001")),
        (b"<a>" * 5000 + b"</a>" * 5000, (500, "soap:Client", "E001")),
        (message("find", FIND).replace("<commonHeader", "<other").replace("</commonHeader", "</other").encode(),
         (500, "soap:Client", "E002")),
    ],
)  # fmt: skip
async def test_bad_envelopes(mock: HaengbokMock, body: bytes, expected: tuple[int, str, str]) -> None:
    """Whatever is no well-formed, plain SOAP message of ours gets the fault of its kind."""
    assert detail(await mock.handle(post("find", body))) == expected


async def test_must_understand(mock: HaengbokMock) -> None:
    """A header that we do not know but must understand is refused; without the mark it is passed over."""
    strange = '<soap:Header><x:y xmlns:x="urn:x" soap:mustUnderstand="1"/>'
    text = message("find", FIND).replace("<soap:Header>", strange)
    assert detail(await mock.handle(post("find", text.encode()))) == (500, "soap:MustUnderstand", "E001")
    passed = message("find", FIND).replace("<soap:Header>", strange.replace(' soap:mustUnderstand="1"', ""))
    assert answer(await mock.handle(post("find", passed.encode())))["rtnCd"] == "0000"


async def test_soap_12(mock: HaengbokMock) -> None:
    """SOAP 1.2 is answered in SOAP 1.2, a sender's fault with 400."""
    good = post("find", message("find", FIND, version=SOAP12).encode(), version=SOAP12)
    bad = post("find", message("find", {"linkReqNo": "1"}, version=SOAP12).encode(), version=SOAP12)
    reply = await mock.handle(good)
    assert (answer(reply)["rtnCd"], reply.content_type) == ("0000", "application/soap+xml; charset=utf-8")
    assert detail(await mock.handle(bad)) == (400, "soap:Sender", "E002")


async def test_soap_12_action_must_fit_if_it_is_there(mock: HaengbokMock) -> None:
    """The action parameter may be left out, but not be wrong."""
    body = message("find", FIND, version=SOAP12).encode()
    without = replace(post("find", body, version=SOAP12), headers={"content-type": "application/soap+xml"})
    wrong = post("register", message("find", FIND, version=SOAP12).encode(), version=SOAP12)
    assert answer(await mock.handle(without))["rtnCd"] == "0000"
    assert detail(await mock.handle(wrong)) == (400, "soap:Sender", "E003")


async def test_envelope_must_be_of_the_version_that_http_announces(mock: HaengbokMock) -> None:
    """A SOAP 1.2 envelope as text/xml is a version mismatch."""
    mixed = post("find", message("find", FIND, version=SOAP12).encode())
    assert detail(await mock.handle(mixed)) == (500, "soap:VersionMismatch", "E001")


async def test_schema_fault_names_the_element_and_no_value(mock: HaengbokMock) -> None:
    """What breaks the schema is named; its value comes back nowhere."""
    text = message("register", PERSON | {"tgtrRrn": "900101-1000000"})
    reply = await mock.handle(post("register", text.encode()))
    assert answer(reply)["errFld"] == "tgtrRrn"
    assert b"900101" not in reply.body


@pytest.mark.parametrize("name", ["find", "register", "result", "withdraw", "supplement"])
def test_operation_is_named_for_the_kit(mock: HaengbokMock, name: str) -> None:
    """The kit learns the operation from the Body."""
    assert mock.operation_of(post(name, message(name, {}).encode())) == name


def test_unknown_operation_is_other(mock: HaengbokMock) -> None:
    """What is no request of ours is `other`, be it garbage or a stranger's element."""
    assert mock.operation_of(Request("GET", PATH, "wsdl")) == "other"
    assert mock.operation_of(post("find", message("delete", {}).encode())) == "other"


def test_verify_is_the_word_for_the_eligibility_service(mock: HaengbokMock) -> None:
    """The government's element is the hub's `verify`."""
    assert mock.operation_of(post("", message("getReductionBscLivYn", {}).encode())) == "verify"


async def test_own_reply_that_breaks_the_contract_is_loud(mock: HaengbokMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply of ours that its schema forbids never leaves: it is a bug, and says so."""
    monkeypatch.setattr(operations, "RECEIVED", "99")
    with pytest.raises(ContractError, match="procStcd"):
        await mock.handle(post("register", message("register", PERSON).encode()))


async def test_journal_learns_key_and_field_names_of_refused_messages(mock: HaengbokMock, desk: Desk) -> None:
    """Also what is refused was disclosed: the journal is told the names, and a key only if it looks like one."""
    noted: list[tuple[str, tuple[str, ...]]] = []
    object.__setattr__(desk.journal, "note", lambda key, fields: noted.append((key, tuple(fields))))
    await mock.handle(post("register", message("register", {"linkReqNo": "홍길동", "tgtrNm": "홍길동"}).encode()))
    await mock.handle(find())
    assert noted == [("", ("linkReqNo", "tgtrNm")), (KEY, ("linkReqNo",))]
