"""The mock 시군 주민센터 by its golden messages, over real sockets."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from center_wire import GOLDEN, OFFICE, WRONG_KEY, Centre, fresh, golden, timeless

from mocks.community_center import CommunityCenterMock
from mocks.community_center.cases import CODE_OF, next_states
from mocks.community_center.contract import CODES, CONTRACT, fields_of
from mocks.community_center.envelope import wall_stamp
from mocks.community_center.offices import OFFICES, office_of
from mocks.kit.run import MockServer

KEY = "NARU2501020000000001"
ICHEON, YEONCHEON = "4070000", "4140000"


@pytest.fixture
async def mocks() -> AsyncIterator[MockServer]:
    async with MockServer([CommunityCenterMock]) as server:
        yield server


@pytest.fixture
async def centre(mocks: MockServer) -> AsyncIterator[Centre]:
    async with httpx.AsyncClient(base_url=mocks.url_of("community_center")) as client:
        yield Centre(client)


def acts(mocks: MockServer) -> list[tuple[str, str, str]]:
    ledger = mocks.counters["community_center"].desk.ledger
    return [(act.operation, act.key, act.state) for act in ledger.acts]


SCHEMAS = {
    "register": "Register",
    "status": "Status",
    "withdraw": "Withdraw",
    "supplement": "Supplement",
    "status_notice": "StatusNotice",
    "transfer_notice": "TransferNotice",
}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.re*.json")), ids=lambda path: path.stem)
def test_golden_messages_obey_the_contract(path: Path) -> None:
    """Every golden message, also those of the adapter, passes the contract's schema; the headless one does not."""
    name, kind, _ = path.name.removeprefix("adapter_").split(".")
    notice = name.endswith("_notice")
    stem = next((SCHEMAS[one] for one in sorted(SCHEMAS, key=len, reverse=True) if name.startswith(one)), "Register")
    if name == "find":
        stem = "Status"
    schema = "Acknowledgement" if notice and kind == "reply" else f"{stem}{kind.title()}"
    problem = CONTRACT.check(schema, json.loads(path.read_text(encoding="utf-8")))
    assert problem == ("message: required header" if path.name == "no_header.request.json" else None)


async def test_a_registration_gets_a_receipt_and_becomes_an_act(mocks: MockServer, centre: Centre) -> None:
    """The golden registration gets the golden reply; the ledger names the fields that arrived, and holds no value."""
    answer = await centre.call("register.request")
    (act,) = mocks.counters["community_center"].desk.ledger.acts
    assert timeless(answer) == timeless(golden("register.reply"))
    assert (act.key, act.receipt, set(act.fields)) == (
        KEY,
        answer["body"]["rcptNo"],
        set(golden("register.request")["body"]),
    )
    assert "홍길동" not in json.dumps(act.as_json(), ensure_ascii=False)


async def test_the_second_arrival_of_a_key_gets_the_first_receipt(mocks: MockServer, centre: Centre) -> None:
    """Also at another office, and with another content: one act, one receipt, 중복여부 Y."""
    await centre.register()
    again = await centre.call("register.request")
    elsewhere = await centre.call("register.request", ICHEON, rqstOpnn="다시 보냄")
    assert timeless(again) == timeless(golden("register_again.reply"))
    assert elsewhere["body"] == again["body"]
    assert acts(mocks) == [("register", KEY, "received")]


@pytest.mark.parametrize(
    ("name", "office"),
    [("register_not_offered", YEONCHEON), ("register_not_ours", OFFICE)],
)
async def test_refusals_by_rule(mocks: MockServer, centre: Centre, name: str, office: str) -> None:
    """돌봄·이웃 at 연천 and an address in Seoul are refused in the envelope, without an act."""
    answer = await centre.call(f"{name}.request", office)
    assert (timeless(answer), acts(mocks)) == (timeless(golden(f"{name}.reply")), [])


async def test_a_refusal_by_order_strikes_once(mocks: MockServer, centre: Centre) -> None:
    """`refuse_next` refuses the next new registration; the same key may then come again."""
    ordered = await centre.advance(refuse_next="E202")
    refused = await centre.call("register.request")
    accepted = await centre.call("register.request")
    assert (ordered.status_code, refused["header"]["resultCode"], refused["body"]["errCd"]) == (200, "0002", "E202")
    assert (accepted["header"]["resultCode"], len(acts(mocks))) == ("0000", 1)


