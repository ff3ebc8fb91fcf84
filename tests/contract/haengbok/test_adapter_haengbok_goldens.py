"""The adapter haengbok before hand-made messages: golden requests out, golden replies in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from adapters.haengbok import Haengbok
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk import (
    Acknowledged,
    BadReplyError,
    Delivered,
    Disclose,
    Eligibility,
    Fact,
    FindOrder,
    Found,
    Gate,
    MisconfiguredError,
    NotFound,
    Reconcile,
    RefusalReason,
    Refused,
    StatusOrder,
    StatusReport,
    SubmitOrder,
    SupplementOrder,
    UncertainError,
    Verified,
    VerifyOrder,
    Wires,
    Withdraw,
    WithdrawOrder,
    WithdrawReason,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.transports.wsse import WsSecurity
from mocks.kit.pki import Certificates, make_certificates
from schemas.address import DisclosedAddress
from schemas.client import DisclosedClient, DisclosedDebt, Household, Sex
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune
from schemas.referral import DisclosedReferral, ReferralKind, Urgency
from schemas.services import ServiceCode
from schemas.status import BusinessStatus

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "schemas" / "agencies" / "haengbok"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
NINE = datetime(2025, 1, 15, tzinfo=UTC)
KEY, RECEIPT = "2501150900000000000000001", "HB202501150000001"

REFERRAL = DisclosedReferral(
    service_code=ServiceCode.WEL_BASIC,
    kind=ReferralKind.SERVICE,
    urgency=Urgency.NORMAL,
    counselled_on=date(2025, 1, 14),
    referred_on=date(2025, 1, 15),
    officer_name="김나루",
    officer_phone="031-000-0000",
    opinion="실직 뒤 채무가 늘어 생계가 어려움. 펲시 & 뷁, 똠방각하",
)
PERSON = DisclosedClient(
    name="홍길동",
    birth_date=date(1990, 1, 1),
    sex=Sex.MALE,
    phones=("010-0000-0001",),
    address=DisclosedAddress(
        zip_no="11774", road_addr_part1="경기도 의정부시 시민로 1", addr_detail="101동 똠방각하호", adm_cd="4115010100"
    ),
    household=Household(size=2, monthly_income=900_000, median_income_percent=45),
    debts=(DisclosedDebt(amount=30_000_000), DisclosedDebt(amount=2_000_000)),
)
LEAST = Disclosure(
    client=DisclosedClient(name="김나루", birth_date=date(2005, 2, 28), address=DisclosedAddress(adm_cd="4115010300")),
    referral=DisclosedReferral(
        service_code=ServiceCode.WEL_BASIC,
        kind=ReferralKind.PERSON,
        urgency=Urgency.URGENT,
        referred_on=date(2025, 1, 15),
        officer_name="홍길동",
    ),
)
EVERYTHING = Disclosure(
    client=DisclosedClient(
        name="똠방각하",
        rrn="650228-2000000",
        birth_date=date(1965, 2, 28),
        sex=Sex.FEMALE,
        phones=("031-000-0000", "010-0000-0009"),
        address=DisclosedAddress(
            zip_no="11774",
            road_addr_part1="경기도 의정부시 시민로 1",
            addr_detail="<가>동 & 1층",
            adm_cd="4115010100",
        ),
        household=Household(size=1, monthly_income=0, median_income_percent=0),
        debts=(DisclosedDebt(amount=45_000_001),),
    ),
    referral=DisclosedReferral(
        service_code=ServiceCode.WEL_BASIC,
        kind=ReferralKind.PERSON,
        urgency=Urgency.URGENT,
        counselled_on=date(2024, 12, 31),
        referred_on=date(2025, 1, 15),
        officer_name="홍길동",
        officer_phone="031-000-0001",
        opinion="두 줄로 쓴\n의견.",
    ),
)
HONG = Disclosure(client=PERSON, referral=REFERRAL)


def elements(element: etree._Element) -> dict[str, str]:
    """Return an element's children by name; empty ones count as left out (the contract says so)."""
    return {etree.QName(child).localname: child.text or "" for child in element if child.text}


