"""The faults that the mock haengbok carries out itself: each is wrong in one thing only, and well-formed otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from haengbok_wire import DS, KEY, PERSON, REFERRAL, WSU, HandSigner, answer, holds, message, post, rows, to_bytes
from lxml import etree

from mocks.haengbok import HaengbokMock
from mocks.haengbok.contract import breach_of
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import Desk, desk_for
from mocks.kit.fault_catalogue import CATALOGUE, By
from mocks.kit.pki import Certificates, make_certificates

GOOD = {"Timestamp": True, "BinarySecurityToken": True, "commonHeader": True, "Body": True}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
def desk(certificates: Certificates) -> Desk:
    return desk_for("haengbok", {"certificates": str(certificates.folder)})


@pytest.fixture
def mock(desk: Desk) -> HaengbokMock:
    return HaengbokMock(desk)


@pytest.fixture
def signer(certificates: Certificates) -> HandSigner:
    return HandSigner(certificates.certificate("hub-signing"), certificates.key("hub-signing"))


@pytest.fixture
def request_(signer: HandSigner) -> Request:
    return post("register", to_bytes(signer.sign(message("register", PERSON))))


@pytest.fixture
def trusted(certificates: Certificates) -> Path:
    return certificates.certificate("haengbok-signing")


def payload_of(reply: Reply) -> etree._Element:
    body = etree.fromstring(reply.body).find("{*}Body")
    assert body is not None
    return body[0]


def test_every_fault_of_the_agency_is_ours() -> None:
    """Whatever the catalogue leaves to agencies, this one can do."""
    assert {name for name, kind in CATALOGUE.items() if kind.by is By.AGENCY} == HaengbokMock.own_faults


@pytest.mark.parametrize(
    ("fault", "status"), [("agency_fault_200", 200), ("agency_fault_500", 500), ("agency_fault_after_acceptance", 500)]
)
def test_technical_fault_speaks_as_the_real_system(
    mock: HaengbokMock, request_: Request, trusted: Path, fault: str, status: int
) -> None:
    """soap:Server, "Fault occured", signed, with the request's commonHeader."""
    reply = mock.misbehave(fault, request_, None)
    fault_element = payload_of(reply)
    found = (reply.status, fault_element.findtext("faultcode"), fault_element.findtext("faultstring"))
    assert found == (status, "soap:Server", "Fault occured")
    assert holds(reply.body, trusted) == GOOD


def test_technical_fault_for_garbage(mock: HaengbokMock, request_: Request) -> None:
    """Also what cannot be read gets the fault."""
    reply = mock.misbehave("agency_fault_500", Request("POST", "/referral/ReferralService", body=b"<"), None)
    assert answer(reply)["fault"] == "soap:Server"


async def test_unsigned_fault(mock: HaengbokMock, request_: Request) -> None:
    """A refusal that nobody signed, though the act happened."""
    reply = mock.misbehave("unsigned_fault", request_, await mock.handle(request_))
    assert (reply.status, answer(reply)["fault"]) == (500, "soap:Client")
    assert b"Signature" not in reply.body


async def test_unsigned_reply(mock: HaengbokMock, request_: Request) -> None:
    """The honest answer, without Security and without a trace of its ids."""
    honest = await mock.handle(request_)
    reply = mock.misbehave("unsigned_reply", request_, honest)
    assert answer(reply) == answer(honest)
    assert WSU.encode() not in reply.body
    assert b"Signature" not in reply.body


async def test_wrongly_signed_reply(mock: HaengbokMock, request_: Request, trusted: Path) -> None:
    """One digit differs, the schema is content, and only the signature tells."""
    honest = await mock.handle(request_)
    reply = mock.misbehave("wrongly_signed_reply", request_, honest)
    assert holds(reply.body, trusted) == GOOD | {"Body": False}
    assert breach_of(payload_of(reply)) is None
    assert answer(reply) != answer(honest)