async def test_a_wrong_office_accepts_and_transfers(mocks: MockServer, centre: Centre) -> None:
    """의정부 accepts a client of 이천, then says 이송; 이천 carries on under its own receipt; there is one act."""
    answer = await centre.call("register_wrong_office.request")
    left = await centre.call("status_by_key.request")
    moved = left["body"]["sttsList"][-1]
    taken = await centre.call("status_by_receipt.request", ICHEON, rcptNo=moved["trnsfRcptNo"])
    await centre.advance(key=KEY, to="assigned")
    then = await centre.call("status_by_key.request", ICHEON)
    assert timeless(answer) == timeless(golden("register_wrong_office.reply"))
    assert timeless(left) == timeless(golden("status_transferred.reply"))
    assert (taken["body"]["rcptOrgCd"], taken["body"]["prgrSttsCd"], then["body"]["prgrSttsCd"]) == (ICHEON, "10", "20")
    assert acts(mocks) == [("register", KEY, "assigned")]


async def test_an_old_receipt_still_shows_where_the_case_went(centre: Centre) -> None:
    """After a transfer and back, each receipt shows its own part; the key shows the office's last."""
    first = await centre.register()
    for office in (ICHEON, OFFICE):
        await centre.advance(key=KEY, to="transferred", office=office)
    old = await centre.call("status_by_receipt.request", rcptNo=first)
    new = await centre.call("status_by_key.request")
    assert (old["body"]["prgrSttsCd"], old["body"]["rcptNo"]) == ("91", first)
    assert (new["body"]["prgrSttsCd"], new["body"]["rcptNo"][-6:]) == ("10", "000002")


async def test_unknown_cases(centre: Centre) -> None:
    """A key, a receipt or an office that has nothing of it: E401, which is how a look-up says "not found"."""
    unknown = await centre.call("status_by_key.request")
    receipt = await centre.register()
    elsewhere = await centre.call("status_by_receipt.request", ICHEON, rcptNo=receipt)
    withdrawn = await centre.call("withdraw.request", rcptNo=None, refRqstNo=WRONG_KEY)
    mismatched = await centre.call("withdraw.request", rcptNo="3820000-20250101-000009")
    assert timeless(unknown) == timeless(golden("status_unknown.reply"))
    assert [one["body"]["errCd"] for one in (elsewhere, withdrawn, mismatched)] == ["E401"] * 3


async def test_a_case_goes_its_way(mocks: MockServer, centre: Centre) -> None:
    """Orders move a case on; a supplement is taken when it was asked for; the status tells every step."""
    receipt = await centre.register()
    await centre.advance(receipt=receipt, to="assigned")
    early = await centre.call("supplement.request", rcptNo=receipt)
    await centre.advance(receipt=receipt, to="supplement", text="소득 확인 서류", due="20250110")
    taken = await centre.call("supplement.request", rcptNo=receipt)
    again = await centre.call("supplement.request", rcptNo=receipt)
    await centre.advance(key=KEY, to="decided", text="긴급 생계지원 3개월")
    closed = await centre.advance(key=KEY, to="closed")
    status = await centre.call("status_by_receipt.request", rcptNo=receipt)
    assert (early["body"]["errCd"], again["body"]) == ("E402", taken["body"])
    assert closed.json() == {"key": KEY, "receipt": receipt, "office": OFFICE, "state": "closed"}
    assert timeless(taken) == timeless(golden("supplement.reply"))
    assert timeless(status) == timeless(golden("status_closed.reply"))
    assert acts(mocks) == [("register", KEY, "closed"), ("supplement", KEY, "investigating")]


async def test_a_withdrawal_is_acknowledged_once_and_for_all(mocks: MockServer, centre: Centre) -> None:
    """The withdrawal is an act; its second arrival, and another one, are acknowledged without a further act."""
    receipt = await centre.register()
    first = await centre.call("withdraw.request", rcptNo=receipt)
    again = await centre.call("withdraw.request", rcptNo=receipt)
    other = await centre.call("withdraw.request", rcptNo=None, whdrwRqstNo=WRONG_KEY)
    assert timeless(first) == timeless(golden("withdraw.reply"))
    assert (again["body"], other["body"]["prgrSttsCd"]) == (first["body"], "92")
    assert acts(mocks) == [("register", KEY, "withdrawn"), ("withdraw", "NARU2501020000000002", "withdrawn")]


