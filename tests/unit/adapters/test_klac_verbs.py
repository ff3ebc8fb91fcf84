"""The 대한법률구조공단 adapter over an in-process transport: what an answer proves, and what never leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.klac import Klac, codes
from adapters.klac.contract import CONTRACT
from adapters.klac.mapping import FIELDS, REQUIRED, aid_application
from adapters.klac.settings import KlacSettings
from adapters.sdk import (
    AdapterError,
    BadReplyError,
    BusyError,
    CannotExpressError,
    Gate,
    MisconfiguredError,
    Refused,
    Repeat,
    UncertainError,
    Verb,
    Wires,
    capabilities,
)
from adapters.sdk.testing import Bench, full_document, without
from schemas.disclosure import Disclosure
from schemas.privacy import prune
from schemas.referral import AppointmentMethod
from schemas.services import ServiceCode

KEY = "NR20400109" + "A" * 26
RECEIPT: dict[str, Any] = {
    "idmpKey": KEY,
    "rcptNo": "KLA-20400109-000001",
    "brnchCd": "GG01",
    "prgrSttsCd": "10",
    "rcptDt": "20400109090000",
}
CASE = RECEIPT | {"rcptDvsnCd": "02", "sttsList": [{"sttsSn": 1, "prgrSttsCd": "10", "prgrDt": "20400109090000"}]}
ACKNOWLEDGED = {"idmpKey": KEY, "rcptNo": "KLA-20400109-000001", "prgrSttsCd": "92", "prcsDt": "20400109090000"}
HONEST = {"submit": RECEIPT, "find": CASE, "status": CASE, "withdraw": ACKNOWLEDGED, "supplement": ACKNOWLEDGED}
ALLOWED = {
    "submit": {"E201", "E202", "E203", "E204", "E205", "E303"},
    "find": {"E401"},
    "status": {"E401"},
    "withdraw": {"E401", "E402"},
    "supplement": {"E401", "E402"},
}
"""The errors that an application (LAW-BANKR) and what follows it may be decided with."""


def reply(message: Any, status: int = 200, **headers: str) -> httpx.Response:
    """Answer with a message as JSON; pass bytes to answer with just those."""
    body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    return httpx.Response(status, content=body, headers={"content-type": "application/json; charset=utf-8"} | headers)


def error(code: str, **more: Any) -> httpx.Response:
    """Answer with an error of the contract."""
    details: dict[str, Any] = {"altrCnslDt": ["20400109100000"]} if code in {"E301", "E302"} else {}
    details |= {"rcptNo": "KLA-20400109-000001"} if code == "E303" else {}
    status = CONTRACT.codes["errCd"][code]["http"]
    return reply({"errCd": code, "errMsg": "홍길동은 안 됨", **details, **more}, status)


def bench_that(answer: httpx.Response, sent: list[httpx.Request] | None = None) -> Bench:
    """Build the adapter on a wire that answers everything alike."""
    gate, asked = Gate(), [] if sent is None else sent

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    settings = KlacSettings(base_url="http://klac.test", api_key="not-to-be-seen")
    return Bench(
        profile=Klac.profile, gate=gate, adapter=Klac(settings, Wires("klac", gate, httpx.MockTransport(take)))
    )


async def speak(bench: Bench, verb: str) -> Any:
    return await bench.speak(Verb(verb), KEY, "KLA-20400109-000001")


def test_what_it_is() -> None:
    """The slug, the width of its key, what a lost answer means, and the verbs that its contract has."""
    profile = Klac.profile
    assert (profile.slug, profile.wire_key.width, profile.repeat, profile.settling_seconds) == (
        "klac", 36, Repeat.KEYED, 0,
    )  # fmt: skip
    assert capabilities(Klac) == {
        Verb.SUBMIT, Verb.FIND, Verb.STATUS, Verb.WITHDRAW, Verb.SUPPLEMENT, Verb.PRECHECK,
    }  # fmt: skip
    assert not {"client.rrn", "client.health_condition"} & profile.discloses


def test_settings_are_safe() -> None:
    """Disabled and without an address by default, and a key that no text shows."""
    settings = KlacSettings(api_key="not-to-be-seen")
    assert (settings.enabled, settings.missing()) == (False, ["base_url"])
    assert KlacSettings().missing() == ["base_url", "api_key"]
    assert "not-to-be-seen" not in f"{settings} {settings!r} {bench_that(reply({})).adapter!r}"


@pytest.mark.parametrize(
    ("table", "known"),
    [
        ("errCd", codes.ERRORS.keys()),
        ("prgrSttsCd", codes.STATUSES.keys()),
        ("clsRsnCd", codes.OUTCOMES.keys()),
        ("cnslMthdCd", {codes.METHODS[method] for method in AppointmentMethod}),
        ("aplyDvsnCd", set(codes.AID.values())),
    ],
)
def test_every_code_of_the_contract_is_mapped(table: str, known: Any) -> None:
    """No code of the tables is unknown to us, and none of ours to them; every refusal has a reason."""
    assert set(CONTRACT.codes[table]) == set(known)
    assert {code for code, what in codes.ERRORS.items() if what is codes.Meaning.REFUSED} <= codes.REFUSALS.keys()


@pytest.mark.parametrize("verb", HONEST)
@pytest.mark.parametrize("code", codes.ERRORS)
async def test_every_error_lands_in_its_class(verb: str, code: str) -> None:
    """By the code's meaning, if this operation may be answered so; else it is no answer to it."""
    bench = bench_that(error(code))
    meaning = codes.ERRORS[code]
    if meaning is codes.Meaning.MISCONFIGURED:
        expected: Any = MisconfiguredError
    elif meaning is codes.Meaning.UNCERTAIN:
        expected = UncertainError
    elif code not in ALLOWED[verb] or verb == "status":
        expected = BadReplyError
    else:
        expected = code
    said = ""
    try:
        result = (await speak(bench, verb)).raw_code
    except AdapterError as raised:
        result, said = type(raised), f"{raised} {raised!r}"
    assert (result, "홍길동" in said) == (expected, False)


