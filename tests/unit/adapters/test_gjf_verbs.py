"""The 경기도일자리재단 adapter over an in-process transport: what an answer proves, and pages that do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.gjf import Gjf, codes
from adapters.gjf.contract import CONTRACT
from adapters.gjf.mapping import FIELDS, REQUIRED, register_body
from adapters.gjf.pages import MOST_PAGES, ROWS
from adapters.gjf.settings import GjfSettings
from adapters.sdk import (
    AdapterError,
    BadReplyError,
    BusyError,
    CannotExpressError,
    Found,
    Gate,
    MisconfiguredError,
    Repeat,
    UncertainError,
    Verb,
    Wires,
    capabilities,
)
from adapters.sdk.testing import Bench, full_document, without
from schemas.client import EmploymentStatus, Sex
from schemas.privacy import prune
from schemas.services import ServiceCode

KEY = "NR20400109" + "A" * 22
OTHER = "NR20400109" + "B" * 22
IDS = {"extReqId": KEY, "rfrlNo": "GJ2040-00000001"}
ITEM: dict[str, Any] = {**IDS, "rcptDt": "20400109090000", "sttsCd": "01"}
ROW: dict[str, Any] = {"sttsSn": 1, "sttsCd": "01", "sttsDt": "20400109090000"}
PAGE = {"pageNo": 1, "numOfRows": ROWS, "totalCount": 1}
HONEST: dict[str, dict[str, Any]] = {
    "submit": ITEM | {"dplctYn": "N"},
    "find": PAGE | {"items": [ITEM]},
    "status": IDS | PAGE | {"items": [ROW]},
    "withdraw": {**IDS, "sttsCd": "10", "whdrwDt": "20400109090000"},
}
OPERATIONS = {"submit": "register", "find": "list", "status": "history", "withdraw": "withdraw"}

Answering = Callable[[httpx.Request], httpx.Response]


def reply(message: Any, status: int = 200, **headers: str) -> httpx.Response:
    """Answer with a message as JSON; pass bytes to answer with just those."""
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    return httpx.Response(status, content=body, headers={"content-type": "application/json; charset=utf-8"} | headers)


def enveloped(body: dict[str, Any], code: str = "00", status: int = 200) -> httpx.Response:
    """Answer with a result of the contract."""
    return reply({"header": {"resultCode": code, "resultMsg": "홍길동에 관하여"}, "body": body}, status)


def bench_that(answer: httpx.Response | Answering, sent: list[httpx.Request] | None = None) -> Bench:
    """Build the adapter on a wire that answers so."""
    gate, asked = Gate(), [] if sent is None else sent

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request) if callable(answer) else answer

    settings = GjfSettings(base_url="http://gjf.test", token="not-to-be-seen")
    return Bench(profile=Gjf.profile, gate=gate, adapter=Gjf(settings, Wires("gjf", gate, httpx.MockTransport(take))))


async def speak(bench: Bench, verb: str) -> Any:
    return await bench.speak(Verb(verb), KEY, "GJ2040-00000001")


def test_what_it_is() -> None:
    """The slug, the width of its key, what a lost answer means, and the verbs that its contract has."""
    profile = Gjf.profile
    assert (profile.slug, profile.wire_key.width, profile.repeat, profile.settling_seconds) == (
        "gjf", 32, Repeat.KEYED, 0,
    )  # fmt: skip
    assert capabilities(Gjf) == {Verb.SUBMIT, Verb.FIND, Verb.STATUS, Verb.WITHDRAW}
    assert {path for path in profile.discloses if path.startswith(("client.debts", "client.household"))} == set()


def test_settings_are_safe() -> None:
    """Disabled and without an address by default, and a token that no text shows."""
    settings = GjfSettings(token="not-to-be-seen")
    assert (settings.enabled, settings.missing()) == (False, ["base_url"])
    assert GjfSettings().missing() == ["base_url", "token"]
    assert "not-to-be-seen" not in f"{settings} {settings!r} {bench_that(reply({})).adapter!r}"


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("resultCode", codes.RESULT_CODES.keys()),
        ("sttsCd", codes.STATUSES.keys()),
        ("clsRsnCd", codes.OUTCOMES.keys()),
        ("sexCd", {codes.SEXES[sex] for sex in Sex}),
        ("empSttsCd", {codes.EMPLOYMENT[status] for status in EmploymentStatus}),
    ],
)
def test_every_code_of_the_contract_is_mapped(table: str, known: Any) -> None:
    """No code of the tables is unknown to us, and none of ours to them; every refusal has a reason."""
    assert set(CONTRACT.codes[table]) == set(known)
    assert {code for code, what in codes.RESULT_CODES.items() if what is codes.Meaning.REFUSED} <= codes.REFUSALS.keys()


@pytest.mark.parametrize("verb", HONEST)
@pytest.mark.parametrize("code", sorted(codes.RESULT_CODES.keys() - {"00"}))
async def test_every_result_lands_in_its_class(verb: str, code: str) -> None:
    """By the code's meaning, if this operation may be answered so; else it is no answer to it."""
    told = CONTRACT.codes["resultCode"][code]
    errors: dict[codes.Meaning, Any] = {
        codes.Meaning.MISCONFIGURED: MisconfiguredError,
        codes.Meaning.UNCERTAIN: UncertainError,
        codes.Meaning.WAIT: BusyError,
    }
    allowed = OPERATIONS[verb] in told["operations"] and verb != "status"
    expected = errors.get(codes.RESULT_CODES[code], code if allowed else BadReplyError)
    said = ""
    try:
        result: Any = (await speak(bench_that(enveloped({}, code, told["http"][-1])), verb)).raw_code
    except AdapterError as raised:
        result, said = type(raised), f"{raised} {raised!r}"
    assert (result, "홍길동" in said) == (expected, False)


