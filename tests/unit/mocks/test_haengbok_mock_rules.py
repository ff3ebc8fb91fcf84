"""The business of the mock haengbok: registering, looking up, following, withdrawing, supplementing, eligibility."""

from __future__ import annotations

from datetime import date

import pytest
from haengbok_wire import KEY, PERSON, answer, message, post, rows
from hypothesis import given
from hypothesis import strategies as st

from mocks.haengbok import HaengbokMock
from mocks.haengbok.book import STEPS, mask
from mocks.haengbok.judgement import OFFICES, birth_date_of, eligibility_of, refusal_of
from mocks.kit.agency import Reply
from mocks.kit.desk import Desk, desk_for

OTHER_KEY = "2501150900000000000000002"


@pytest.fixture
def desk() -> Desk:
    return desk_for("haengbok", {"unsigned": "true"})


@pytest.fixture
def mock(desk: Desk) -> HaengbokMock:
    return HaengbokMock(desk)


async def ask(mock: HaengbokMock, operation: str, fields: dict[str, str], **odd: str) -> Reply:
    return await mock.handle(post(operation, message(operation, fields, **odd).encode()))


async def register(mock: HaengbokMock, **changed: str) -> dict[str, str]:
    return answer(await ask(mock, "register", PERSON | changed))


async def result(mock: HaengbokMock, receipt: str) -> list[dict[str, str]]:
    return rows(await ask(mock, "result", {"rcptNo": receipt}), "rslt")


async def test_receipt(mock: HaengbokMock, desk: Desk) -> None:
    """A registration gets a receipt and stands in the ledger with digests of what arrived, nothing else."""
    reply = await register(mock)
    (act,) = desk.ledger.acts
    assert (act.receipt, act.state) == (reply["rcptNo"], "received")
    assert (reply["rtnCd"], reply["procStcd"], reply["linkReqNo"]) == ("0000", "01", KEY)
    assert act.fields == {name: desk.ledger.digest(value) for name, value in PERSON.items() if value}


async def test_same_key_is_a_second_registration(mock: HaengbokMock, desk: Desk) -> None:
    """The trap: this agency does not dedupe. A repeated key is registered twice, and a look-up shows both."""
    first, second = await register(mock), await register(mock)
    found = rows(await ask(mock, "find", {"linkReqNo": KEY}), "rcpt")
    assert [row["rcptNo"] for row in found] == [first["rcptNo"], second["rcptNo"]]
    assert len(desk.ledger.acts) == 2


async def test_find_knows_only_its_key(mock: HaengbokMock) -> None:
    """A key that was never registered is found nowhere, and that is no error."""
    await register(mock)
    reply = answer(await ask(mock, "find", {"linkReqNo": OTHER_KEY}))
    assert (reply["rtnCd"], reply["totCnt"]) == ("0000", "0")


async def test_find_shows_nothing_before_it_has_settled(mock: HaengbokMock, desk: Desk) -> None:
    """What the kit hides from look-ups appears when its business time has come; the receipt works at once."""
    receipt = (await register(mock))["rcptNo"]
    (act,) = desk.ledger.acts
    act.visible_from = act.at.replace(year=act.at.year + 1)
    assert answer(await ask(mock, "find", {"linkReqNo": KEY}))["totCnt"] == "0"
    assert answer(await ask(mock, "result", {"rcptNo": receipt}))["rtnCd"] == "0000"
    desk.clock.set(act.visible_from)
    assert answer(await ask(mock, "find", {"linkReqNo": KEY}))["totCnt"] == "1"


async def test_read_back_is_masked(mock: HaengbokMock) -> None:
    """Name, RRN and phone come back masked, and nothing else about the person does."""
    receipt = (await register(mock))["rcptNo"]
    reply = await ask(mock, "result", {"rcptNo": receipt})
    found = answer(reply)
    assert (found["tgtrNm"], found["tgtrRrn"], found["telNo"]) == ("홍*동", "9001011******", "010****0001")
    assert not [value for value in (PERSON["tgtrNm"], PERSON["tgtrRrn"], "의정부") if value.encode() in reply.body]