async def test_a_refusal_keeps_the_agencys_words_to_itself() -> None:
    """They are in the value, and no text of it shows them."""
    refused = await speak(bench_that(error("E204")), "submit")
    assert isinstance(refused, Refused)
    assert (refused.text, "홍길동" in repr(refused)) == ("홍길동은 안 됨", False)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("wish", "seconds"), [({}, None), ({"retry-after": "17"}, 17.0)])
async def test_a_busy_gateway_did_nothing(status: int, wish: dict[str, str], seconds: float | None) -> None:
    """429 and 503 come before the request is read, whatever stands in them; the wish to wait is passed on."""
    with pytest.raises(BusyError) as caught:
        await speak(bench_that(httpx.Response(status, headers=wish, text="<html>점검 중</html>")), "submit")
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [401, 403, 413, 415])
async def test_what_is_turned_away_is_ours_to_mend(status: int) -> None:
    """Key, rights, length or label: with a body of the contract or without one."""
    with pytest.raises(MisconfiguredError):
        await speak(bench_that(httpx.Response(status, text="<html>Forbidden</html>")), "withdraw")


WHOLE = json.dumps(RECEIPT)
STRANGE: dict[str, httpx.Response] = {
    "maintenance page": reply("<html>시스템 점검 중입니다. 홍길동</html>".encode("cp949")),
    "empty 200": httpx.Response(200),
    "202 with nothing": httpx.Response(202),
    "204": httpx.Response(204),
    "redirect": httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    "500 with a receipt": reply(RECEIPT, 500),
    "404 page": httpx.Response(404, text="<html>Not Found</html>"),
    "405": httpx.Response(405),
    "labelled EUC-KR": reply(RECEIPT, **{"content-type": "application/json; charset=EUC-KR"}),
    "no label": reply(RECEIPT, **{"content-type": ""}),
    "cut short": reply(WHOLE[:-4].encode()),
    "a key twice": reply(WHOLE.replace('"brnchCd"', '"brnchCd": "GG01", "brnchCd"').encode()),
    "a list": reply([]),
    "an unknown field": reply(RECEIPT | {"홍길동": "1"}),
    "an unknown state": reply(RECEIPT | {"prgrSttsCd": "77"}),
    "an unknown error": reply({"errCd": "E777", "errMsg": "홍길동"}, 422),
    "an error with 200": reply({"errCd": "E202", "errMsg": "홍길동"}),
    "an error with another status": reply({"errCd": "E202", "errMsg": "홍길동"}, 409),
    "a bad receipt": reply(RECEIPT | {"rcptNo": "홍길동"}),
    "an impossible time": reply(RECEIPT | {"rcptDt": "20400230090000"}),
    "another referral's receipt": reply(RECEIPT | {"idmpKey": "NR20400109" + "B" * 26}),
    "another operation's reply": reply(ACKNOWLEDGED),
    "a reservation's receipt": reply(RECEIPT | {"cnslMthdCd": "01", "cnslDt": "20400109100000"}),
}


@pytest.mark.parametrize("name", STRANGE)
async def test_answers_outside_the_contract_prove_nothing(name: str) -> None:
    """A strange answer to a write is an unknown, never a receipt and never a refusal; its text is not repeated."""
    with pytest.raises(BadReplyError) as caught:
        await speak(bench_that(STRANGE[name]), "submit")
    assert "홍길동" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("find", reply(CASE, 201)),
        ("withdraw", reply(ACKNOWLEDGED, 201)),
        ("withdraw", reply(ACKNOWLEDGED | {"prgrSttsCd": "31"})),
        ("status", reply(CASE | {"sttsList": []})),
        ("status", reply(CASE | {"rcptDvsnCd": "01"})),
        ("status", reply(CASE | {"sttsList": [{"sttsSn": 1, "prgrSttsCd": "61", "prgrDt": "20400109090000"}]})),
        ("submit", error("E301")),
    ],
    ids=["found anew", "withdrawn anew", "not withdrawn", "no state", "no slot", "no reason", "no slot was wanted"],
)
async def test_what_only_looks_like_an_answer_proves_nothing(verb: str, answer: httpx.Response) -> None:
    """Of this contract, but not of this operation or this state."""
    with pytest.raises(BadReplyError):
        await speak(bench_that(answer), verb)


