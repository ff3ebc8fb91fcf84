from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from api_bench import Bench, case, consent
from lxml import html
from sqlalchemy import select

from hub.api.receipt_page import receipt_page
from hub.api.receipt_views import receipt_view
from hub.consent.records import ConsentRecord
from hub.store.tables import audit_entries, cases
from schemas.consent import Consent

GOLDEN = Path(__file__).parent / "golden" / "receipt.json"
HOSTILE = "<script>alert(1)</script>\n</p><img src=x onerror=alert(1)> \"인용\" & '따옴표' {{7*7}} <!-- "
IDS = {"consent_id": "con_0001", "case_id": "case_0001", "centre_id": "ctr_0001"}


def _receipt(withdrawn_at: datetime | None = None, **changes: Any) -> Any:
    given = Consent.model_validate_json(json.dumps(consent(**changes)))
    record = ConsentRecord(**vars(ConsentRecord.of(given, **IDS)) | {"withdrawn_at": withdrawn_at})
    now = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    return receipt_view(record, given, client_id="cli_0001", centre_name="시험 센터", agencies={}, now=now)


def test_the_receipt_is_the_golden_one() -> None:
    """Field for field as it was agreed: a guardian's recorded call for two services, sensitive items, withdrawn."""
    receipt = _receipt(
        datetime(2026, 2, 1, tzinfo=UTC),
        recipient="community_center:3820000",
        type="sensitive",
        purposes=["WEL-EMERG", "WEL-CASE"],
        items=["client.health_condition", "referral.kind"],
        method="recorded_call",
        expires_at="2027-01-01T00:00:00+09:00",
        guardian={"name": "홍부모", "relation": "모"},
        required=False,
    )

    assert json.loads(receipt.model_dump_json()) == json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.parametrize(
    ("changes", "withdrawn_at", "state"),
    [
        ({}, None, "given"),
        ({"expires_at": "2026-03-02T10:00:00+09:00"}, None, "expired"),
        ({"signed_at": "2026-03-02T10:00:01+09:00"}, None, "not_yet"),
        ({"expires_at": "2026-01-02T10:00:00+09:00"}, datetime(2026, 1, 1, tzinfo=UTC), "withdrawn"),
    ],
)
def test_the_state_is_the_send_gates(changes: dict[str, Any], withdrawn_at: datetime | None, state: str) -> None:
    """A receipt calls a consent live exactly when the gate would: over from the moment of expiry on."""
    assert _receipt(withdrawn_at, **changes).state == state


def test_a_law_is_no_consent() -> None:
    """A record that rests on a law names its article, and does not promise that a withdrawal stops it."""
    receipt = _receipt(basis="statute", article="서민금융법 시행령 58")
    (purpose,) = receipt.pii_processing.purposes

    assert (purpose.lawful_basis.title, purpose.lawful_basis.article) == ("법률", "서민금융법 시행령 58")
    assert "37조" in purpose.withdrawal_method


def test_a_consent_to_collection_has_no_recipient() -> None:
    """It is between client and centre: whom it names is no third party."""
    receipt = _receipt(type="collection")

    assert receipt.pii_processing.purposes[0].recipient_third_parties == ()
    assert receipt.party_identification[1].party_role == "named"
    assert "제공받는 자" not in receipt_page(receipt)


async def test_the_receipt_says_what_the_centre_handed_in(bench: Bench) -> None:
    """Over the API: recipient, texts, items and evidence as they were given, and nothing of who the client is."""
    accepted = await bench.accept()
    reply = await bench.ask.get(f"/v1/consents/{accepted['consents'][0]}/receipt")
    told = reply.json()
    (purpose,) = told["pii_processing"]["purposes"]

    assert (reply.headers["content-type"], reply.headers["vary"]) == ("application/json", "Accept")
    assert told["header"]["pii_principal_id"] == accepted["client_id"]
    assert (purpose["purpose"], purpose["retention_period"]) == ("긴급복지 지원 의뢰", "지원 종료 후 5년")
    assert [item["pii_attribute_id"] for item in purpose["pii_information"]] == case()["consents"][0]["items"]
    assert [party["party_name"] for party in told["party_identification"]] == ["하나", "시험 선착장"]
    assert "홍길동" not in reply.text


