"""The verbs over an in-process transport: what leaves, what an answer means, and which error every failure is."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from community_center_samples import DOCUMENT, KEY, OFFICE, RECEIPT, FakeOffice, changed, golden, reply

from adapters.community_center import CommunityCenter, codes
from adapters.community_center.settings import CommunityCenterSettings
from adapters.sdk import (
    Acknowledged,
    AdapterError,
    BadReplyError,
    BusyError,
    CannotExpressError,
    Delivered,
    Found,
    Gate,
    MisconfiguredError,
    NotFound,
    RefusalReason,
    Refused,
    Repeat,
    StatusReport,
    UncertainError,
    UndecidedError,
    Verb,
    capabilities,
)
from schemas.status import BusinessStatus

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]
Verbs = dict[str, Callable[[FakeOffice], Awaitable[Any]]]

VERBS: Verbs = {
    "submit": lambda office: office.adapter.submit(office.submit_order()),
    "find": lambda office: office.adapter.find(office.find_order()),
    "status": lambda office: office.adapter.status(office.status_order()),
    "withdraw": lambda office: office.adapter.withdraw(office.withdraw_order()),
    "supplement": lambda office: office.adapter.supplement(office.supplement_order()),
}
REPLIES = {"submit": "register.reply", "find": "status.reply", "status": "status.reply",
           "withdraw": "withdraw.reply", "supplement": "supplement.reply"}  # fmt: skip
PATHS = {"submit": "", "find": "/status", "status": "/status", "withdraw": "/withdraw", "supplement": "/supplement"}


@pytest.fixture
def office_that() -> Callable[[Answer], FakeOffice]:
    """Make an office that answers everything alike."""
    return lambda answer: FakeOffice(Gate(), answer if callable(answer) else lambda _request: answer)


OfficeThat = Callable[[Answer], FakeOffice]


def empty_body(verb: str, **header: str) -> Any:
    """Return the answer to `verb` with some header fields changed and an empty body."""
    return changed(REPLIES[verb], header=header) | {"body": {}}


def test_what_it_is() -> None:
    """The slug, the width of its key, what a lost answer means, and the verbs that its contract has."""
    profile = CommunityCenter.profile
    assert (profile.slug, profile.wire_key.width, profile.repeat, profile.settling_seconds) == (
        "community_center", 20, Repeat.KEYED, 0,
    )  # fmt: skip
    assert capabilities(CommunityCenter) == {
        Verb.SUBMIT, Verb.FIND, Verb.STATUS, Verb.WITHDRAW, Verb.SUPPLEMENT, Verb.READ_CALLBACK, Verb.OFFICE_FOR,
    }  # fmt: skip


def test_settings_are_safe() -> None:
    """Disabled and without an address by default, 5000 ms, and a secret that no text shows."""
    settings = CommunityCenterSettings(callback_secret="not-to-be-seen")
    assert (settings.enabled, settings.timeout_seconds, settings.missing()) == (False, 5.0, ["base_url"])
    assert CommunityCenterSettings().missing() == ["base_url", "callback_secret"]
    assert "not-to-be-seen" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("verb", VERBS)
async def test_the_golden_request_leaves(office_that: OfficeThat, verb: str) -> None:
    """One POST to the office's path, labelled as JSON, with the hand-made header and body; no person in the address."""
    office = office_that(reply(golden(REPLIES[verb])))
    await VERBS[verb](office)
    (request,) = office.sent
    name = "register" if verb == "submit" else verb
    assert office.message == golden(f"{name}.request")
    assert (request.method, request.url.path) == ("POST", f"/center/{OFFICE}/referrals{PATHS[verb]}")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert not request.url.query


async def test_a_registration_is_delivered(office_that: OfficeThat) -> None:
    """0000 gives the receipt and the fact that it was received."""
    office = office_that(reply(golden("register.reply")))
    delivered = await office.adapter.submit(office.submit_order())
    assert isinstance(delivered, Delivered)
    assert (delivered.receipt, delivered.raw_code) == (RECEIPT, "10")
    assert [(fact.business, fact.raw_code) for fact in delivered.facts] == [(BusinessStatus.RECEIVED, "10")]