async def test_a_free_time_that_does_not_exist_is_no_offer() -> None:
    """A refusal with an impossible time is no answer of the contract."""
    counsel = document_for("LAW-COUNSEL")
    bench = bench_that(error("E301", altrCnslDt=["20400230100000"]))
    with pytest.raises(BadReplyError):
        await bench.adapter.submit(bench.submit(counsel, KEY))


def document_for(service: str) -> Disclosure:
    """Return all that the agency may see for one of its services."""
    return prune(full_document(ServiceCode(service)), Klac.profile.discloses)


@pytest.mark.parametrize("service", ["LAW-COUNSEL", "LAW-REHAB"])
@pytest.mark.parametrize("path", sorted(REQUIRED))
async def test_what_is_required_is_asked_for_by_name(service: str, path: str) -> None:
    """Without it nothing leaves, and the field is named."""
    sent: list[httpx.Request] = []
    bench = bench_that(reply(RECEIPT), sent)
    with pytest.raises(CannotExpressError) as caught:
        await bench.adapter.submit(bench.submit(without(document_for(service), path), KEY))
    assert (caught.value.path, sent) == (path, [])


async def test_another_agencys_service_is_not_asked_for() -> None:
    """A document for a service that klac does not have never leaves."""
    bench = bench_that(reply(RECEIPT))
    welfare = document_for("WEL-EMERG")
    with pytest.raises(CannotExpressError) as caught:
        await bench.adapter.submit(bench.submit(welfare, KEY))
    assert caught.value.path == "referral.service_code"


@pytest.mark.parametrize("key", [KEY[:-1], KEY + "A", "../" + KEY[3:], KEY[:-1] + "가"])
@pytest.mark.parametrize("verb", HONEST)
async def test_a_key_that_the_contract_does_not_know_never_leaves(verb: str, key: str) -> None:
    """It would lead to another place, or be another one's."""
    sent: list[httpx.Request] = []
    bench = bench_that(reply(HONEST[verb]), sent)
    with pytest.raises(MisconfiguredError):
        await bench.speak(Verb(verb), key, "KLA-20400109-000001")
    assert sent == []


async def test_a_value_that_the_contract_does_not_know_is_named_by_its_path() -> None:
    """What the common schema lets pass and the contract does not: held with the field's path, never sent."""
    document = document_for("LAW-REHAB")
    (debt,) = document.client.debts
    client = document.client.model_copy(update={"debts": (debt.model_copy(update={"creditor": "가" * 201}),)})
    bench = bench_that(reply(RECEIPT))
    with pytest.raises(CannotExpressError) as caught:
        await bench.adapter.submit(bench.submit(document.model_copy(update={"client": client}), KEY))
    assert (caught.value.path, "가가" in str(caught.value)) == ("client.debts.creditor", False)


@given(st.sets(st.sampled_from(sorted(set(FIELDS.values()) - REQUIRED))))
def test_whatever_the_consents_leave_obeys_the_contract(left: set[str]) -> None:
    """Any part of the optional fields makes a message that the contract allows, and says nothing else."""
    document = prune(full_document(ServiceCode.LAW_BANKR), REQUIRED | left)
    bench = bench_that(reply(RECEIPT))
    body = aid_application(bench.submit(document, KEY))
    assert CONTRACT.violation("AidRequest", body) is None
    names = set(body) | {name for debt in body.get("debtList", ()) for name in debt}
    assert {FIELDS[name] for name in names - {"debtList"}} == REQUIRED | left


async def test_a_supplement_says_what_was_asked_for() -> None:
    """Without an opinion there is nothing to say; who the client is, the agency knows."""
    bench = bench_that(reply(ACKNOWLEDGED | {"prgrSttsCd": "31"}))
    order = bench.supplement(bench.document(), KEY, "KLA-20400109-000001")
    assert order.document.client.name is None
    silent = replace(order, document=without(order.document, "referral.opinion"))
    with pytest.raises(CannotExpressError) as caught:
        await bench.adapter.supplement(silent)
    assert caught.value.path == "referral.opinion"


def test_the_readmes_name_every_secret() -> None:
    """An operator finds the variable that the adapter wants."""
    text = (files("adapters") / "klac" / "README.md").read_text(encoding="utf-8")
    assert "NARU_ADAPTERS__KLAC__API_KEY" in text
