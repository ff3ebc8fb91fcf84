"""The verbs over an in-process transport: what leaves, what an answer means, and which error every failure is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from ccrs_samples import KEY, LEAST, RECEIPT, TOKEN, FakeAgency, compact, golden, reply, settings_of

from adapters.ccrs import Ccrs, codes
from adapters.ccrs.contract import CONTRACT
from adapters.ccrs.settings import CcrsSettings
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
    Wires,
    WithdrawReason,
    capabilities,
)
from mocks.kit.pki import Certificates
from schemas.status import BusinessStatus, OutcomeCode

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]
AgencyThat = Callable[[Answer], FakeAgency]

VERBS: dict[str, Callable[[FakeAgency], Awaitable[Any]]] = {
    "submit": lambda agency: agency.adapter.submit(agency.submit_order()),
    "find": lambda agency: agency.adapter.find(agency.find_order()),
    "status": lambda agency: agency.adapter.status(agency.status_order()),
    "withdraw": lambda agency: agency.adapter.withdraw(agency.withdraw_order()),
    "supplement": lambda agency: agency.adapter.supplement(agency.supplement_order()),
    "probe": lambda agency: agency.adapter.probe(agency.impersonal),
}
YES: dict[str, tuple[str, int]] = {
    "submit": ("register", 202),
    "find": ("standing", 200),
    "status": ("standing", 200),
    "withdraw": ("withdraw", 200),
    "supplement": ("supplement", 200),
}
LINES = {
    "submit": "POST /ccrs/api/v1/debt-adjustments",
    "find": f"GET /ccrs/api/v1/debt-adjustments?clientRequestId={KEY}",
    "status": f"GET /ccrs/api/v1/debt-adjustments/{RECEIPT}",
    "withdraw": f"POST /ccrs/api/v1/debt-adjustments/{RECEIPT}/withdrawal",
    "supplement": f"POST /ccrs/api/v1/debt-adjustments/{RECEIPT}/supplements",
    "probe": "GET /ccrs/api/v1/health",
}


@pytest.fixture
def agency_that(certificates: Certificates) -> AgencyThat:
    """Make an agency that answers everything alike."""
    return lambda answer: FakeAgency(certificates, answer if callable(answer) else lambda _request: answer)


def yes(verb: str, **changes: Any) -> httpx.Response:
    """Answer as the golden message does, with some fields changed."""
    if verb == "probe":
        return reply({"status": "UP"} | changes, 200)
    name, status = YES[verb]
    return reply(golden(f"{name}.reply") | changes, status)


def test_what_it_is() -> None:
    """The slug, the width of its key, what a lost answer means, and the verbs that its contract has."""
    profile = Ccrs.profile
    assert (profile.slug, profile.wire_key.width, profile.repeat, profile.settling_seconds) == (
        "ccrs", 36, Repeat.KEYED, 0,
    )  # fmt: skip
    assert capabilities(Ccrs) == {
        Verb.SUBMIT, Verb.FIND, Verb.STATUS, Verb.WITHDRAW, Verb.SUPPLEMENT, Verb.READ_CALLBACK, Verb.PROBE,
    }  # fmt: skip


def test_settings_are_safe() -> None:
    """Disabled and empty by default; everything that is missing is named; no text shows a secret."""
    settings = CcrsSettings(client_secret="not-to-be-seen", callback_secret="nor-this", key_password="nor-that")
    assert (settings.enabled, settings.missing()) == (False, ["base_url", "certificate", "key", "ca", "client_id"])
    assert CcrsSettings().missing()[-2:] == ["client_secret", "callback_secret"]
    assert [secret for secret in ("not-to-be-seen", "nor-th") if secret in f"{settings} {settings!r}"] == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"base_url": "http://127.0.0.1:1/ccrs"}, "https"),
        ({"ca": None}, "must be set"),
        ({"key": "/nowhere.key"}, "`key`"),
    ],
)
def test_it_is_not_built_without_tls(certificates: Certificates, more: dict[str, Any], told: str) -> None:
    """Plain HTTP in no mode, and no half of a set-up: a broken lane that names what to mend."""
    with pytest.raises(MisconfiguredError, match=told):
        Ccrs(settings_of(certificates, **more), Wires("ccrs", Gate()))


@pytest.mark.parametrize("verb", VERBS)
async def test_the_golden_request_leaves(agency_that: AgencyThat, verb: str) -> None:
    """One request to the right place under a token, with the hand-made body byte by byte; no person in the address."""
    agency = agency_that(yes(verb))
    await VERBS[verb](agency)
    request, url = agency.request, agency.request.url
    assert f"{request.method} {url.raw_path.decode()}" == LINES[verb]
    assert (request.headers["authorization"], agency.tokens) == (f"Bearer {TOKEN}", 1)
    if request.method == "POST":
        name = {"submit": "register"}.get(verb, verb)
        assert request.content == compact(golden(f"{name}.request"))
        assert request.headers["content-type"] == "application/json; charset=utf-8"
    else:
        assert request.content == b""


async def test_the_least_application(agency_that: AgencyThat) -> None:
    """Only what is required, with zeros that are figures and not gaps, and no agreement to what was not given."""
    agency = agency_that(yes("submit"))
    await agency.adapter.submit(agency.submit_order(LEAST))
    assert agency.request.content == compact(golden("register_least.request"))


async def test_a_second_attempt_says_the_same(agency_that: AgencyThat) -> None:
    """Another message id, another time, another decision: the very same bytes, which the agency compares."""
    agency = agency_that(yes("submit"))
    first = agency.submit_order()
    later = replace(agency.submit_order(), message_id="1" * 32, sent_at=first.sent_at.replace(year=2026))
    assert await agency.adapter.submit(first) == await agency.adapter.submit(later)
    one, another = agency.sent
    assert (one.content, agency.tokens) == (another.content, 1)


async def test_an_application_is_delivered(agency_that: AgencyThat) -> None:
    """202 gives the number and the fact that it was received, the first of every history."""
    delivered = await VERBS["submit"](agency_that(yes("submit")))
    assert isinstance(delivered, Delivered)
    assert (delivered.receipt, delivered.raw_code) == (RECEIPT, "01")
    found = await VERBS["find"](agency_that(yes("find")))
    assert isinstance(found, Found)
    assert found.facts[0] == delivered.facts[0]


async def test_a_key_that_is_taken_is_a_delivery(agency_that: AgencyThat) -> None:
    """E302: an earlier attempt arrived with more, or with less; the agency has the referral, and names its number."""
    delivered = await VERBS["submit"](agency_that(reply(golden("key_taken.reply"), 409)))
    assert delivered == Delivered(RECEIPT, "E302")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("E101", RefusalReason.CONSENT_MISSING),
        ("E201", RefusalReason.NOT_ELIGIBLE),
        ("E202", RefusalReason.NOT_ELIGIBLE),
        ("E301", RefusalReason.DUPLICATE),
    ],
)
async def test_business_errors_are_refusals(agency_that: AgencyThat, code: str, reason: RefusalReason) -> None:
    """A value with the agency's code beside our reason; its words are not shown."""
    said = {"errCd": code, "errMsg": "홍길동은 안 됨"}
    refused = await VERBS["submit"](agency_that(reply(said, CONTRACT.codes["errCd"][code]["http"])))
    assert refused == Refused(reason, code, "홍길동은 안 됨")
    assert "홍길동" not in repr(refused)