@pytest.mark.parametrize("code", sorted(codes.REFUSALS))
async def test_business_errors_are_refusals(office_that: OfficeThat, code: str) -> None:
    """0002 with an `errCd` is a value: the agency's code beside our reason."""
    moved = {"trnsfOrgCd": "3740000", "trnsfRcptNo": "3740000-20240508-000007"}
    body = {"errCd": code, "errMsg": "홍길동은 안 됨"} | (moved if code == "E403" else {})
    office = office_that(reply(changed("register_refused.reply") | {"body": body}))
    refused = await office.adapter.submit(office.submit_order())
    assert refused == Refused(codes.REFUSALS[code], code, "홍길동은 안 됨")
    assert "홍길동" not in repr(refused)


async def test_not_resident_and_not_eligible_are_told_apart(office_that: OfficeThat) -> None:
    """E201 관할 아님 and E202 대상 아님 have reasons of their own."""
    assert (codes.REFUSALS["E201"], codes.REFUSALS["E202"]) == (RefusalReason.NOT_RESIDENT, RefusalReason.NOT_ELIGIBLE)


async def test_a_look_up_finds_or_does_not(office_that: OfficeThat) -> None:
    """The key leads to the receipt and all facts; E401 means that the office does not know it."""
    found = await VERBS["find"](office_that(reply(golden("status.reply"))))
    assert isinstance(found, Found)
    assert (found.receipt, found.raw_code, len(found.facts)) == (RECEIPT, "91", 3)
    unknown = changed("status.reply", header={"resultCode": "0002"}) | {"body": {"errCd": "E401", "errMsg": "없음"}}
    assert await VERBS["find"](office_that(reply(unknown))) == NotFound("E401")
    with pytest.raises(BadReplyError, match="E401"):
        await VERBS["status"](office_that(reply(unknown)))


async def test_a_poll_after_a_transfer_names_the_new_office(office_that: OfficeThat) -> None:
    """이송 is a fact with office and receipt: the hub follows it there, and sends nothing again."""
    report = await VERBS["status"](office_that(reply(golden("status.reply"))))
    assert isinstance(report, StatusReport)
    assert (report.facts[-1].office, report.facts[-1].receipt) == ("3740000", "3740000-20240508-000007")


async def test_withdrawal_and_supplement_are_acknowledged(office_that: OfficeThat) -> None:
    """The acknowledgement keeps the state that the office names."""
    assert await VERBS["withdraw"](office_that(reply(golden("withdraw.reply")))) == Acknowledged("92")
    assert await VERBS["supplement"](office_that(reply(golden("supplement.reply")))) == Acknowledged("30")


@pytest.mark.parametrize("verb", ["withdraw", "supplement"])
async def test_what_went_elsewhere_waits_for_the_new_office(office_that: OfficeThat, verb: str) -> None:
    """E403: this office did nothing, and the one that has it now must be asked: not a refusal."""
    body = golden("withdraw_transferred.reply")["body"]
    answer = changed(REPLIES[verb], header={"resultCode": "0002"}) | {"body": body}
    with pytest.raises(BusyError, match="E403"):
        await VERBS[verb](office_that(reply(answer)))


@pytest.mark.parametrize("code", ["E401", "E402"])
async def test_a_withdrawal_may_be_refused(office_that: OfficeThat, code: str) -> None:
    """An ended or unknown referral cannot be withdrawn: a person reads why."""
    answer = changed("withdraw_transferred.reply") | {"body": {"errCd": code, "errMsg": "안 됨"}}
    assert await VERBS["withdraw"](office_that(reply(answer))) == Refused(RefusalReason.OTHER, code, "안 됨")