def parts(data: bytes) -> tuple[dict[str, str], str, dict[str, str]]:
    """Return common header, operation and its elements."""
    root = etree.fromstring(data)
    (header,) = root.findall(f"{SOAP}Header/{{*}}commonHeader")
    (content,) = root.findall(f"{SOAP}Body/*")
    return elements(header), str(content.tag), elements(content)


@dataclass
class Stage:
    """The adapter, with the golden agency's clock and CA, before an agency that answers with one golden reply."""

    certificates: Certificates
    reply: bytes = b""
    status: int = 200
    requests: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate = Gate()
        own = {"certificate": self.certificates.certificate("hub-signing"), "key": self.certificates.key("hub-signing")}
        settings = HaengbokSettings(
            base_url="http://haengbok.invalid",
            org_code="6410000",
            system_code="NARUHUB01",
            user_name="김나루",
            ca=HERE / "signed" / "ca.pem",
            peer="naru TEST haengbok-signing",
            **own,
        )
        self.adapter = Haengbok(settings, Wires("haengbok", self.gate, httpx.MockTransport(self._answer)))
        self.adapter._wire._security = WsSecurity(
            **own, ca=HERE / "signed" / "ca.pem", peer="naru TEST haengbok-signing", now=lambda: NINE
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.content)
        return httpx.Response(self.status, content=self.reply, headers={"content-type": "text/xml; charset=utf-8"})

    def envelope(self, number: int, key: str = KEY, sent_at: datetime = NINE) -> dict[str, Any]:
        return {"wire_key": key, "message_id": f"{number:032x}", "sent_at": sent_at}

    def decision(self, kind: Callable[..., Any], **more: Any) -> Any:
        made = kind(attempt_id="a", recipient="haengbok", send_by=steady_now() + 60, **more)
        return self.gate.stamp(made)

    def told(self, document: Disclosure) -> dict[str, Any]:
        decision = self.decision(Disclose, fields=present_paths(document), bases={}, fields_hmac="")
        return {"decision": decision, "document": document}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
def stage(certificates: Certificates) -> Stage:
    return Stage(certificates)


Act = Callable[[Stage], Any]


def submit(number: int, key: str, document: Disclosure = HONG) -> Act:
    return lambda s: s.adapter.submit(SubmitOrder(**s.envelope(number, key), **s.told(document)))


def verify(s: Stage) -> Any:
    person = Disclosure(client=PERSON.model_copy(update={"rrn": "9001011000000"}))
    kept = prune(person, Haengbok.profile.need_of("verify").discloses)
    return s.adapter.verify(VerifyOrder(**s.envelope(1), **s.told(kept)))


def find(number: int, key: str) -> Act:
    return lambda s: s.adapter.find(FindOrder(**s.envelope(number, key), decision=s.decision(Reconcile)))


def supplement(s: Stage) -> Any:
    more = Disclosure(referral=DisclosedReferral(opinion="임대차계약서를 제출함. 똠"))
    order = SupplementOrder(**s.envelope(6), **s.told(more), receipt=RECEIPT, supplement_key="K")
    return s.adapter.supplement(order)


def status(number: int, receipt: str) -> Act:
    return lambda s: s.adapter.status(
        StatusOrder(**s.envelope(number), decision=s.decision(Reconcile), receipt=receipt)
    )


def withdraw(number: int, reason: WithdrawReason, sent_at: datetime = NINE) -> Act:
    return lambda s: s.adapter.withdraw(
        WithdrawOrder(
            **s.envelope(number, sent_at=sent_at), decision=s.decision(Withdraw), receipt=RECEIPT, reason=reason
        )
    )


RECEIVED = Fact(BusinessStatus.RECEIVED, "01", NINE)
REPORT = StatusReport((
    Fact(BusinessStatus.RECEIVED, "01", NINE, serial="1", text="접수"),
    Fact(
        BusinessStatus.SUPPLEMENT_REQUESTED, "05", NINE, serial="2",
        text="임대차계약서 똠\n담당부서 통합조사팀\n보완기한 2025-01-31",
    ),
    Fact(BusinessStatus.INVESTIGATING, "03", NINE, serial="3", text="조사중"),
    Fact(BusinessStatus.APPROVED, "06", serial="4"),
))  # fmt: skip