async def test_a_look_up_finds_or_does_not(agency_that: AgencyThat) -> None:
    """Our key leads to number and facts; E401 means that there is no such application, which a poll does not expect."""
    found = await VERBS["find"](agency_that(yes("find")))
    assert isinstance(found, Found)
    assert (found.receipt, found.raw_code, len(found.facts)) == (RECEIPT, "90", 6)
    unknown = reply(golden("unknown.reply"), 404)
    assert await VERBS["find"](agency_that(unknown)) == NotFound("E401")
    with pytest.raises(BadReplyError, match="E401"):
        await VERBS["status"](agency_that(unknown))


async def test_a_poll_tells_all_in_order(agency_that: AgencyThat) -> None:
    """By their numbers, each once, however they come; with words, deadline, reason and outcome."""
    standing = golden("standing.reply")
    rows = standing["hstList"]
    report = await VERBS["status"](agency_that(yes("status", hstList=[*rows[::-1], *rows])))
    assert isinstance(report, StatusReport)
    assert [fact.business for fact in report.facts] == [
        BusinessStatus.RECEIVED, BusinessStatus.ASSIGNED, BusinessStatus.SUPPLEMENT_REQUESTED,
        BusinessStatus.REVIEWING, BusinessStatus.APPROVED, BusinessStatus.CLOSED,
    ]  # fmt: skip
    asked, closed = report.facts[2], report.facts[-1]
    assert asked.text == "소득을 확인할 수 있는 서류를 보완하여 주십시오.\n보완기한 2025-01-23"
    assert (closed.outcome, closed.text, closed.serial) == (OutcomeCode.HELPED, "종결사유 01 지원 완료", "6")


