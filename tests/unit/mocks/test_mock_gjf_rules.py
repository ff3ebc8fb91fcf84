"""The mock 경기도일자리재단 without a server: what it refuses of a request, its pages, orders and books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mocks.gjf import GjfMock
from mocks.gjf.cases import CODE_OF, next_states
from mocks.gjf.contract import CODES
from mocks.gjf.misbehaviour import OWN_FAULTS
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import Desk, desk_for

KEY, OTHER = "NR20400109" + "A" * 22, "NR20400109" + "B" * 22
ALL = "/job-seekers/referrals"
PERSON: dict[str, Any] = {
    "extReqId": KEY,
    "jbskrNm": "홍길동",
    "brthYmd": "19800102",
    "telnoList": ["01000001234"],
    "lgldongCd": "4115010100",
    "rqstYmd": "20400109",
}
WITHDRAWAL = {"whdrwReqId": "WD" + KEY[2:], "whdrwRsnCd": "01"}
FIRST = "pageNo=1&numOfRows=10"


@pytest.fixture
def desk() -> Desk:
    desk = desk_for("gjf", {"token": "right"})
    desk.clock.set(datetime(2040, 1, 9, 0, 0, tzinfo=UTC))
    return desk


@pytest.fixture
def agency(desk: Desk) -> GjfMock:
    return GjfMock(desk)


def request(method: str = "POST", path: str = ALL, body: Any = None, query: str = "", **headers: str) -> Request:
    """Return a good request, but for what is said."""
    shown = {"authorization": "Bearer right", "content-type": "application/json"}
    shown |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(PERSON if body is None else body).encode()
    return Request(method, path, query, shown, content)


def _read(reply: Reply) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(reply.body or b'{"header": {"resultCode": ""}, "body": {}}')
    return found


async def told(agency: GjfMock, asked: Request) -> tuple[int, str]:
    """Return an answer's status and its result code."""
    reply = await agency.handle(asked)
    return reply.status, str(_read(reply)["header"]["resultCode"])