NOTHING_HAPPENED = {
    code for code, meaning in codes.RESULT_CODES.items() if meaning in {codes.Meaning.WAIT, codes.Meaning.MISCONFIGURED}
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("code", sorted(set(codes.RESULT_CODES) - {"0000", "0002"}))
async def test_every_result_code_lands_in_its_class(office_that: OfficeThat, verb: str, code: str) -> None:
    """Turned away before the office: nothing happened. From the call of the office on: uncertain."""
    with pytest.raises(AdapterError) as caught:
        await VERBS[verb](office_that(reply(empty_body(verb, resultCode=code))))
    expected = {
        codes.Meaning.WAIT: BusyError,
        codes.Meaning.MISCONFIGURED: MisconfiguredError,
        codes.Meaning.UNCERTAIN: UncertainError,
    }[codes.RESULT_CODES[code]]
    assert type(caught.value) is expected
    assert code in str(caught.value)
    assert (code in NOTHING_HAPPENED) == (not isinstance(caught.value, UncertainError))


def test_only_codes_from_before_the_call_prove_that_nothing_happened() -> None:
    """1000 to 2000 and 3000 to 3002 come before the office is called; all others may come after."""
    assert {"1000", "1001", "1002", "1003", "1004", "1005", "1006", "2000", "3000", "3001", "3002"} == NOTHING_HAPPENED


async def test_a_wrong_clock_needs_a_person(office_that: OfficeThat) -> None:
    """1001 outside hours passes by itself; with the clocks 301 s apart it never will."""
    late = empty_body("submit", resultCode="1001", requestReceiveTime="20240503102031124")
    with pytest.raises(MisconfiguredError, match="clock"):
        await VERBS["submit"](office_that(reply(late)))
    impossible = empty_body("submit", resultCode="1001", requestReceiveTime="20240532102031124")
    with pytest.raises(BusyError):
        await VERBS["submit"](office_that(reply(impossible)))


@pytest.mark.parametrize(
    ("code", "status"), [("3001", 400), ("3002", 400), ("3000", 415), ("1004", 404), ("1005", 405)]
)
async def test_answers_to_an_unread_header_may_lack_its_ids(office_that: OfficeThat, code: str, status: int) -> None:
    """What could not be read cannot be repeated; it proves all the same that nothing was done."""
    names = ("integrationId", "providerOrganizationId", "providerSystemId", "providerServiceId",
             "consumerOrganizationId", "consumerSystemId", "requestSendTime")  # fmt: skip
    answer = empty_body("submit", resultCode=code)
    answer["header"] |= dict.fromkeys(names, "")
    with pytest.raises(MisconfiguredError):
        await VERBS["submit"](office_that(reply(answer, status)))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("wish", "seconds"),
    [({}, None), ({"retry-after": "17"}, 17.0), ({"retry-after": "Fri, 03 May 2024 01:16:00 GMT"}, 29.877)],
)
async def test_a_busy_gateway_did_nothing(
    office_that: OfficeThat, status: int, wish: dict[str, str], seconds: float | None
) -> None:
    """429 and 503 come before the office, whatever stands in them; the wish to wait is passed on."""
    with pytest.raises(BusyError) as caught:
        await VERBS["submit"](office_that(httpx.Response(status, headers=wish, text="<html>점검 중</html>")))
    assert caught.value.retry_after_seconds == seconds


async def test_413_is_ours_to_mend(office_that: OfficeThat) -> None:
    """A message longer than the contract allows never leaves a healthy hub."""
    with pytest.raises(MisconfiguredError):
        await VERBS["submit"](office_that(httpx.Response(413)))


def repeated_key() -> bytes:
    """Return an answer in which resultCode stands twice."""
    return json.dumps(golden("register.reply")).replace('"resultCode"', '"resultCode": "0002", "resultCode"').encode()