async def test_a_withdrawal_at_the_office_that_transferred(centre: Centre) -> None:
    """The old office names the new one and its receipt."""
    await centre.register("register_wrong_office.request")
    answer = await centre.call("withdraw.request", rcptNo=None)
    assert timeless(answer) == timeless(golden("withdraw_transferred.reply"))


async def test_a_closed_case_cannot_be_withdrawn(centre: Centre) -> None:
    """E402 for what has ended."""
    receipt = await centre.register()
    await centre.advance(key=KEY, to="closed")
    answer = await centre.call("withdraw.request", rcptNo=receipt)
    assert answer["body"]["errCd"] == "E402"


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"key": WRONG_KEY, "to": "assigned"}, "no case"),
        ({"key": KEY, "to": "received"}, "to must be one of"),
        ({"key": KEY, "to": "aftercare"}, "received cannot become aftercare; it can become: assigned"),
        ({"key": KEY, "to": "transferred"}, "has the case already"),
        ({"key": KEY, "to": "transferred", "office": "1111111"}, "31 시군"),
        ({"key": KEY, "to": "supplement", "due": "20250230"}, "splmTmlmYmd: no such time"),
        ({"key": KEY, "to": "closed", "reason": "77"}, "clsRsnCd: enum"),
        ({"key": KEY, "receipt": "x", "to": "closed"}, "by key or by receipt"),
        ({"key": KEY, "into": "closed"}, "an order has no into"),
        ({"key": KEY, "to": 5}, "all values of an order are text"),
        ({"refuse_next": "E401"}, "E201, E202, E203"),
    ],
)
async def test_impossible_orders_are_named(centre: Centre, order: dict[str, object], text: str) -> None:
    """A 422 says what is wrong, and the case stays where it was."""
    await centre.register()
    answer = await centre.advance(**order)
    status = await centre.call("status_by_key.request")
    assert (answer.status_code, text in answer.json()["error"]) == (422, True)
    assert status["body"]["prgrSttsCd"] == "10"


async def test_a_closed_case_cannot_be_transferred(centre: Centre) -> None:
    """A transfer needs an open case."""
    await centre.register()
    await centre.advance(key=KEY, to="closed")
    answer = await centre.advance(key=KEY, to="transferred", office=ICHEON)
    assert "closed cannot become transferred" in answer.json()["error"]


def header_with(**changes: str) -> dict[str, object]:
    message = fresh(golden("register.request"))
    message["header"] |= changes
    return message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"integrationId": "INT00002"}, "1000"),
        ({"providerServiceId": "SRV00002"}, "1005"),
        ({"providerOrganizationId": "ORG40700"}, "1004"),
        ({"providerSystemId": "SYS00009"}, "1004"),
        ({"consumerOrganizationId": "ORG00009"}, "1003"),
        ({"consumerSystemId": "SYS00009"}, "1003"),
        ({"requestSendTime": wall_stamp(datetime.now(UTC) - timedelta(days=1))}, "1001"),
        ({"requestSendTime": wall_stamp(datetime.now(UTC) + timedelta(days=1))}, "1001"),
        ({"requestSendTime": "20251399000000000"}, "1001"),
    ],
)
async def test_headers_that_name_the_wrong_thing(
    mocks: MockServer,
    centre: Centre,
    changes: dict[str, str],
    code: str,
) -> None:
    """Each wrong id or time has its result code, with 200 and an empty body, and nothing is done."""
    answer = await centre.client.post(f"/{OFFICE}/referrals", json=header_with(**changes))
    assert (answer.status_code, answer.json()["header"]["resultCode"], answer.json()["body"]) == (200, code, {})
    assert acts(mocks) == []


async def test_the_golden_answer_to_an_old_message(centre: Centre) -> None:
    """The golden request itself is of 2025, so it gets the golden 1001."""
    answer = await centre.send(golden("register.request"))
    assert timeless(answer.json()) == timeless(golden("invalid_time.reply"))