BAD: dict[str, tuple[Request, tuple[int, str]]] = {
    "no token": (request(authorization=""), (401, "50")),
    "a wrong token": (request(authorization="Bearer wrong"), (401, "50")),
    "another scheme": (request(authorization="Basic right"), (401, "50")),
    "another place": (request(path="/elsewhere"), (404, "")),
    "another method": (request("PUT"), (405, "")),
    "a history posted": (request(path=f"{ALL}/{KEY}/history"), (405, "")),
    "a form": (request(content_type="application/x-www-form-urlencoded"), (415, "")),
    "no JSON": (request(body=b"{"), (400, "10")),
    "a list": (request(body=[]), (400, "10")),
    "a field too few": (request(body={"extReqId": KEY}), (400, "11")),
    "a field too many": (request(body=PERSON | {"rrno": "8001021000000"}), (400, "10")),
    "a day that is none": (request(body=PERSON | {"brthYmd": "19800230"}), (400, "10")),
    "a list without a page": (request("GET", query=f"extReqId={KEY}"), (400, "11")),
    "a list of more": (request("GET", query=f"extReqId={KEY}&{FIRST}&a=1"), (400, "11")),
    "page zero": (request("GET", query=f"extReqId={KEY}&pageNo=0&numOfRows=10"), (400, "10")),
    "eleven rows": (request("GET", query=f"extReqId={KEY}&pageNo=1&numOfRows=11"), (400, "10")),
    "a short key": (request("GET", query=f"extReqId={KEY[:-1]}&{FIRST}"), (400, "10")),
    "a key of nobody": (request("GET", query=f"extReqId={KEY}&{FIRST}"), (200, "03")),
    "a history of nobody": (request("GET", f"{ALL}/{KEY}/history", query=FIRST), (200, "03")),
    "a withdrawal of nobody": (request(path=f"{ALL}/{KEY}/withdrawal", body=WITHDRAWAL), (200, "03")),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_the_contract_forbids_is_refused(agency: GjfMock, desk: Desk, name: str) -> None:
    """In the contract's words, without repeating what was sent, and without an act."""
    asked, expected = BAD[name]
    reply = await agency.handle(asked)
    assert ((reply.status, _read(reply)["header"]["resultCode"]), desk.ledger.acts) == (expected, ())
    assert "8001021000000" not in reply.body.decode()


async def test_a_refusal_takes_no_key(agency: GjfMock) -> None:
    """Ordered, it strikes once; then the same key is new, and after that known."""
    agency.advance({"refuse_next": "23"})
    replies = [_read(await agency.handle(request())) for _ in range(3)]
    assert [one["header"]["resultCode"] for one in replies] == ["23", "00", "00"]
    assert [one["body"].get("dplctYn") for one in replies] == [None, "N", "Y"]


@pytest.mark.parametrize(("born", "code"), [("20250110", "21"), ("20250109", "00")])
async def test_nobody_under_15_is_taken(agency: GjfMock, born: str, code: str) -> None:
    """On the day of the referral: the fifteenth birthday is enough."""
    assert await told(agency, request(body=PERSON | {"brthYmd": born})) == (200, code)


async def test_a_history_is_shown_in_pages(agency: GjfMock) -> None:
    """Three pages of two, two and one row, and none beyond."""
    await agency.handle(request())
    for step in ("assigned", "decided", "in_service", "in_service"):
        agency.advance({"key": KEY, "to": step})
    shown = []
    for number in (1, 2, 3, 4):
        asked = request("GET", f"{ALL}/{KEY}/history", query=f"pageNo={number}&numOfRows=2")
        shown.append(_read(await agency.handle(asked)))
    assert [[row["sttsCd"] for row in one["body"].get("items", [])] for one in shown] == [
        ["01", "02"], ["04", "05"], ["05"], [],
    ]  # fmt: skip
    assert [one["body"].get("totalCount") for one in shown] == [5, 5, 5, None]
    assert shown[-1]["header"]["resultCode"] == "03"


async def test_the_ledger_keeps_names_and_no_values(agency: GjfMock, desk: Desk) -> None:
    """Members of lists by position; withdrawals under the key of their referral, and once."""
    await agency.handle(request())
    for _ in range(2):
        await agency.handle(request(path=f"{ALL}/{KEY}/withdrawal", body=WITHDRAWAL))
    registered, withdrawn = desk.ledger.acts
    assert {"extReqId", "telnoList[0]", "jbskrNm"} <= registered.fields.keys()
    assert "홍길동" not in json.dumps(registered.as_json(), ensure_ascii=False)
    assert (registered.state, withdrawn.operation, withdrawn.key) == ("withdrawn", "withdraw", KEY)


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"key": OTHER, "to": "assigned"}, "no case"),
        ({"key": KEY, "to": "received"}, "to must be one of"),
        ({"key": KEY, "to": "in_service"}, "received cannot become in_service; it can become: assigned"),
        ({"key": KEY, "to": "closed", "reason": "77"}, "clsRsnCd: enum"),
        ({"key": KEY, "receipt": "x", "to": "closed"}, "by key or by receipt"),
        ({"key": KEY, "due": "20400110", "to": "closed"}, "an order has no due"),
        ({"key": KEY, "to": 5}, "all values of an order are text"),
        ({"refuse_next": "30"}, "refuse_next must be a refusal of a registration: 20"),
    ],
)
async def test_orders_that_cannot_be_carried_out(agency: GjfMock, order: dict[str, Any], text: str) -> None:
    """The text says what is wrong, or what would be possible."""
    await agency.handle(request())
    with pytest.raises(ValueError, match=text):
        agency.advance(order)


@pytest.mark.parametrize("fault", sorted(OWN_FAULTS))
@pytest.mark.parametrize("operation", GjfMock.operations)
async def test_own_faults_keep_to_some_message_of_the_contract(agency: GjfMock, fault: str, operation: str) -> None:
    """Each answers anything, with a body that can be read."""
    await agency.handle(request())
    asked = {
        "register": request(),
        "list": request("GET", query=f"extReqId={KEY}&{FIRST}"),
        "history": request("GET", f"{ALL}/{KEY}/history", query=FIRST),
        "withdraw": request(path=f"{ALL}/{KEY}/withdrawal", body=WITHDRAWAL),
    }[operation]
    reply = agency.misbehave(fault, asked, await agency.handle(asked))
    assert (agency.operation_of(asked), set(_read(reply))) == (operation, {"header", "body"})


def test_every_state_has_a_code_and_an_end() -> None:
    """The states are the contract's, and every case can end."""
    assert set(CODE_OF.values()) == set(CODES["sttsCd"])
    assert {state for state in CODE_OF if not next_states(state)} == {"closed", "withdrawn"}