@pytest.mark.parametrize(("wish", "seconds"), [({}, None), ({"retry-after": "17"}, 17.0)])
async def test_429_did_nothing(wish: dict[str, str], seconds: float | None) -> None:
    """Calls are counted before they are read; the wish to wait is passed on."""
    with pytest.raises(BusyError) as caught:
        await speak(bench_that(httpx.Response(429, headers=wish, text="<html>잠시 뒤에</html>")), "submit")
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [401, 403, 413, 415])
async def test_what_is_turned_away_is_ours_to_mend(status: int) -> None:
    """Token, rights, length or label: with a body of the contract or without one."""
    with pytest.raises(MisconfiguredError):
        await speak(bench_that(httpx.Response(status, text="<html>Forbidden</html>")), "withdraw")


WHOLE = HONEST["submit"]
STRANGE: dict[str, httpx.Response] = {
    "503": httpx.Response(503, headers={"retry-after": "17"}),
    "maintenance page": reply("<html>시스템 점검 중입니다. 홍길동</html>".encode("cp949")),
    "empty 200": httpx.Response(200),
    "201": enveloped(WHOLE, status=201),
    "202 with nothing": httpx.Response(202),
    "500 with a number": enveloped(WHOLE, status=500),
    "404 page": httpx.Response(404, text="<html>Not Found</html>"),
    "no header": reply({"body": WHOLE}),
    "no body": reply({"header": {"resultCode": "00", "resultMsg": "정상"}}),
    "00 without a number": enveloped({}),
    "20 with a number": enveloped(WHOLE, "20"),
    "20 with 400": enveloped({}, "20", 400),
    "an unknown result": enveloped({}, "77"),
    "an unknown field": enveloped(WHOLE | {"홍길동": "1"}),
    "a bad number": enveloped(WHOLE | {"rfrlNo": "홍길동"}),
    "an impossible time": enveloped(WHOLE | {"rcptDt": "20400230090000"}),
    "another referral's number": enveloped(WHOLE | {"extReqId": OTHER}),
    "another operation's reply": enveloped(HONEST["withdraw"]),
}


@pytest.mark.parametrize("name", STRANGE)
async def test_answers_outside_the_contract_prove_nothing(name: str) -> None:
    """A strange answer to a write is an unknown, never a number and never a refusal; its text is not repeated."""
    with pytest.raises(BadReplyError) as caught:
        await speak(bench_that(STRANGE[name]), "submit")
    assert "홍길동" not in f"{caught.value} {caught.value!r}"


def rows(first: int, number: int) -> list[dict[str, Any]]:
    """Return some rows of a history, whose states do not matter."""
    return [ROW | {"sttsSn": serial} for serial in range(first, first + number)]


def paged(request: httpx.Request, total: int, **changes: Any) -> httpx.Response:
    """Answer with the page of a history that was asked for, or with another one."""
    number = int(request.url.params["pageNo"])
    shown = rows((number - 1) * ROWS + 1, min(ROWS, total - (number - 1) * ROWS))
    page = {"pageNo": number, "numOfRows": ROWS, "totalCount": total, "items": shown}
    return enveloped(IDS | page | changes)