async def test_a_lapsed_adjustment_is_closed(agency_that: AgencyThat) -> None:
    """실효 ends without a reason code: the outcome is other, and the words say what it was."""
    row = {"hstSn": 2, "prcsSttsCd": "21", "prcsDt": "20260115093000"}
    report = await VERBS["status"](agency_that(yes("status", hstList=[row])))
    assert isinstance(report, StatusReport)
    (fact,) = report.facts
    assert (fact.business, fact.raw_code, fact.outcome) == (BusinessStatus.CLOSED, "21", OutcomeCode.OTHER)
    assert (fact.text or "").startswith("실효")


@pytest.mark.parametrize(("verb", "code"), [("withdraw", "92"), ("supplement", "04")])
async def test_writes_are_acknowledged_or_refused(agency_that: AgencyThat, verb: str, code: str) -> None:
    """With the agency's code; an application that has ended, or was not asked, refuses."""
    assert await VERBS[verb](agency_that(yes(verb))) == Acknowledged(code)
    refused = await VERBS[verb](agency_that(reply({"errCd": "E402", "errMsg": "처리할 수 없는 상태"}, 409)))
    assert refused == Refused(RefusalReason.OTHER, "E402", "처리할 수 없는 상태")


async def test_a_cancelled_referral_says_so(agency_that: AgencyThat) -> None:
    """철회사유 02."""
    agency = agency_that(yes("withdraw"))
    await agency.adapter.withdraw(agency.withdraw_order(WithdrawReason.CANCELLED))
    assert b'"whdrwRsnCd":"02"' in agency.request.content


@pytest.mark.parametrize(
    ("verb", "changes"),
    [
        ("submit", {"clientRequestId": "0" * 36}),
        ("find", {"clientRequestId": "0" * 36}),
        ("status", {"aplyNo": "C202501159999999"}),
        ("status", {"clientRequestId": "0" * 36}),
        ("withdraw", {"aplyNo": "C202501159999999"}),
        ("supplement", {"supplementId": "0" * 36}),
        ("submit", {"aplyDt": "20250230093000"}),
        ("status", {"hstList": [{"hstSn": 1, "prcsSttsCd": "01", "prcsDt": "20250230093000"}]}),
        ("status", {"hstList": [{"hstSn": 1, "prcsSttsCd": "90", "prcsDt": "20250130093000"}]}),
        ("submit", {"prcsSttsCd": "02"}),
        ("submit", {"custNm": "홍길동"}),
        ("probe", {"status": "DOWN"}),
    ],
)
async def test_an_answer_about_something_else_proves_nothing(
    agency_that: AgencyThat, verb: str, changes: dict[str, Any]
) -> None:
    """Another key, another number, an impossible time, a field that the contract lacks: a bad reply."""
    with pytest.raises(BadReplyError):
        await VERBS[verb](agency_that(yes(verb, **changes)))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"errCd": "E900", "errMsg": "시스템 오류"}, 500), UncertainError),
        (reply({"errCd": "E900", "errMsg": "시스템 오류"}, 200), BadReplyError),
        (reply({"errCd": "E001", "errMsg": "형식 오류"}, 400), MisconfiguredError),
        (reply({"errCd": "E004", "errMsg": "없는 서비스"}, 405), MisconfiguredError),
        (reply({"errCd": "E005", "errMsg": "본문 형식 오류"}, 415), MisconfiguredError),
        (reply(b"", 413), MisconfiguredError),
        (reply(b"", 429), BusyError),
        (reply(b"<html>", 503), BusyError),
        (reply({"errCd": "E201", "errMsg": "한도 초과"}, 400), BadReplyError),
        (reply({"errCd": "E999", "errMsg": "?"}, 422), BadReplyError),
        (reply(b"[" * 20_000, 409), BadReplyError),
        (reply({}, 502), BadReplyError),
        (reply({}, 403), BadReplyError),
        (reply({}, 204), BadReplyError),
        (httpx.Response(500, content=b"<html>", headers={"content-type": "text/html"}), BadReplyError),
    ],
    ids=lambda value: f"{value.status_code}" if isinstance(value, httpx.Response) else value.__name__,
)
async def test_failures_are_classified(
    agency_that: AgencyThat, verb: str, answer: httpx.Response, error: type[AdapterError]
) -> None:
    """By status, code and form, the same for every verb: exactly this class and no subclass of it."""
    with pytest.raises(AdapterError) as caught:
        await VERBS[verb](agency_that(answer))
    assert type(caught.value) is error