async def test_a_message_without_a_header(centre: Centre) -> None:
    """3002 with 400, in an envelope whose ids are empty."""
    answer = await centre.send(golden("no_header.request"))
    assert (answer.status_code, timeless(answer.json())) == (400, timeless(golden("no_header.reply")))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"hshdPersCnt": "3"}, "body.hshdPersCnt: type"),
        ({"mnthIncmAmt": 100000.5}, "body.mnthIncmAmt: type"),
        ({"tgtrBrthYmd": "19800230"}, "tgtrBrthYmd: no such time"),
        ({"tgtrBrthYmd": "1980-01-01"}, "body.tgtrBrthYmd: pattern"),
        ({"tgtrNm": None}, "body: required tgtrNm"),
        ({"tgtrNm": unicodedata.normalize("NFD", "홍길동")}, "tgtrNm: not plain NFC text"),
        ({"rqstOpnn": "의\x00견"}, "rqstOpnn: not plain NFC text"),
        ({"svcCd": "XX99"}, "body.svcCd: enum"),
        ({"refRqstNo": "SHORT"}, "body.refRqstNo: pattern"),
        ({"홍길동": "x"}, "body: additionalProperties"),
    ],
)
async def test_bodies_against_the_contract(
    mocks: MockServer,
    centre: Centre,
    body: dict[str, object],
    place: str,
) -> None:
    """3001 names the place and the rule, repeats no value and no made-up name, and nothing is done.

    The status is 400 for what the schema forbids, 200 for what it cannot say.
    """
    answer = await centre.send(fresh(golden("register.request", **body)))
    header = answer.json()["header"]
    status = 400 if place.startswith("body") else 200
    assert (answer.status_code, header["resultCode"]) == (status, "3001")
    assert header["resultMessage"] == f"요청 메시지 분석 실패: {place}"
    assert acts(mocks) == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "3001"),
        (b"[]", 400, "3001"),
        (b'{"header": {}, "header": {}}', 400, "3001"),
        (b'{"header": NaN}', 400, "3001"),
        ('{"header": "홍길동"}'.encode("cp949"), 400, "3001"),
        (b'{"header": 1}', 400, "3002"),
        (b'{"header": {}}', 400, "3001"),
        (b"[" * 200_000, 400, "3001"),
    ],
)
async def test_what_is_no_message(centre: Centre, content: bytes, status: int, code: str) -> None:
    """Garbage is answered in the envelope."""
    answer = await centre.client.post(
        f"/{OFFICE}/referrals",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["header"]["resultCode"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "kind", "status", "code"),
    [
        ("POST", "/9999999/referrals", "application/json", 404, "1004"),
        ("POST", f"/{OFFICE}/people", "application/json", 404, "1005"),
        ("GET", f"/{OFFICE}/referrals", "application/json", 405, "1005"),
        ("POST", f"/{OFFICE}/referrals", "text/xml", 415, "3000"),
    ],
)
async def test_wrong_addresses(centre: Centre, method: str, path: str, kind: str, status: int, code: str) -> None:
    """Unknown offices and services, methods and media types have their HTTP status, in the envelope."""
    answer = await centre.client.request(method, path, content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["header"]["resultCode"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)


async def test_refused_requests_stand_in_the_journal_with_their_fields(mocks: MockServer, centre: Centre) -> None:
    """What was refused was disclosed all the same: the journal names key and fields, without values."""
    await centre.call("register_not_ours.request", tgtrRrno="8001011000000")
    (entry,) = mocks.counters["community_center"].desk.journal.entries
    assert (entry.key, entry.accepted, "tgtrRrno" in entry.fields) == (KEY, False, True)
    assert "8001011000000" not in str(entry)


def test_the_auditors_table_knows_every_field() -> None:
    """`fields.json` has exactly the fields that the contract's requests may carry."""
    table = json.loads((GOLDEN.parents[2] / "mocks" / "community_center" / "fields.json").read_text())
    operations = ("register", "status", "withdraw", "supplement")
    assert set(table) == set().union(*(fields_of(operation) for operation in operations))


def test_offices_by_legal_dong() -> None:
    """31 offices with codes of their own; districts belong to their city; Seoul to none."""
    found = {dong: office_of(dong) for dong in ("4115010100", "4128510100", "4119210100", "4180025021", "1168010100")}
    assert (len(OFFICES), [office and office.name for office in found.values()]) == (
        31,
        ["의정부시", "고양시", "부천시", "연천군", None],
    )


def test_no_office_claims_the_area_of_another() -> None:
    """No prefix begins another one."""
    prefixes = [office.dong_prefix for office in OFFICES.values()]
    assert [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)] == []


def test_states_and_codes_fit_the_contract() -> None:
    """Every state has a code of the contract, every code a state, and every step leads to a known state."""
    assert set(CODE_OF.values()) == set(CODES["prgrSttsCd"])
    steps = {state: next_states(state) for state in CODE_OF if state != "transferred"}
    assert all(later <= set(CODE_OF) and state not in later for state, later in steps.items())