@given(name=st.text("가나다라마바똠", min_size=1, max_size=50), phone=st.text("0123456789", min_size=8, max_size=12))
def test_mask_hides_something_of_everything(name: str, phone: str) -> None:
    """Masked values keep their length and always hide a part."""
    masked = mask({"tgtrNm": name, "tgtrRrn": "", "telNo": phone})
    assert (len(name), len(phone)) == (len(masked["tgtrNm"]), len(masked["telNo"]))
    assert "*" in masked["tgtrNm"]
    assert "*" in masked["telNo"]
    assert masked["tgtrRrn"] == ""


async def test_unknown_receipt(mock: HaengbokMock) -> None:
    """A receipt that nobody gave is R101 for result, withdraw and supplement."""
    receipt = {"rcptNo": "HB202501150000099"}
    withdraw = receipt | {"linkReqNo": KEY, "wtdrRsnCd": "01", "wtdrDt": "20250116"}
    supplement = receipt | {"linkReqNo": KEY, "spplCn": "통장 사본", "spplDt": "20250116"}
    asked = [("result", receipt), ("withdraw", withdraw), ("supplement", supplement)]
    assert [answer(await ask(mock, name, fields))["rtnCd"] for name, fields in asked] == ["R101"] * 3


@pytest.mark.parametrize("step", STEPS)
async def test_every_step_shows_as_a_row(mock: HaengbokMock, step: str) -> None:
    """An order moves the case, and its row carries the state's code and Korean word."""
    receipt = (await register(mock))["rcptNo"]
    assert mock.advance({"receipt": receipt, "to": step}) == {"receipt": receipt, "key": KEY, "state": step}
    first, second = await result(mock, receipt)
    assert (first["procStcd"], second["procStcd"], second["seq"]) == ("01", STEPS[step], "2")
    assert second["rsltCn"]


async def test_order_by_key_and_details(mock: HaengbokMock) -> None:
    """An order may name the key, and says what the row tells."""
    receipt = (await register(mock))["rcptNo"]
    mock.advance(
        {"key": KEY, "to": "supplement", "due": "20250131", "text": "임대차계약서", "department": "통합조사팀"}
    )
    row = (await result(mock, receipt))[-1]
    told = ("05", "20250131", "임대차계약서", "통합조사팀")
    assert told == (row["procStcd"], row["spplDueDt"], row["rsltCn"], row["chrgDeptNm"])


async def test_transfer_names_the_office(mock: HaengbokMock) -> None:
    """이송 says whereto."""
    receipt = (await register(mock))["rcptNo"]
    mock.advance({"receipt": receipt, "to": "transferred", "office": "3740000"})
    assert (await result(mock, receipt))[-1]["trsfOrgCd"] == "3740000"


async def test_closing_keeps_the_last_result(mock: HaengbokMock) -> None:
    """종결 after 부적합 carries the reason again, so that the outcome is known from the last row."""
    receipt = (await register(mock))["rcptNo"]
    mock.advance({"receipt": receipt, "to": "unsuitable", "result": "B01"})
    mock.advance({"receipt": receipt, "to": "closed"})
    assert (await result(mock, receipt))[-1]["rsltCd"] == "B01"