async def test_the_wish_to_wait_is_passed_on(agency_that: AgencyThat) -> None:
    """Retry-After in seconds."""
    with pytest.raises(BusyError) as caught:
        await VERBS["submit"](agency_that(reply(b"", 503, **{"retry-after": "17"})))
    assert caught.value.retry_after_seconds == 17


@pytest.mark.parametrize("receipt", ["../../oauth2/token", "C2025?x=1", "가", "a b", ""])
async def test_a_receipt_leads_nowhere_else(agency_that: AgencyThat, receipt: str) -> None:
    """One that somebody mistyped is named, and never becomes a path."""
    agency = agency_that(reply(golden("unknown.reply"), 404))
    with pytest.raises(CannotExpressError) as caught:
        await agency.adapter.status(agency.status_order(receipt))
    assert (caught.value.path, agency.sent) == ("referral.receipt", [])


async def test_a_path_that_is_not_there_stops_nobody_else(agency_that: AgencyThat) -> None:
    """E004 of a path with a number in it says something of that application: refused, or asked again; no lane stops."""
    absent = reply({"errCd": "E004", "errMsg": "없는 서비스"}, 404)
    refused = Refused(RefusalReason.OTHER, "E004", "없는 서비스")
    assert [await VERBS[verb](agency_that(absent)) for verb in ("withdraw", "supplement")] == [refused] * 2
    with pytest.raises(BadReplyError):
        await VERBS["status"](agency_that(absent))
    with pytest.raises(MisconfiguredError):
        await VERBS["find"](agency_that(absent))


async def test_without_a_decision_nothing_leaves(agency_that: AgencyThat) -> None:
    """Not even the request for a token."""
    agency = agency_that(yes("submit"))
    order = agency.submit_order()
    with pytest.raises(UndecidedError):
        await agency.adapter.submit(replace(order, decision=replace(order.decision, stamp="0" * 64)))
    assert (agency.sent, agency.tokens) == ([], 0)


def test_every_code_is_mapped() -> None:
    """The tables of the contract and ours have the same codes, and mean the same."""
    tables = CONTRACT.codes
    assert {code: one["business"] for code, one in tables["prcsSttsCd"].items()} == codes.STATUSES
    assert {code: one["outcome"] for code, one in tables["clsRsnCd"].items()} == codes.OUTCOMES
    assert {one["service"]: code for code, one in tables["prodDvsnCd"].items()} == codes.SERVICES
    assert {one["status"]: code for code, one in tables["emplSttsCd"].items()} == codes.EMPLOYMENTS
    assert tables["errCd"].keys() == codes.ERRORS.keys()
    assert {code for code, what in codes.ERRORS.items() if what is codes.Meaning.REFUSED} == (
        codes.REFUSALS.keys() - {codes.NO_SUCH_PATH}
    )
    assert set(codes.WITHDRAWALS.values()) <= tables["whdrwRsnCd"].keys()
