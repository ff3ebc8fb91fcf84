"""The mock 신용회복위원회: what it takes, refuses and tells, by golden messages and by its rules. No port is opened."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ccrs_wire import APPLICATIONS, GOLDEN, KEY, Caller, debt, golden, key, timeless
from hypothesis import given
from hypothesis import strategies as st

from mocks.ccrs.book import CODE_OF
from mocks.ccrs.judgement import new_since, refusal_of
from mocks.ccrs.mock import CONTRACT
from mocks.kit.journal import handling

EOK = 100_000_000
SCHEMAS = {
    "register": ("RegisterBody", "Accepted"),
    "register_least": ("RegisterBody", ""),
    "standing": ("", "Standing"),
    "supplement": ("SupplementBody", "Supplemented"),
    "withdraw": ("WithdrawBody", "Withdrawn"),
}


@pytest.fixture
async def caller() -> Caller:
    caller = Caller()
    await caller.sign_in()
    return caller


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.re*.json")), ids=lambda path: path.stem)
def test_golden_messages_obey_the_contract(path: Path) -> None:
    """Every message that both sides are bound by passes its schema."""
    name, kind, _ = path.name.split(".")
    schema = SCHEMAS.get(name, ("", "Error"))[kind == "reply"]
    assert CONTRACT.check(schema, json.loads(path.read_text(encoding="utf-8"))) is None


async def test_an_application_becomes_an_act(caller: Caller) -> None:
    """The golden application gets the golden answer; the ledger names every field that arrived, and holds no value."""
    status, answer = await caller.post(golden("register.request"))
    (act,) = caller.desk.ledger.acts
    assert (status, timeless(answer)) == (202, timeless(golden("register.reply")))
    assert (act.operation, act.key, act.receipt) == ("register", KEY, answer["aplyNo"])
    assert act.fields["debtList[1].crdtrNm"] == caller.desk.ledger.digest("똠방캐피탈")
    assert act.fields["telnoList[1]"] == caller.desk.ledger.digest("0310000002")
    assert "홍길동" not in json.dumps(act.as_json(), ensure_ascii=False)


async def test_the_least_application_is_taken(caller: Caller) -> None:
    """A client without debts to speak of may apply all the same."""
    assert (await caller.post(golden("register_least.request")))[0] == 202


async def test_the_second_arrival_gets_the_first_answer(caller: Caller) -> None:
    """Word for word, also after the application moved on; one act."""
    first = await caller.post(golden("register.request"))
    caller.mock.advance({"key": KEY, "to": "decided"})
    assert await caller.post(golden("register.request")) == first
    assert caller.acts == [("register", KEY, "decided")]


async def test_a_key_with_other_content_is_refused(caller: Caller) -> None:
    """E302, with the number of what was taken first: nothing is changed by it."""
    number = await caller.register()
    status, answer = await caller.post(golden("register.request", incmAmt=1))
    assert (status, answer) == (409, golden("key_taken.reply", aplyNo=number))
    assert len(caller.acts) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"prsnInfoAgreYn": "N"},
        {"crdtInfoAgreYn": "N"},
        {"unqInfoBassYn": "N"},
        {"unqInfoBassYn": "N", "rrno": "6802091000000", "crdtInfoAgreYn": "N"},
    ],
)
async def test_what_was_not_agreed_to_is_refused(caller: Caller, changes: dict[str, Any]) -> None:
    """E101 동의 누락; an RRN that is not there needs nothing."""
    assert (await caller.register(**changes), caller.acts) == ("E101", [])
    assert (await caller.register(unqInfoBassYn="N", rrno=None)).startswith("C")


@pytest.mark.parametrize(
    ("debts", "refusal"),
    [
        ([debt(5 * EOK), debt(10 * EOK, secured=True)], None),
        ([debt(5 * EOK + 1)], "E201"),
        ([debt(10 * EOK + 1, secured=True)], "E201"),
        ([debt(3 * EOK), debt(3 * EOK)], "E201"),
        ([debt(10 * EOK, secured=True), debt(5 * EOK), debt(1)], "E201"),
        ([debt(71, day="20240714"), debt(29, day="20240715")], None),
        ([debt(70), debt(30, day="20240715")], "E202"),
        ([debt(70), debt(30, day="20240714")], None),
        ([debt(0, day="20250101")], None),
        ([debt(6 * EOK, day="20250101")], "E201"),
    ],
)
def test_debts_are_judged(debts: list[dict[str, Any]], refusal: str | None) -> None:
    """Ceilings to the won; new debt from thirty per cent on, new from the same day six months ago on."""
    body = golden("register.request", debtList=debts)
    assert refusal_of(body, date(2025, 1, 15)) == refusal


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_six_months_before_any_day_is_a_day(today: date) -> None:
    """In a shorter month its last day; never after the day itself."""
    begin = date.fromisoformat(new_since(today))
    assert (today.year * 12 + today.month) - (begin.year * 12 + begin.month) == 6
    assert begin.day == today.day or (begin.day < today.day and (begin.replace(day=28) <= begin))


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, True),
        ({"custNm": "김나루", "telnoList": ["01000000009"]}, True),
        ({"rrno": None, "unqInfoBassYn": "N"}, True),
        ({"rrno": None, "unqInfoBassYn": "N", "telnoList": ["01000000009", "0310000002"]}, True),
        ({"rrno": None, "unqInfoBassYn": "N", "telnoList": ["01000000009"]}, False),
        ({"rrno": None, "unqInfoBassYn": "N", "custBrthYmd": "19680210"}, False),
        ({"rrno": "6802092000000", "custNm": "김나루"}, False),
    ],
)
async def test_one_person_applies_once(caller: Caller, changes: dict[str, Any], *, refused: bool) -> None:
    """E301 by RRN, or by name, birth date and a telephone; for any programme."""
    await caller.register()
    again = await caller.register(clientRequestId=key(2), prodDvsnCd="40", **changes)
    assert (again == "E301", len(caller.acts)) == (refused, 1 if refused else 2)


@pytest.mark.parametrize("way", [["withdrawn"], ["closed"], ["rejected"], ["decided", "completed"]])
async def test_whoever_has_none_open_may_apply_again(caller: Caller, way: list[str]) -> None:
    """After the end of the first one."""
    await caller.register()
    for state in way:
        assert await caller.register(clientRequestId=key(2)) == "E301"
        caller.mock.advance({"key": KEY, "to": state})
    assert (await caller.register(clientRequestId=key(2))).startswith("C")


async def test_how_it_stands(caller: Caller) -> None:
    """By number and by key the same, step by step, as the golden answer has it."""
    number = await caller.register()
    caller.mock.advance({"key": KEY, "to": "assigned"})
    caller.mock.advance({"receipt": number, "to": "supplement", "due": "20250123"})
    caller.mock.advance({"key": KEY, "to": "reviewing"})
    caller.mock.advance({"key": KEY, "to": "decided", "text": "8년 분할상환으로 확정함."})
    caller.mock.advance({"key": KEY, "to": "closed"})
    standing = await caller.get(f"/{number}")
    assert (standing[0], timeless(standing[1])) == (200, timeless(golden("standing.reply")))
    assert standing == await caller.get(query=f"clientRequestId={KEY}")


async def test_what_nobody_applied_for_is_unknown(caller: Caller) -> None:
    """E401 to every question and order, also under somebody else's key."""
    unknown = (404, golden("unknown.reply"))
    number = await caller.register()
    assert await caller.get("/C202501150000009") == unknown
    assert await caller.get(query=f"clientRequestId={key(9)}") == unknown
    for path, name in (("withdrawal", "withdraw"), ("supplements", "supplement")):
        message = golden(f"{name}.request")
        assert await caller.post(message, f"/C202501150000009/{path}") == unknown
        assert await caller.post(message | {"clientRequestId": key(9)}, f"/{number}/{path}") == unknown