async def test_late_partial_and_double_rows(mock: HaengbokMock, desk: Desk) -> None:
    """A row can come late, first without its optional fields, and twice."""
    receipt = (await register(mock))["rcptNo"]
    mock.advance({"receipt": receipt, "to": "decided", "delay_seconds": 60, "partial_seconds": 60, "twice": True})
    assert [row["procStcd"] for row in await result(mock, receipt)] == ["01"]
    desk.clock.advance(61)
    assert (await result(mock, receipt))[1:] == [{"seq": "2", "procStcd": "06"}] * 2
    desk.clock.advance(61)
    assert [row["rsltCd"] for row in (await result(mock, receipt))[1:]] == ["H01", "H01"]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"to": "closed"}, "no such case"),
        ({"receipt": "HB000000000000000", "to": "closed"}, "no such case"),
        ({"key": KEY, "to": "withdrawn"}, "to must be one of"),
        ({"key": KEY}, "to must be one of"),
        ({"key": KEY, "to": "closed", "result": "X"}, "result"),
        ({"key": KEY, "to": "transferred", "office": "1"}, "office"),
        ({"key": KEY, "to": "supplement", "due": "tomorrow"}, "due"),
        ({"key": KEY, "to": "closed", "text": "x" * 2001}, "text"),
        ({"key": KEY, "to": "closed", "delay_seconds": -1}, "delay_seconds"),
        ({"key": KEY, "to": "closed", "twice": "yes"}, "twice"),
        ({"key": KEY, "to": "closed", "colour": "red"}, "colour"),
    ],
)
async def test_orders_that_make_no_sense(mock: HaengbokMock, order: dict[str, object], says: str) -> None:
    """A bad order is refused in words, and moves nothing."""
    receipt = (await register(mock))["rcptNo"]
    with pytest.raises(ValueError, match=says):
        mock.advance(order)
    assert len(await result(mock, receipt)) == 1


async def test_order_by_a_key_of_two_cases(mock: HaengbokMock) -> None:
    """A key that was registered twice names no case."""
    await register(mock)
    await register(mock)
    with pytest.raises(ValueError, match="several"):
        mock.advance({"key": KEY, "to": "closed"})


@pytest.mark.parametrize(
    ("before", "after"), [("closed", "decided"), ("transferred", "closed"), ("rejected", "decided")]
)
async def test_steps_that_no_agency_takes(mock: HaengbokMock, before: str, after: str) -> None:
    """Nothing follows an end, and after a refusal only 종결, 이의신청 or 협의체."""
    await register(mock)
    mock.advance({"key": KEY, "to": before})
    with pytest.raises(ValueError, match=f"{before} cannot become {after}"):
        mock.advance({"key": KEY, "to": after})


async def withdraw(mock: HaengbokMock, receipt: str, key: str = KEY) -> dict[str, str]:
    fields = {"rcptNo": receipt, "linkReqNo": key, "wtdrRsnCd": "01", "wtdrDt": "20250116"}
    return answer(await ask(mock, "withdraw", fields))


async def test_withdrawal_is_acknowledged_and_recorded(mock: HaengbokMock, desk: Desk) -> None:
    """A withdrawal is acknowledged; the ledger shows it as an act and as the case's state."""
    receipt = (await register(mock))["rcptNo"]
    reply = await withdraw(mock, receipt)
    assert (reply["rtnCd"], reply["procStcd"]) == ("0000", "16")
    shown = [(act.operation, act.key, act.receipt, act.state) for act in desk.ledger.acts]
    assert shown == [("register", KEY, receipt, "withdrawn"), ("withdraw", KEY, receipt, "withdrawn")]
    assert (await result(mock, receipt))[-1]["procStcd"] == "16"


async def test_withdrawal_again_is_the_same_withdrawal(mock: HaengbokMock, desk: Desk) -> None:
    """A repeated withdrawal gets the same answer and is no second act."""
    receipt = (await register(mock))["rcptNo"]
    assert [(await withdraw(mock, receipt))["rtnCd"] for _ in range(2)] == ["0000", "0000"]
    assert len(desk.ledger.acts) == 2


async def test_withdrawal_of_a_closed_case(mock: HaengbokMock) -> None:
    """What has ended cannot be withdrawn."""
    receipt = (await register(mock))["rcptNo"]
    mock.advance({"receipt": receipt, "to": "closed"})
    assert (await withdraw(mock, receipt))["rtnCd"] == "R102"


