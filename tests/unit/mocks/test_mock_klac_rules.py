"""The mock 대한법률구조공단 without a server: what it refuses of a request, its rules, orders and books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mocks.kit.agency import Reply, Request
from mocks.kit.desk import Desk, desk_for
from mocks.klac import KlacMock
from mocks.klac.cases import CODE_OF, next_states
from mocks.klac.contract import CODES
from mocks.klac.misbehaviour import OWN_FAULTS

KEY, OTHER = "NR20400109" + "A" * 26, "NR20400109" + "B" * 26
PERSON: dict[str, Any] = {
    "aplcntNm": "홍길동",
    "brthYmd": "19800102",
    "lgldongCd": "4115010100",
    "rqstYmd": "20400109",
    "telnoList": ["01000001234"],
}
AID = {"aplyDvsnCd": "01", **PERSON}


@pytest.fixture
def desk() -> Desk:
    desk = desk_for("klac", {"api_key": "right"})
    desk.clock.set(datetime(2040, 1, 9, 0, 0, tzinfo=UTC))
    return desk


@pytest.fixture
def agency(desk: Desk) -> KlacMock:
    return KlacMock(desk)


def request(
    method: str = "POST", path: str = "/aid-applications", body: Any = None, query: str = "", **headers: str
) -> Request:
    """Return a good request, but for what is said."""
    shown = {"x-api-key": "right", "content-type": "application/json", "idempotency-key": KEY}
    shown |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(AID if body is None else body).encode()
    return Request(method, path, query, shown, content)


async def told(agency: KlacMock, asked: Request) -> tuple[int, str]:
    """Return an answer's status and its error code."""
    reply = await agency.handle(asked)
    return reply.status, str(_read(reply).get("errCd", ""))


def _read(reply: Reply) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(reply.body or b"{}")
    return found