async def test_a_withdrawal_is_taken_once(caller: Caller) -> None:
    """Twice it gets the same answer and is one act; what has ended cannot be withdrawn."""
    path = f"/{await caller.register()}/withdrawal"
    first = await caller.post(golden("withdraw.request"), path)
    assert (first[0], timeless(first[1])) == (200, timeless(golden("withdraw.reply")))
    assert await caller.post(golden("withdraw.request"), path) == first
    assert caller.acts == [("register", KEY, "withdrawn"), ("withdraw", KEY, "withdrawn")]
    ended = await caller.register(clientRequestId=key(2))
    caller.mock.advance({"receipt": ended, "to": "dismissed"})
    status, answer = await caller.post(golden("withdraw.request", clientRequestId=key(2)), f"/{ended}/withdrawal")
    assert (status, answer["errCd"]) == (409, "E402")


async def test_a_supplement_answers_a_request(caller: Caller) -> None:
    """Unasked for E402; asked for once, however often it comes; agreements count here too."""
    path, message = f"/{await caller.register()}/supplements", golden("supplement.request")
    assert (await caller.post(message, path))[1]["errCd"] == "E402"
    caller.mock.advance({"key": KEY, "to": "supplement"})
    assert (await caller.post(message | {"crdtInfoAgreYn": "N"}, path))[1]["errCd"] == "E101"
    first = await caller.post(message, path)
    assert (first[0], timeless(first[1])) == (200, timeless(golden("supplement.reply")))
    assert await caller.post(message, path) == first
    assert [operation for operation, _, _ in caller.acts] == ["register", "supplement"]