WHOLE = json.dumps(golden("register.reply"), ensure_ascii=False)
MAINTENANCE = "<html><body>시스템 점검 중입니다. 홍길동</body></html>".encode("cp949")
STRANGE: dict[str, httpx.Response] = {
    "maintenance page in EUC-KR": reply(MAINTENANCE, **{"content-type": "text/html; charset=EUC-KR"}),
    "maintenance page labelled JSON": reply(MAINTENANCE),
    "empty 200": httpx.Response(200),
    "empty 200 labelled JSON": reply(b""),
    "202 with nothing": httpx.Response(202),
    "204": httpx.Response(204),
    "redirect": httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    "500 with an envelope": reply(golden("register.reply"), 500),
    "502 page": httpx.Response(502, text="<html>Bad Gateway</html>"),
    "404 page": httpx.Response(404, text="<html>Not Found</html>"),
    "text/plain": reply(golden("register.reply"), **{"content-type": "text/plain"}),
    "no content type": reply(WHOLE.encode(), **{"content-type": ""}),
    "labelled EUC-KR": reply(golden("register.reply"), **{"content-type": "application/json; charset=EUC-KR"}),
    "EUC-KR bytes": reply(WHOLE.encode("cp949")),
    "cut short": reply(WHOLE.encode()[:-40]),
    "nested too deeply": reply(b"[" * 200_000),
    "NaN": reply(WHOLE.replace('"10"', "NaN").encode()),
    "a key twice": reply(repeated_key()),
    "a list": reply([]),
    "no header": reply({"body": {}}),
    "0000 with 404": reply(golden("register.reply"), 404),
    "0000 without a receipt": reply(changed("register.reply", body={"rcptNo": None})),
    "0000 with an empty body": reply(changed("register.reply") | {"body": {}}),
    "an unknown field": reply(changed("register.reply", body={"홍길동": "1"})),
    "an unknown result code": reply(changed("register.reply", header={"resultCode": "9999"})),
    "an unknown error code": reply(changed("register_refused.reply", body={"errCd": "E999"})),
    "a missing header field": reply(changed("register.reply", header={"integrationId": None})),
    "a bad receipt": reply(changed("register.reply", body={"rcptNo": "홍길동"})),
    "an impossible time": reply(changed("register.reply", body={"rcptDt": "20240230101530"})),
    "another operation's reply": reply(golden("withdraw.reply")),
    "another request's reply": reply(changed("register.reply", header={"requestSendTime": "20240503101530124"})),
    "another office's header": reply(changed("register.reply", header={"providerOrganizationId": "ORG37400"})),
    "another referral's receipt": reply(changed("register.reply", body={"refRqstNo": "NR20240503ABCDEFGHJ0"})),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
async def test_answers_outside_the_contract_prove_nothing(office_that: OfficeThat, name: str) -> None:
    """A strange answer to a write is an unknown, never a receipt and never a refusal; its text is not repeated."""
    with pytest.raises(BadReplyError) as caught:
        await VERBS["submit"](office_that(STRANGE[name]))
    assert "홍길동" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("office_code", [None, "", "382000", "38200000", "../3820", "３８２００００"])
async def test_no_office_no_call(office_that: OfficeThat, office_code: str | None) -> None:
    """Without an office in charge the address must be mended by a person; nothing leaves."""
    office = office_that(reply(golden("register.reply")))
    with pytest.raises(CannotExpressError) as caught:
        await office.adapter.submit(office.submit_order(office=office_code))
    assert (caught.value.path, office.sent) == ("client.address.adm_cd", [])


async def test_a_decision_for_one_office_opens_no_other(office_that: OfficeThat) -> None:
    """The hub decides office by office: an order that goes elsewhere is stopped before the first byte."""
    office = office_that(reply(golden("register.reply")))
    order = office.submit_order()
    elsewhere = type(order)(**{**vars(order), "office": "3740000"})
    with pytest.raises(UndecidedError):
        await office.adapter.submit(elsewhere)
    assert office.sent == []


@pytest.mark.parametrize("key", ["NR20240503ABCDEFGHJ", "NR2024-0503ABCDEFGHJ", KEY + "X"])
async def test_a_key_that_the_contract_does_not_know_never_leaves(office_that: OfficeThat, key: str) -> None:
    """A broken message of our own is stopped before the wire, and named by its place."""
    office = office_that(reply(golden("register.reply")))
    order = office.submit_order()
    with pytest.raises(MisconfiguredError, match=r"body\.refRqstNo"):
        await office.adapter.submit(type(order)(**{**vars(order), "wire_key": key}))
    assert office.sent == []


async def test_a_value_that_the_contract_does_not_know_is_named_by_its_path(office_that: OfficeThat) -> None:
    """What the common schema lets pass and the contract does not: held with the field's path, never sent."""
    office = office_that(reply(golden("register.reply")))
    order = office.submit_order()
    client = order.document.client.model_copy(update={"name": "김" * 201})
    broken = type(order)(**{**vars(order), "document": order.document.model_copy(update={"client": client})})
    with pytest.raises(CannotExpressError) as caught:
        await office.adapter.submit(broken)
    assert (caught.value.path, "김김" in str(caught.value), office.sent) == ("client.name", False, [])


async def test_one_decision_is_one_call(office_that: OfficeThat) -> None:
    """The adapter never retries, and a decision for a write is spent by its first byte."""
    office = office_that(httpx.Response(503))
    order = office.submit_order()
    with pytest.raises(BusyError):
        await office.adapter.submit(order)
    with pytest.raises(UndecidedError):
        await office.adapter.submit(order)
    assert len(office.sent) == 1


async def test_no_order_shows_a_person(office_that: OfficeThat) -> None:
    """Orders and outcomes reach logs by repr: names and numbers do not."""
    office = office_that(reply(golden("status.reply")))
    texts = f"{office.submit_order()!r} {await VERBS['status'](office)!r} {DOCUMENT!r}"
    assert [value for value in ("홍길동", "800102", "0000-1234", "시민로", "소득 확인") if value in texts] == []