SCENES: Mapping[str, tuple[Act, Any]] = {
    "verify": (verify, Verified(Eligibility.ELIGIBLE, "Y", ("생계", "의료", "주거", "교육"))),
    "register": (submit(2, KEY), Delivered(RECEIPT, "0000", (RECEIVED,))),
    "register_refused": (
        submit(3, "2501150900000000000000002"),
        Refused(RefusalReason.NOT_RESIDENT, "R004", "거주자아님"),
    ),
    "find": (find(4, KEY), Found(RECEIPT, "01", (RECEIVED,))),
    "find_nothing": (find(5, "2501150900000000000000009"), NotFound("0000")),
    "supplement": (supplement, Acknowledged("03")),
    "result": (status(7, RECEIPT), REPORT),
    "result_unknown": (status(8, "HB202501159999999"), BadReplyError),
    "withdraw": (withdraw(9, WithdrawReason.CONSENT_WITHDRAWN), Acknowledged("16")),
}


async def act_out(stage: Stage, act: Act, expected: Any) -> Any:
    if isinstance(expected, type) and issubclass(expected, Exception):
        with pytest.raises(expected) as raised:
            await act(stage)
        return type(raised.value)
    return await act(stage)


@pytest.mark.parametrize(("scene", "act", "expected"), [(scene, *rest) for scene, rest in SCENES.items()])
async def test_a_golden_reply_is_read(scene: str, act: Act, expected: Any, stage: Stage) -> None:
    """The golden reply, signed by another hand, becomes the outcome that the contract means."""
    stage.reply = (HERE / "signed" / f"{scene}.reply.xml").read_bytes()
    outcome = await act_out(stage, act, expected)

    assert outcome == expected


SAME_REQUEST = {
    scene: act
    for scene, (act, _) in SCENES.items()
    if scene not in {"verify", "register_refused"}  # its client lives elsewhere than the register's
}
OWN_REQUESTS: Mapping[str, Act] = {
    "adapter_register_least": submit(21, "2501150900000000000000003", LEAST),
    "adapter_register_whole": submit(22, "2501150900000000000000004", EVERYTHING),
    "adapter_withdraw_cancelled": withdraw(23, WithdrawReason.CANCELLED, datetime(2025, 1, 15, 15, 0, tzinfo=UTC)),
}


@pytest.mark.parametrize(("scene", "act"), {**SAME_REQUEST, "verify": verify, **OWN_REQUESTS}.items())
async def test_the_golden_request_is_written(scene: str, act: Act, stage: Stage) -> None:
    """Header, operation and every element are the golden message's."""
    stage.status = 503
    with pytest.raises(UncertainError):
        await act(stage)

    (sent,) = stage.requests
    assert parts(sent) == parts((HERE / f"{scene}.request.xml").read_bytes())


@pytest.mark.parametrize("path", sorted(HERE.glob("adapter_*.xml")), ids=lambda path: path.name)
def test_our_golden_messages_keep_the_contract(path: Path) -> None:
    """What we hold ourselves to is valid by the XSD."""
    schema = etree.XMLSchema(etree.parse(str(CONTRACT / "referral.xsd")))
    root = etree.fromstring(path.read_bytes())
    for part in (root[0][0], root[1][0]):
        schema.assertValid(part)


@pytest.mark.parametrize(
    ("scene", "number", "error"), [("fault_client", 10, MisconfiguredError), ("fault_server", 11, UncertainError)]
)
async def test_a_golden_fault_is_classified(scene: str, number: int, error: type[Exception], stage: Stage) -> None:
    """An unknown 기관코드 calls a person; `Fault occured` may have been accepted."""
    stage.reply, stage.status = (HERE / "signed" / f"{scene}.reply.xml").read_bytes(), 500
    with pytest.raises(error) as raised:
        await submit(number, KEY)(stage)

    assert type(raised.value) is error