@pytest.mark.parametrize(
    ("method", "path", "query", "media", "body", "expected"),
    [
        ("POST", APPLICATIONS, "", "application/json", b"", (400, "E001")),
        ("POST", APPLICATIONS, "", "application/json", b'{"a": 1, "a": 2}', (400, "E001")),
        ("POST", APPLICATIONS, "", "application/json", b"[" * 20_000, (400, "E001")),
        ("POST", APPLICATIONS, "", "application/json", b'{"custNm": "\xed"}', (400, "E001")),
        ("POST", APPLICATIONS, "", "text/plain", b"{}", (415, "E005")),
        ("PUT", APPLICATIONS, "", "application/json", b"{}", (405, "E004")),
        ("GET", APPLICATIONS, "", "", b"", (400, "E001")),
        ("GET", APPLICATIONS, "clientRequestId=short", "", b"", (400, "E001")),
        ("GET", APPLICATIONS, f"clientRequestId={KEY}&clientRequestId={KEY}", "", b"", (400, "E001")),
        ("GET", f"{APPLICATIONS}/C202501150000001", "x=1", "", b"", (400, "E001")),
        ("GET", f"{APPLICATIONS}/C2025", "", "", b"", (404, "E004")),
        ("GET", "", "", "", b"", (404, "E004")),
        ("POST", "/supplements", "", "application/json", b"{}", (404, "E004")),
        ("DELETE", "/api/v1/health", "", "", b"", (405, "E004")),
    ],
)
async def test_what_cannot_be_read_is_turned_away(
    caller: Caller, method: str, path: str, query: str, media: str, body: bytes, expected: tuple[int, str]
) -> None:
    """With its code, and nothing done."""
    reply = await caller.ask(method, path, body, query=query, media=media)
    assert (reply.status, json.loads(reply.body)["errCd"]) == expected
    assert caller.acts == []


@pytest.mark.parametrize(
    "changes",
    [
        {"custNm": None},
        {"custNm": unicodedata.normalize("NFD", "홍길동")},
        {"custBrthYmd": "19680230"},
        {"debtList": []},
        {"debtList": [debt(1, day="20250230")]},
        {"debtList": [debt(1) | {"debtAmt": "100000"}]},
        {"ovduDcnt": True},
        {"custCi": "x"},
        {"clientRequestId": "NR1"},
        {"rqstOpnn": "경고음\u0007"},
    ],
)
async def test_the_schema_is_strict(caller: Caller, changes: dict[str, Any]) -> None:
    """Missing, impossible, of another type, not NFC, not in the contract: E001, whose words repeat nothing."""
    status, answer = await caller.post(golden("register.request", **changes))
    assert (status, answer) == (400, {"errCd": "E001", "errMsg": "형식 오류"})


async def test_the_journal_names_what_arrived(caller: Caller) -> None:
    """Also of a refused application, without positions; never a name that the caller made up."""
    entry = caller.desk.journal.open("in", "register", "POST", APPLICATIONS, 0)
    with handling(entry):
        await caller.post(golden("register.request", prsnInfoAgreYn="N") | {"홍길동": 1})
    assert (entry.key, "debtList.debtAmt" in entry.fields, "telnoList" in entry.fields) == (KEY, True, True)
    assert [name for name in entry.fields if not name.isascii() or "[" in name] == []


def test_the_auditors_table_knows_every_field() -> None:
    """Each name that a message may carry, members of debts by their own, has its row."""
    table = json.loads((Path(__file__).parents[3] / "mocks/ccrs/fields.json").read_text("utf-8"))
    names = {
        name for schema in ("RegisterBody", "SupplementBody", "WithdrawBody") for name in CONTRACT.fields_of(schema)
    }
    debts = {f"debtList.{name}" for name in CONTRACT.fields_of("Debt")}
    assert table.keys() == (names - {"debtList"}) | debts


def test_every_state_has_its_code() -> None:
    """The words of `advance` and the codes of the contract, one to one."""
    assert sorted(CODE_OF.values()) == sorted(CONTRACT.codes["prcsSttsCd"])


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({}, "by key or by receipt"),
        ({"key": KEY}, "to must be"),
        ({"key": KEY, "to": "received"}, "to must be"),
        ({"key": KEY, "to": "assigned", "office": "3820000"}, "an order has no office"),
        ({"key": 1, "to": "assigned"}, "all values of an order are text"),
        ({"key": KEY, "receipt": "C", "to": "assigned"}, "by key or by receipt"),
        ({"key": key(9), "to": "assigned"}, "no case with this key"),
        ({"key": KEY, "to": "lapsed"}, "cannot become"),
        ({"key": KEY, "to": "closed", "reason": "77"}, "does not allow"),
        ({"key": KEY, "to": "supplement", "due": "20250230"}, "does not allow"),
        ({"tokens": "keep"}, "tokens: revoke"),
    ],
)
async def test_impossible_orders_are_named(caller: Caller, order: dict[str, Any], told: str) -> None:
    """A tester learns what was wrong; nothing moves."""
    await caller.register()
    with pytest.raises(ValueError, match=told):
        caller.mock.advance(order)
    assert caller.acts == [("register", KEY, "received")]


async def test_an_objection_reopens(caller: Caller) -> None:
    """부적합, 이의신청, 심사중, 확정, 이행, 실효: every step of a long way."""
    await caller.register()
    for state in ("unsuitable", "objected", "reviewing", "decided", "in_service", "lapsed"):
        assert caller.mock.advance({"key": KEY, "to": state})["state"] == state
    _, standing = await caller.get(query=f"clientRequestId={KEY}")
    assert [row["prcsSttsCd"] for row in standing["hstList"]] == ["01", "11", "94", "04", "10", "20", "21"]