async def test_withdrawal_needs_the_right_key(mock: HaengbokMock) -> None:
    """A receipt with somebody else's key names no case."""
    receipt = (await register(mock))["rcptNo"]
    assert (await withdraw(mock, receipt, OTHER_KEY))["rtnCd"] == "R101"


async def test_supplement_only_when_asked_for(mock: HaengbokMock, desk: Desk) -> None:
    """보완 is taken once it was asked for, and the investigation goes on."""
    receipt = (await register(mock))["rcptNo"]
    fields = {"rcptNo": receipt, "linkReqNo": KEY, "spplCn": "소득 증빙: 똠", "spplDt": "20250116"}
    assert answer(await ask(mock, "supplement", fields))["rtnCd"] == "R102"
    mock.advance({"receipt": receipt, "to": "supplement"})
    reply = answer(await ask(mock, "supplement", fields))
    assert (reply["rtnCd"], reply["procStcd"]) == ("0000", "03")
    assert [act.operation for act in desk.ledger.acts] == ["register", "supplement"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"tgtrNm": "나성명"}, "R001"),
        ({"tgtrRrn": "9013011000000", "tgtrBrthYmd": "19900101"}, "R002"),
        ({"tgtrRrn": "9001011000000", "tgtrBrthYmd": "19900102"}, "R002"),
        ({"tgtrRrn": "", "svcCd": "BSLF01"}, "R003"),
        ({"tgtrRrn": "", "svcCd": "BSLF02"}, "R003"),
        ({"tgtrRrn": "", "svcCd": "BSLF00"}, "0000"),
        ({"lgdngCd": "1111010100"}, "R004"),
        ({"tgtrNm": "나거주"}, "R004"),
        ({"mdnIncmRt": "100.01"}, "R005"),
        ({"mdnIncmRt": "100"}, "0000"),
        ({"mdnIncmRt": ""}, "0000"),
        ({"tgtrNm": "나대상"}, "R005"),
    ],
)
async def test_refusals(mock: HaengbokMock, desk: Desk, changed: dict[str, str], code: str) -> None:
    """The documented data are refused with their code, without a receipt and without an act."""
    reply = await register(mock, **changed)
    is_taken = code == "0000"
    assert (reply["rtnCd"], bool(reply["rcptNo"]), len(desk.ledger.acts)) == (code, is_taken, int(is_taken))


async def test_missing_optional_elements(mock: HaengbokMock) -> None:
    """Optional values may be left out altogether, which is the same as empty."""
    needed = ("linkReqNo", "reqKindCd", "svcCd", "tgtrNm", "tgtrBrthYmd", "lgdngCd", "urgYn", "reqDeptCd", "reqUsrNm")
    fields = {name: PERSON[name] for name in (*needed, "reqDt")}
    assert answer(await ask(mock, "register", fields))["rtnCd"] == "0000"


@pytest.mark.parametrize("field", ["tgtrBrthYmd", "cnslDt", "reqDt"])
async def test_dates_that_the_calendar_lacks(mock: HaengbokMock, desk: Desk, field: str) -> None:
    """30 February passes every pattern and is refused all the same."""
    reply = await register(mock, **{field: "20250230"})
    assert (reply["errCd"], reply["errFld"]) == ("E002", field)
    assert desk.ledger.acts == ()


async def test_unknown_office_is_refused(mock: HaengbokMock, desk: Desk) -> None:
    """A 기관코드 that nobody registered may not call."""
    reply = answer(await ask(mock, "register", PERSON, department="1234567"))
    assert (reply["fault"], reply["errCd"], reply["errFld"]) == ("soap:Client", "E201", "userDeptCode")
    assert desk.ledger.acts == ()


def test_offices_are_the_province_and_its_31() -> None:
    """31 시군 and the province may call."""
    assert len(OFFICES) == 32