@pytest.mark.parametrize("total", [1, 9, 10, 11, 20, 37, MOST_PAGES * ROWS])
async def test_all_pages_are_read(total: int) -> None:
    """Every row once, in as many calls as there are pages."""
    sent: list[httpx.Request] = []
    report = await speak(bench_that(lambda request: paged(request, total), sent), "status")
    assert [fact.serial for fact in report.facts] == [str(serial) for serial in range(1, total + 1)]
    assert len(sent) == -(-total // ROWS)


TORN: dict[str, Answering] = {
    "without an end": lambda request: paged(request, MOST_PAGES * ROWS + 1),
    "always the first page": lambda request: paged(request, 25, pageNo=1),
    "pages of another size": lambda request: paged(request, 25, numOfRows=5),
    "a row too few": lambda request: paged(request, 25, items=rows(1, 9)),
    "a row too many": lambda request: paged(request, 5, items=rows(1, 6)),
    "a total that grows": lambda request: paged(request, 24 + int(request.url.params["pageNo"])),
    "a total that shrinks": lambda request: paged(request, 32 - 10 * int(request.url.params["pageNo"])),
    "an end before its total": lambda request: (
        paged(request, 25) if request.url.params["pageNo"] == "1" else enveloped({}, "03")
    ),
    "another referral's page": lambda request: paged(
        request, 25, extReqId=KEY if request.url.params["pageNo"] == "1" else OTHER
    ),
}


@pytest.mark.parametrize("name", TORN)
async def test_pages_that_do_not_fit_together_prove_nothing(name: str) -> None:
    """A history with a hole would hide a fact: it is asked for again later, and ends after twenty pages."""
    sent: list[httpx.Request] = []
    with pytest.raises(BadReplyError):
        await speak(bench_that(TORN[name], sent), "status")
    assert len(sent) <= MOST_PAGES


async def test_two_numbers_under_one_key_are_told() -> None:
    """The first is the referral's, the second a person must have withdrawn."""
    later = ITEM | {"rfrlNo": "GJ2040-00000002", "rcptDt": "20400109090001"}
    found = await speak(bench_that(enveloped(PAGE | {"totalCount": 2, "items": [later, ITEM]})), "find")
    assert isinstance(found, Found)
    assert (found.receipt, found.duplicates) == ("GJ2040-00000001", ("GJ2040-00000002",))


async def test_a_list_with_another_referral_proves_nothing() -> None:
    """A filter that does not filter is no look-up."""
    items = [ITEM, ITEM | {"extReqId": OTHER}]
    with pytest.raises(BadReplyError):
        await speak(bench_that(enveloped(PAGE | {"totalCount": 2, "items": items})), "find")


@pytest.mark.parametrize("path", sorted(REQUIRED))
async def test_what_is_required_is_asked_for_by_name(path: str) -> None:
    """Without it nothing leaves, and the field is named."""
    sent: list[httpx.Request] = []
    bench = bench_that(enveloped(WHOLE), sent)
    with pytest.raises(CannotExpressError) as caught:
        await bench.adapter.submit(bench.submit(without(bench.document(), path), KEY))
    assert (caught.value.path, sent) == (path, [])


@pytest.mark.parametrize("key", [KEY[:-1], KEY + "A", "../" + KEY[3:], KEY[:-1] + "가"])
@pytest.mark.parametrize("verb", HONEST)
async def test_a_key_that_the_contract_does_not_know_never_leaves(verb: str, key: str) -> None:
    """It would lead to another place, or be another one's."""
    sent: list[httpx.Request] = []
    with pytest.raises(MisconfiguredError):
        await bench_that(enveloped(HONEST[verb]), sent).speak(Verb(verb), key, "GJ2040-00000001")
    assert sent == []


@given(st.sets(st.sampled_from(sorted(set(FIELDS.values()) - REQUIRED))))
def test_whatever_the_consents_leave_obeys_the_contract(left: set[str]) -> None:
    """Any part of the optional fields makes a message that the contract allows, and says nothing else."""
    document = prune(full_document(ServiceCode.JOB_COUNSEL), REQUIRED | left)
    body = register_body(bench_that(enveloped(WHOLE)).submit(document, KEY))
    assert CONTRACT.violation("ReferralRequest", body) is None
    assert {FIELDS[name] for name in body.keys() - {"extReqId"}} == REQUIRED | left


def test_the_readme_names_the_secret() -> None:
    """An operator finds the variable that the adapter wants."""
    assert "NARU_ADAPTERS__GJF__TOKEN" in (files("adapters") / "gjf" / "README.md").read_text(encoding="utf-8")