async def test_foreign_signed_reply(
    mock: HaengbokMock, request_: Request, trusted: Path, certificates: Certificates
) -> None:
    """A good signature by a certificate that nobody trusts."""
    reply = mock.misbehave("foreign_signed_reply", request_, await mock.handle(request_))
    assert holds(reply.body, certificates.certificate("foreign-signing")) == GOOD
    with pytest.raises(InvalidSignature):
        holds(reply.body, trusted)


async def test_stale_reply(mock: HaengbokMock, request_: Request, trusted: Path) -> None:
    """A good signature of an hour ago."""
    reply = mock.misbehave("stale_reply", request_, await mock.handle(request_))
    assert holds(reply.body, trusted) == GOOD
    expires = datetime.fromisoformat(etree.fromstring(reply.body).findtext(f".//{{{WSU}}}Expires") or "")
    assert expires < datetime.now(UTC) - timedelta(minutes=50)


@pytest.mark.parametrize("operation", ["register", "find", "getReductionBscLivYn"])
async def test_other_operation_reply(mock: HaengbokMock, signer: HandSigner, trusted: Path, operation: str) -> None:
    """Signed, valid, and not what was asked for."""
    eligibility = {"ReqOrgCd": "6410000", "ReqBizCd": "N", "TGTR_RRN": "9001011000000", "TGTR_NM": "홍길동"}
    fields = {"register": PERSON, "find": {"linkReqNo": KEY}, "getReductionBscLivYn": eligibility}[operation]
    asked = post(operation, to_bytes(signer.sign(message(operation, fields))))
    reply = mock.misbehave("other_operation_reply", asked, await mock.handle(asked))
    payload = payload_of(reply)
    assert etree.QName(payload).localname not in {f"{operation}Response", "Fault"}
    assert breach_of(payload) is None
    assert holds(reply.body, trusted) == GOOD


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("late_result", ["01"]),
        ("duplicate_result", ["01", "01", "02", "02", "06", "06"]),
        ("out_of_order_result", ["06", "02", "01"]),
    ],
)
async def test_result_rows(
    mock: HaengbokMock, signer: HandSigner, request_: Request, trusted: Path, fault: str, expected: list[str]
) -> None:
    """Rows come late, twice or in reverse, in a signed and valid answer."""
    receipt = answer(await mock.handle(request_))["rcptNo"]
    for step in ("assigned", "decided"):
        mock.advance({"receipt": receipt, "to": step})
    asked = post("result", to_bytes(signer.sign(message("result", {"rcptNo": receipt}))))
    reply = mock.misbehave(fault, asked, await mock.handle(asked))
    assert [row["procStcd"] for row in rows(reply, "rslt")] == expected
    assert breach_of(payload_of(reply)) is None
    assert holds(reply.body, trusted) == GOOD
    assert answer(reply)["procStcd"] == ("01" if fault == "late_result" else "06")


async def test_what_is_no_soap_answer_stays(mock: HaengbokMock) -> None:
    """A 415 has nothing to spoil."""
    asked = Request("POST", "/referral/ReferralService", body=b"{}")
    honest = await mock.handle(asked)
    assert mock.misbehave("unsigned_reply", asked, honest) == honest


@pytest.mark.parametrize(("fault", "reply"), [("gzip_bomb", Reply(200)), ("unsigned_reply", None)])
def test_faults_of_others_are_refused(mock: HaengbokMock, request_: Request, fault: str, reply: Reply | None) -> None:
    """The kit's own faults, and spoiling an answer that is not there, are errors of the caller."""
    with pytest.raises(LookupError):
        mock.misbehave(fault, request_, reply)


def test_unsigned_mock_makes_unsigned_faults() -> None:
    """Foreign clients that sign nothing get nothing signed, also when it goes wrong."""
    mock = HaengbokMock(desk_for("haengbok", {"unsigned": "true"}))
    reply = mock.misbehave("agency_fault_500", post("find", message("find", {"linkReqNo": KEY}).encode()), None)
    assert DS.encode() not in reply.body
    assert REFERRAL.encode() in reply.body