async def _page(bench: Bench, path: str, accept: str = "text/html") -> Any:
    reply = await bench.ask.get(path, headers={"Accept": accept})
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    return reply


async def test_the_page_loads_nothing_and_names_nobody(bench: Bench) -> None:
    """For a browser: Korean, one style sheet known by its hash, no script, no address; no name of the client's."""
    accepted = await bench.accept()
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    reply = await _page(bench, f"/v1/consents/{accepted['consents'][0]}/receipt", browser)
    style = re.search("<style>(.*?)</style>", reply.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = reply.headers["content-security-policy"]

    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert (reply.headers["content-language"], reply.headers["cache-control"]) == ("ko", "no-store")
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|src=|href=|//", reply.text)
    assert "홍길동" not in reply.text
    assert "@page { size: A4" in reply.text


async def test_the_page_can_be_read_without_seeing_it(bench: Bench) -> None:
    """Language, title, one main heading before the others, every table with heads of its rows or columns."""
    accepted = await bench.accept()
    root = html.fromstring((await _page(bench, f"/v1/consents/{accepted['consents'][0]}/receipt")).text)
    headings = [node.tag for node in root.iter("h1", "h2", "h3")]

    assert (root.get("lang"), root.findtext("head/title")) == ("ko", "개인정보 동의 확인서")
    assert (headings[0], headings.count("h1")) == ("h1", 1)
    assert len(root.findall(".//main")) == 1
    assert [table for table in root.iter("table") if not table.findall(".//th[@scope]")] == []
    rows = {row.findtext("th"): row.find("td").text_content() for row in root.iter("tr") if row.find("td") is not None}
    assert (rows["제공받는 자"], rows["동의 방법"]) == ("시험 선착장", "전자서명, 본인이 동의함")
    assert (rows["거부할 권리"], rows["동의 일시"]) == ("알렸음", "2025-11-03 10:00 (한국 시각)")


async def test_hostile_texts_are_text(bench: Bench) -> None:
    """Whatever a centre's form says stands on the page as it was typed, and makes no element."""
    given = consent(purpose_text=HOSTILE, retention="<b>5년</b>")
    accepted = await bench.accept(case(consents=[given]))
    reply = await _page(bench, f"/v1/consents/{accepted['consents'][0]}/receipt")
    root = html.fromstring(reply.text)

    assert HOSTILE.strip() in root.text_content()
    assert {node.tag for node in root.iter() if isinstance(node.tag, str)} & {"script", "img", "b"} == set()
    assert "<b>5년</b>" in root.text_content()


async def test_after_the_key_is_destroyed_it_is_gone(bench: Bench) -> None:
    """410, as JSON and as a page, and the caller is told what remains."""
    accepted = await bench.accept()
    bench.services.store.write_now(lambda conn: conn.execute(cases.update().values(wrapped_key=b"")))
    path = f"/v1/consents/{accepted['consents'][0]}/receipt"
    replies = [await bench.ask.get(path, headers={"Accept": accept}) for accept in ("*/*", "text/html")]

    assert [reply.status_code for reply in replies] == [410, 410]
    assert {reply.json()["type"] for reply in replies} == {"urn:naru:problem:destroyed"}


async def test_reading_a_receipt_is_noted(bench: Bench) -> None:
    """Who read which; nothing of what it says."""
    accepted = await bench.accept()
    await bench.ask.get(f"/v1/consents/{accepted['consents'][0]}/receipt")
    query = select(audit_entries.c.data).where(audit_entries.c.action == "receipt_read")

    assert bench.services.store.read_now(lambda conn: conn.execute(query).scalars().all()) == [
        {"consent": accepted["consents"][0]}
    ]
