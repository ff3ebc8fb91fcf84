"""The mock IBK미소금융재단 against the golden telegrams, and the rules of its contract; without sockets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.ibk_miso import IbkMisoMock
from mocks.ibk_miso.book import BRANCH_NAME
from mocks.ibk_miso.contract import COMMON, FOLDER, LAYOUT
from mocks.kit.agency import Request
from mocks.kit.desk import desk_for

GOLDEN = Path(__file__).parents[2] / "contract" / "ibk_miso"
KEY = "NR20250106A1B2C3D4E5"
KST = timedelta(hours=9)


def golden(name: str) -> bytes:
    """Return a telegram without its prefix, which must be true. `20x7` is seven times 20; `#` begins a comment."""
    told = bytearray()
    for line in (GOLDEN / f"{name}.hex").read_text(encoding="utf-8").splitlines():
        for word in line.split("#")[0].split():
            byte, _, times = word.partition("x")
            told += bytes.fromhex(byte) * int(times or 1)
    assert int(told[:4]) == len(told) - 4
    return bytes(told[4:])


class Branch:
    """The mock, and a caller that keeps SEND_DT and TRC_NO fresh."""

    def __init__(self) -> None:
        self.desk = desk_for("ibk_miso")
        self.mock = IbkMisoMock(self.desk)
        self._calls = 0

    def say(self, telegram: bytes) -> bytes:
        """Say a telegram as it is, now."""
        return self._answer(telegram)

    def call(self, name: str, **changes: str) -> bytes:
        """Say a golden request of this moment, with other values in fields of the common part or the data."""
        self._calls += 1
        now = datetime.now(UTC) + KST
        return self._answer(
            changed(golden(name), **{"SEND_DT": f"{now:%Y%m%d%H%M%S}", "TRC_NO": f"{self._calls:032d}", **changes})
        )

    def _answer(self, telegram: bytes) -> bytes:
        return asyncio.run(self.mock.handle(Request("TELEGRAM", "/", body=telegram))).body

    @property
    def acts(self) -> list[tuple[str, str]]:
        return [(act.operation, act.key) for act in self.desk.ledger.acts]


RECORD = {"0200": "register", "0400": "cancel", "0500": "capacity"}


def changed(telegram: bytes, **values: str) -> bytes:
    """Put values into a telegram, in CP949, by the names of their fields."""
    records = [COMMON] + ([LAYOUT[RECORD[telegram[:4].decode()]]] if telegram[:4].decode() in RECORD else [])
    start = 0
    for record in records:
        for field in record.fields:
            if field.name in values:
                at, value = start + field.start, values[field.name].encode("cp949").ljust(field.size)
                telegram = telegram[:at] + value + telegram[at + field.size :]
        start += record.size
    return telegram


def code_of(answer: bytes) -> tuple[str, str]:
    """Return RSP_CD and ERR_FLD."""
    common = COMMON.read(answer[:120])
    return str(common["RSP_CD"]), str(common.get("ERR_FLD", ""))


@pytest.fixture
def branch() -> Branch:
    branch = Branch()
    branch.desk.clock.set(datetime(2999, 1, 6, tzinfo=UTC))
    return branch


def test_a_registration_is_read_byte_for_byte(branch: Branch) -> None:
    """Every field arrives as the golden telegram says it, Hangul at the edges whole, and one act is written."""
    answer = branch.call("register.request")
    (act,) = branch.desk.ledger.acts
    said = {
        "CUST_NM": "가나다라마바사아자차카타파하홍",
        "ROAD_ADDR": "경기도 의정부시 나루로 12, 가나다라마바사아자차카타파하 상가 지하 1층 1010호 나루상회 옆 "
        "(의정부동)",
        "RRNO": "6103071000000",
        "DEBT_AMT": 24_700_000,
        "RQST_CN": "똠방각하 상점을 운영함. 재료비가 모자람",
    }
    assert code_of(answer) == ("0000", "")
    assert {name: act.fields[name] for name in said} == {n: branch.desk.ledger.digest(v) for n, v in said.items()}
    assert (len(act.fields), act.key, act.state) == (26, KEY, "received")


def test_answers_are_written_byte_for_byte() -> None:
    """0210, twice, 0310, 0410 and 0510 as they were written from the layout, but for times and numbers of the call."""
    branch, before = Branch(), datetime.now(UTC) + KST
    first, again = branch.call("register.request"), branch.call("register.request")
    receipt = first[120:136].decode()
    assert receipt in {f"MS{day:%Y%m%d}000001" for day in (before, datetime.now(UTC) + KST)}
    expected = golden("register.reply")
    for answer, code in ((first, b"0000"), (again, b"0707")):
        told = expected[:33] + answer[33:79] + code + expected[83:120]
        told += receipt.encode() + answer[136:150] + expected[150:]
        assert answer == told
    branch.mock.advance({"key": KEY, "to": "assigned"})
    history = branch.call("inquire.request")
    rows = [LAYOUT["progress"].read(history[220 + 240 * number :][:240]) for number in range(2)]
    assert ([row["PRGR_ST"] for row in rows], BRANCH_NAME.encode("cp949") in history) == (["10", "20"], True)
    cancelled = branch.call("cancel.request", RCPT_NO=receipt)
    assert (code_of(cancelled), cancelled[120:138]) == (("0000", ""), receipt.encode() + b"92")
    branch.mock.advance({"places": 1})
    capacity = LAYOUT["room"].read(branch.call("capacity.request")[120:])
    assert (capacity["OPEN_YN"], capacity["ROOM_CNT"], capacity["BR_CD"]) == ("N", 0, "0031")
    probe = branch.call("probe.request")
    assert (probe[:33], probe[79:]) == (golden("probe.reply")[:33], golden("probe.reply")[79:])


def test_a_key_is_registered_once(branch: Branch) -> None:
    """0707 with the first receipt, however the rest of the telegram reads; never a second act."""
    receipts = {branch.call("register.request", CUST_NM=name)[120:136] for name in ("홍길동", "김나루", "홍길동")}
    assert (branch.acts, len(receipts)) == ([("register", KEY)], 1)
    assert code_of(branch.call("register.request")) == ("0707", "")


def test_a_telegram_is_taken_once(branch: Branch) -> None:
    """The same 전문추적번호 again is 0101 TRC_NO, and does nothing."""
    first = branch.call("register.request", TRC_NO="a" * 32)
    again = branch.call("cancel.request", TRC_NO="a" * 32, RCPT_NO=first[120:136].decode())
    assert (code_of(again), branch.acts) == (("0101", "TRC_NO"), [("register", KEY)])


MALFORMED = {
    "MSG_NO": "0210",
    "TX_TP": "2",
    "ORG_CD": "NARU0002",
    "TX_UNQ_NO": "NR2025",
    "SEND_DT": "20200101000000",
    "RSP_CD": "0000",
    "ERR_FLD": "BRNO",
    "RQST_TP": "3",
    "SVC_CD": "    ",
    "RQST_YMD": "20250230",
    "CUST_NM": "",
    "BIRTH_YMD": "20250107",
    "RRNO": "610307-100000",
    "TEL_NO": "010-0000-000",
    "BRNO": "123456789",
    "ZIP_NO": "123",
    "LGLDONG_CD": "41150",
    "OPEN_YMD": "20250107",
    "CNSL_YMD": "20250107",
    "DUE_YMD": "20250105",
    "HSHD_CNT": " 2",
    "DEBT_AMT": "-000000024700000",
    "DEBT_CNT": "   ",
    "RQST_CN": "두\n줄",
}


@pytest.mark.parametrize(("field", "value"), MALFORMED.items())
def test_what_breaks_the_contract_is_refused_by_name(branch: Branch, field: str, value: str) -> None:
    """0101 names the field; nothing is done, and the key is not taken."""
    assert code_of(branch.call("register.request", **{field: value})) == ("0101", field)
    assert branch.acts == []
    assert code_of(branch.call("register.request")) == ("0000", "")


def test_half_a_syllable_is_no_text(branch: Branch) -> None:
    """Bytes that are no CP949 are malformed text, not a guess."""
    telegram = golden("register.request")
    cut = telegram[:221] + b" " + telegram[222:]
    now = datetime.now(UTC) + KST
    answer = branch.say(changed(cut, SEND_DT=f"{now:%Y%m%d%H%M%S}"))
    assert code_of(answer) == ("0101", "CUST_NM")


@pytest.mark.parametrize("name", ["register.request", "inquire.request"])
def test_data_of_another_length_is_malformed(branch: Branch, name: str) -> None:
    """Too long or too short: 0101, and no field is to blame."""
    now = datetime.now(UTC) + KST
    telegram = changed(golden(name), SEND_DT=f"{now:%Y%m%d%H%M%S}")
    assert code_of(branch.say(telegram + b" ")) == ("0101", "")


@pytest.mark.parametrize("telegram", [b"", b"0200", golden("probe.request")[:119], b" " * 120, b"9999" + b"1" * 116])
def test_a_common_part_that_is_none_gets_an_empty_answer(branch: Branch, telegram: bytes) -> None:
    """Nobody can say what it would be an answer to."""
    assert (branch.say(telegram), branch.acts) == (b"", [])


def test_look_ups_find_what_is_registered(branch: Branch) -> None:
    """0404 before, and as long as a fault hides it; the history behind 0000 afterwards."""
    assert code_of(branch.call("inquire.request")) == ("0404", "")
    branch.call("register.request")
    (act,) = branch.desk.ledger.acts
    act.visible_from = branch.desk.clock.now() + timedelta(seconds=30)
    assert code_of(branch.call("inquire.request")) == ("0404", "")
    branch.desk.clock.advance(31)
    assert code_of(branch.call("inquire.request")) == ("0000", "")


def test_a_withdrawal_is_done_once(branch: Branch) -> None:
    """Again gives the first answer; unknown is 0404, another receipt or an end of another kind 0505."""
    assert code_of(branch.call("cancel.request")) == ("0404", "")
    receipt = branch.call("register.request")[120:136].decode()
    assert code_of(branch.call("cancel.request", RCPT_NO="MS29990106999999")) == ("0505", "")
    first = branch.call("cancel.request", RCPT_NO=receipt)
    branch.desk.clock.advance(60)
    assert branch.call("cancel.request", RCPT_NO=receipt)[120:] == first[120:]
    assert branch.acts == [("register", KEY), ("withdraw", KEY)]
    other = branch.call("register.request", TX_UNQ_NO=KEY[::-1])[120:136].decode()
    branch.mock.advance({"receipt": other, "to": "closed", "reason": "02"})
    assert code_of(branch.call("cancel.request", TX_UNQ_NO=KEY[::-1], RCPT_NO=other)) == ("0505", "")


def test_a_month_has_so_many_places(branch: Branch) -> None:
    """여력 조회 says what is left and when there is room again; 0303 takes no key, and a new month begins anew."""
    branch.mock.advance({"places": 1})
    before = LAYOUT["room"].read(branch.call("capacity.request")[120:])
    branch.call("register.request")
    after = LAYOUT["room"].read(branch.call("capacity.request")[120:])
    full = branch.call("register.request", TX_UNQ_NO=KEY[::-1])
    branch.desk.clock.set(datetime(2999, 1, 31, 15, tzinfo=UTC))
    assert (before["OPEN_YN"], before["ROOM_CNT"], before["NEXT_YMD"]) == ("Y", 1, "29990106")
    assert (after["OPEN_YN"], after["ROOM_CNT"], after["NEXT_YMD"]) == ("N", 0, "29990201")
    assert (code_of(full), code_of(branch.call("register.request", TX_UNQ_NO=KEY[::-1]))) == (
        ("0303", ""),
        ("0000", ""),
    )


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"places": -1},
        {"places": True},
        {"places": 1, "key": KEY},
        {"to": "assigned"},
        {"key": KEY, "receipt": "MS29990106000001", "to": "assigned"},
        {"key": KEY, "to": "received"},
        {"key": KEY, "to": "completed"},
        {"key": "nobody", "to": "assigned"},
        {"key": KEY, "to": "closed", "reason": "77"},
        {"key": KEY, "to": "assigned", "text": "가" * 101},
        {"key": KEY, "to": "assigned", "text": "😀"},
        {"key": KEY, "to": "assigned", "more": "1"},
    ],
)
def test_an_order_that_cannot_be_is_refused(branch: Branch, order: dict[str, object]) -> None:
    """The text says why; nothing moves."""
    branch.call("register.request")
    with pytest.raises(ValueError, match=r"must|cannot|known|no case|does not allow"):
        branch.mock.advance(order)
    assert branch.desk.ledger.acts[0].state == "received"


@given(telegram=st.binary(max_size=300))
def test_any_bytes_are_answered(telegram: bytes) -> None:
    """Whatever comes: an answer of the contract, or an empty one; never an act, never a crash."""
    branch = Branch()
    answer = branch.say(telegram)
    assert (answer == b"" or code_of(answer)[0] == "0101", branch.acts) == (True, [])


def test_the_contract_is_where_both_sides_read_it() -> None:
    """One folder of files, and nothing else, is shared with the adapter."""
    assert sorted(file.name for file in FOLDER.iterdir()) == ["README.md", "codes.json", "layout.json"]