BAD: dict[str, tuple[Request, tuple[int, str]]] = {
    "no key": (request(x_api_key=""), (401, "E901")),
    "a wrong key": (request(x_api_key="wrong"), (401, "E901")),
    "another place": (request(path="/elsewhere"), (404, "")),
    "another method": (request("PUT"), (405, "")),
    "a form": (request(content_type="application/x-www-form-urlencoded"), (415, "")),
    "no idempotency key": (request(idempotency_key=""), (400, "E101")),
    "a short idempotency key": (request(idempotency_key=KEY[:-1]), (400, "E101")),
    "no JSON": (request(body=b"{"), (400, "E101")),
    "a list": (request(body=[]), (400, "E101")),
    "a field too few": (request(body=PERSON), (400, "E101")),
    "a field too many": (request(body=AID | {"rrno": "8001021000000"}), (400, "E101")),
    "a day that is none": (request(body=AID | {"brthYmd": "19800230"}), (400, "E101")),
    "a case of nobody": (request("GET", f"/cases/{KEY}"), (404, "E401")),
    "a bad key in the address": (request("GET", "/cases/short"), (400, "E101")),
    "a query too many": (request("GET", f"/cases/{KEY}", query="a=1"), (400, "E101")),
    "a withdrawal of nobody": (request(path=f"/cases/{KEY}/withdrawal", body={"whdrwRsnCd": "01"}), (404, "E401")),
    "a supplement of nobody": (request(path=f"/cases/{KEY}/supplements", body={"splmCn": "-"}), (404, "E401")),
    "slots without a day": (request("GET", "/counsel-slots"), (400, "E101")),
    "slots of no branch": (request("GET", "/counsel-slots", query="from=20400109&brnch=XX"), (400, "E101")),
    "slots twice": (request("GET", "/counsel-slots", query="from=20400109&from=20400110"), (400, "E101")),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_the_contract_forbids_is_refused(agency: KlacMock, desk: Desk, name: str) -> None:
    """In the contract's words, without repeating what was sent, and without an act."""
    asked, expected = BAD[name]
    reply = await agency.handle(asked)
    assert ((reply.status, str(_read(reply).get("errCd", ""))), desk.ledger.acts) == (expected, ())
    assert "8001021000000" not in reply.body.decode()


async def test_a_refusal_takes_no_key(agency: KlacMock) -> None:
    """Ordered, it strikes once; then the same key is new."""
    agency.advance({"refuse_next": "E204"})
    assert [await told(agency, request()) for _ in range(3)] == [(422, "E204"), (201, ""), (200, "")]


async def test_any_key_will_do_where_none_is_set() -> None:
    """A mock that nobody told a key asks for one all the same."""
    agency = KlacMock(desk_for("klac"))
    assert [(await told(agency, request(x_api_key=shown)))[0] for shown in ("", "any")] == [401, 201]


async def test_the_ledger_keeps_names_and_no_values(agency: KlacMock, desk: Desk) -> None:
    """Members of lists by position; withdrawals under the key of their referral."""
    body = AID | {"debtList": [{"crdtrNm": "가상캐피탈", "debtAmt": 7}]}
    await agency.handle(request(body=body))
    await agency.handle(request(path=f"/cases/{KEY}/withdrawal", body={"whdrwRsnCd": "02"}))
    registered, withdrawn = desk.ledger.acts
    assert {"telnoList[0]", "debtList[0].crdtrNm", "aplcntNm"} <= registered.fields.keys()
    assert "홍길동" not in json.dumps(registered.as_json(), ensure_ascii=False)
    assert (registered.state, withdrawn.operation, withdrawn.key) == ("withdrawn", "withdraw", KEY)


async def test_a_method_has_slots_of_its_own(agency: KlacMock) -> None:
    """Two clients at the same hour: by telephone and in person, or at two branches; not twice the same."""
    hour = {"cnslHopeDt": "20400110100000"}
    wishes = [{"cnslMthdCd": "01"}, {"cnslMthdCd": "02"}, {"lgldongCd": "4111710100"}, {}]
    keys = [KEY[:-1] + str(number) for number in range(len(wishes))]
    answers = [
        await told(agency, request(path="/counsel-reservations", body=PERSON | hour | wish, idempotency_key=key))
        for wish, key in zip(wishes, keys, strict=True)
    ]
    assert answers == [(201, ""), (201, ""), (201, ""), (409, "E301")]


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"key": OTHER, "to": "assigned"}, "no case"),
        ({"key": KEY, "to": "received"}, "to must be one of"),
        ({"key": KEY, "to": "in_service"}, "received cannot become in_service; it can become: assigned"),
        ({"key": KEY, "to": "supplement", "due": "20400230"}, "splmTmlmYmd: no such time"),
        ({"key": KEY, "to": "dismissed", "reason": "77"}, "rjctRsnCd: enum"),
        ({"key": KEY, "receipt": "x", "to": "closed"}, "by key or by receipt"),
        ({"key": KEY, "into": "closed"}, "an order has no into"),
        ({"key": KEY, "to": 5}, "all values of an order are text"),
        ({"refuse_next": "E301"}, "refuse_next must be a refusal of a registration: E201"),
        ({"take": "20400109123000", "branch": "GG01", "method": "01"}, "not free; the earliest are: 20400109100000"),
        ({"take": "2040", "branch": "GG01", "method": "01"}, "cnslDt: pattern"),
    ],
)
async def test_orders_that_cannot_be_carried_out(agency: KlacMock, order: dict[str, Any], text: str) -> None:
    """The text says what is wrong, or what would be possible."""
    await agency.handle(request())
    with pytest.raises(ValueError, match=text):
        agency.advance(order)


@pytest.mark.parametrize("fault", sorted(OWN_FAULTS))
@pytest.mark.parametrize("operation", KlacMock.operations)
async def test_own_faults_keep_to_some_message_of_the_contract(agency: KlacMock, fault: str, operation: str) -> None:
    """Each answers anything, with a body that can be read."""
    await agency.handle(request())
    places = {"reserve": "/counsel-reservations", "apply": "/aid-applications", "slots": "/counsel-slots"}
    ends = {"case": "", "withdraw": "/withdrawal", "supplement": "/supplements"}
    path = places.get(operation) or f"/cases/{KEY}{ends[operation]}"
    asked = request("GET" if operation in {"slots", "case"} else "POST", path, query="")
    reply = agency.misbehave(fault, asked, await agency.handle(asked))
    assert (agency.operation_of(asked), isinstance(_read(reply), dict)) == (operation, True)


def test_every_state_has_a_code_and_an_end() -> None:
    """The states are the contract's, and every case can end."""
    assert set(CODE_OF.values()) == set(CODES["prgrSttsCd"])
    assert {state for state in CODE_OF if not next_states(state)} == {"closed", "withdrawn"}


def test_every_town_has_one_branch() -> None:
    """The 31 시군 of the province, each in one area and no more."""
    areas = [area for branch in CODES["brnchCd"].values() for area in branch["areas"]]
    assert (len(areas), len(set(areas))) == (31, 31)
    assert [one for one in areas for other in areas if one != other and one.startswith(other)] == []