@given(st.dates().filter(lambda day: 1800 <= day.year <= 2099), st.text("0123456789", min_size=6, max_size=6))
def test_check_digit_is_never_looked_at(born: date, tail: str) -> None:
    """Any last six digits go with any birth date: numbers issued since 2020-10 have no check digit."""
    digit = {18: "9", 19: "1", 20: "3"}[born.year // 100]
    assert birth_date_of(f"{born:%y%m%d}{digit}{tail}") == born


@pytest.mark.parametrize(
    "rrn", ["", "900101-1000000", "900101100000", "90010110000000", "9002301000000", "٩٠٠١٠١١٠٠٠٠٠٠"]
)
def test_rrn_of_the_wrong_shape(rrn: str) -> None:
    """Wrong lengths, hyphens, days that do not exist, digits of other scripts: no RRN."""
    assert birth_date_of(rrn) is None


@given(st.sampled_from(["BSLF00", "BSLF03"]), st.sampled_from(["41", "11", "26"]), st.integers(0, 300))
def test_refusal_is_decided_by_the_documented_data_alone(service: str, province: str, rate: int) -> None:
    """With a good name and number only the address and the income decide."""
    referral = PERSON | {"svcCd": service, "lgdngCd": province + "15010100", "mdnIncmRt": str(rate)}
    expected = "R004" if province != "41" else "R005" if rate > 100 else None
    assert refusal_of(referral) == expected


async def test_eligibility(mock: HaengbokMock, desk: Desk) -> None:
    """An eligible person: the four benefits, and an act in the ledger, since an RRN was disclosed."""
    fields = {"ReqOrgCd": "6410000", "ReqBizCd": "NARU01", "TGTR_RRN": "9001011000000", "TGTR_NM": "홍길동"}
    reply = answer(await ask(mock, "getReductionBscLivYn", fields))
    assert (reply["serviceResult"], reply["FCT_YN"], reply["BSLF01_YN"]) == ("1", "Y", "Y")
    assert [("verify", {"ReqOrgCd", "ReqBizCd", "TGTR_RRN", "TGTR_NM"})] == [
        (act.operation, set(act.fields)) for act in desk.ledger.acts
    ]


@pytest.mark.parametrize(
    ("name", "rrn", "states"),
    [
        ("홍길동", "9001011000000", ["answered Y"]),
        ("홍길동", "9001101000000", ["answered N"]),
        ("홍길동", "9001311000000", ["answered M"]),
        ("나성명", "9001011000000", ["answered 3"]),
        ("나장애", "9001011000000", []),
    ],
)
async def test_every_answered_question_stands_in_the_ledger(
    mock: HaengbokMock, desk: Desk, name: str, rrn: str, states: list[str]
) -> None:
    """With what was answered: an auditor reads there whether a referral was held by right."""
    fields = {"ReqOrgCd": "6410000", "ReqBizCd": "NARU01", "TGTR_RRN": rrn, "TGTR_NM": name}
    await ask(mock, "getReductionBscLivYn", fields)
    assert [act.state for act in desk.ledger.acts] == states


@pytest.mark.parametrize(
    ("name", "rrn", "expected"),
    [
        ("홍길동", "9001101000000", ("1", "N", "N", "N")),
        ("홍길동", "9001111000000", ("1", "Y", "N", "Y")),
        ("홍길동", "9001311000000", ("1", "M", "", "")),
        ("홍길동", "900101-1000000", ("2", "", "", "")),
        ("홍길동", "2502301000000", ("2", "", "", "")),
        ("나성명", "9001011000000", ("3", "", "", "")),
        ("나거주", "9001011000000", ("4", "", "", "")),
        ("나대상", "9001011000000", ("5", "", "", "")),
        ("나장애", "9001011000000", ("9", "", "", "")),
    ],
)
def test_eligibility_by_the_documented_rules(name: str, rrn: str, expected: tuple[str, ...]) -> None:
    """ServiceResult first; then the fact and the benefits by the day of birth."""
    found = eligibility_of(name, rrn)
    assert expected == tuple(found[key] for key in ("serviceResult", "FCT_YN", "BSLF01_YN", "BSLF03_YN"))
