"""The mock 한국자산관리공사 at work: by the clock, once for each name and key, with books, orders and faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from kamco_wire import KEYS, REQUEST, Office, golden, joined, open_office, records

from mocks.kamco import KamcoMock
from mocks.kamco.exchange import is_collecting, next_hour
from mocks.kit.run import MockServer

TAKEN = [(KEYS[0], "N", "0000"), (KEYS[1], "N", "0000"), (KEYS[2], "C", "E21")]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def withdrawal(number: int, key: str, receipt: str) -> bytes:
    """Make the `number`-th file of the day, with one withdrawal."""
    header, _, _, line, trailer = records(golden("request"))
    header = header[:19] + f"{number:03d}0000001".encode() + header[29:]
    line = line[:1] + key.encode() + line[21:22] + receipt.encode().ljust(20) + line[42:]
    return joined([header, line, trailer[:1] + b"0000001" + b"0" * 17 + trailer[25:]])


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2025, 1, 6, 8, tzinfo=UTC), datetime(2025, 1, 6, 17, tzinfo=UTC)),
        (datetime(2025, 1, 6, 17, tzinfo=UTC), datetime(2025, 1, 6, 21, tzinfo=UTC)),
        (datetime(2025, 1, 6, 21, 0, 1, tzinfo=UTC), datetime(2025, 1, 7, 17, tzinfo=UTC)),
    ],
)
def test_the_hours_are_two_and_six_in_korea(now: datetime, expected: datetime) -> None:
    """What comes after six is two of the next day."""
    assert (next_hour(now), is_collecting(expected)) == (expected, expected.hour == 17)


def test_a_file_is_collected_at_two_and_answered_at_six(office: Office) -> None:
    """Not before; and the clerk says when it wants to work next."""
    office.bring(golden("request"))
    two = office.next_two()
    office.desk.clock.set(two - timedelta(seconds=5))
    assert (office.mock.work(), office.desk.ledger.acts, office.results()) == (two, (), [])
    office.desk.clock.advance(10)
    assert (office.mock.work(), len(office.desk.ledger.acts), office.results()) == (two + timedelta(hours=4), 2, [])
    office.desk.clock.advance(4 * 3600)
    office.mock.work()
    assert office.answered() == TAKEN


def test_a_clock_that_leaps_far_is_worked_off_at_once(office: Office) -> None:
    """Years in one step: collected, answered, and awake for the next hour."""
    office.bring(golden("request"))
    office.desk.clock.advance(86_400 * 365 * 100)
    following = office.mock.work()
    assert (office.answered(), following > office.desk.clock.now()) == (TAKEN, True)


def test_the_ledger_has_an_act_for_each_case_and_the_journal_a_visit_for_each_line(office: Office) -> None:
    """Names and digests, no value; what was refused was told all the same."""
    office.bring(golden("request"))
    office.day_passes()
    acts = office.desk.ledger.acts
    assert [(act.operation, act.key, act.state) for act in acts] == [
        ("register", KEYS[0], "received"),
        ("register", KEYS[1], "received"),
    ]
    assert acts[0].fields["CUST_NM"] == office.desk.ledger.digest("가나다라마바사아자차카타파하홍")
    visits = [entry for entry in office.desk.journal.entries if entry.direction == "in"]
    assert [(entry.operation, entry.key, entry.accepted, entry.reply_complete) for entry in visits] == [
        ("register", KEYS[0], True, True),
        ("register", KEYS[1], True, True),
        ("withdraw", KEYS[2], False, True),
    ]
    assert visits[2].fields == ("LINE_KEY", "RCPT_NO", "WHDR_RSN_CD")


def test_a_name_is_processed_once_and_a_key_registered_once(office: Office) -> None:
    """The same name again is not read; the same lines under another name are 중복, with the first receipt."""
    office.bring(golden("request"))
    office.day_passes()
    office.day_passes()
    assert len(office.results()) == 1
    header, *rest = records(golden("request"))
    office.bring(joined([header[:19] + b"002" + header[22:], *rest]), "REQ_20250106_002.dat")
    office.day_passes()
    assert office.answered()[3:] == [(KEYS[0], "N", "0001"), (KEYS[1], "N", "0001"), (KEYS[2], "C", "E21")]
    first, second = (records(data)[1][26:46] for data in office.results())
    assert (first == second, len(office.desk.ledger.acts)) == (True, 2)


def test_a_half_written_file_waits_until_it_is_whole(office: Office) -> None:
    """Its name is not used up by being seen."""
    office.bring(golden("request")[:900])
    office.day_passes()
    assert office.results() == []
    office.bring(golden("request"))
    office.day_passes()
    assert office.answered() == TAKEN


def test_what_is_no_plain_file_is_left_alone(office: Office, tmp_path: Path) -> None:
    """Links, folders and names of another form."""
    (tmp_path / "elsewhere").write_bytes(golden("request"))
    (tmp_path / "in" / REQUEST).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "REQ_20250106_002.dat").mkdir()
    office.bring(golden("request"), ".REQ_20250106_003.dat.part")
    office.day_passes()
    assert office.results() == []


def test_a_case_is_withdrawn_by_key_and_receipt(office: Office) -> None:
    """The second time answers the same, a foreign receipt nothing, and an ended case that it has ended."""
    office.bring(golden("request"))
    office.day_passes()
    receipts = [act.receipt for act in office.desk.ledger.acts]
    (office.folder / "out" / min(path.name for path in (office.folder / "out").iterdir())).unlink()
    office.mock.advance({"key": KEYS[1], "to": "closed"})
    wanted = [(KEYS[0], "KM20000101-000001"), (KEYS[0], receipts[0]), (KEYS[0], receipts[0]), (KEYS[1], receipts[1])]
    for number, (key, receipt) in enumerate(wanted, 2):
        office.bring(withdrawal(number, key, receipt), f"REQ_20250106_{number:03d}.dat")
    office.day_passes()
    assert [code for _, _, code in office.answered()] == ["E21", "0000", "0000", "E22"]
    assert [act.operation for act in office.desk.ledger.acts] == ["register", "register", "withdraw"]


def test_debts_above_the_ceiling_are_not_eligible(office: Office) -> None:
    """E11, and nothing in the ledger."""
    lines = records(golden("request"))
    total = 1_500_000_001
    lines[2] = lines[2][:194] + f"{total:013d}".encode() + lines[2][207:]
    lines[4] = lines[4][:8] + f"{total + 24_700_000:017d}".encode() + lines[4][25:]
    office.bring(joined(lines))
    office.day_passes()
    assert (office.answered()[1], len(office.desk.ledger.acts)) == ((KEYS[1], "N", "E11"), 1)


def test_orders_move_cases_and_the_next_file_tells_it(office: Office) -> None:
    """By key or receipt; each step is told once, in a file that answers nothing."""
    office.bring(golden("request"))
    office.day_passes()
    receipt = office.desk.ledger.acts[1].receipt
    office.mock.advance({"key": KEYS[0], "to": "reviewing", "text": "심사를 시작함"})
    told = office.mock.advance({"receipt": receipt, "to": "closed", "reason": "02"})
    office.day_passes()
    office.day_passes()
    assert told["state"] == "closed"
    assert office.told() == [(KEYS[0], "31"), (KEYS[1], "90")]
    assert [act.state for act in office.desk.ledger.acts] == ["reviewing", "closed"]


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"key": KEYS[0]},
        {"key": "NR20250106ZZZZZZZZZZ", "to": "decided"},
        {"key": KEYS[0], "to": "supplement"},
        {"key": KEYS[0], "to": "received"},
        {"key": KEYS[0], "to": "closed", "reason": "77"},
        {"key": KEYS[0], "to": "decided", "more": "1"},
        {"refuse_next": "E01"},
        {"refuse_next": "E11", "to": "closed"},
    ],
)
def test_an_order_that_means_nothing_is_refused(office: Office, order: dict[str, Any]) -> None:
    """Unknown cases, steps, reasons and words."""
    office.bring(golden("request"))
    office.day_passes()
    with pytest.raises(ValueError, match=r"."):
        office.mock.advance(order)


def test_the_next_line_may_be_refused_by_order(office: Office) -> None:
    """E12 예산 소진, once."""
    office.mock.advance({"refuse_next": "E12"})
    office.bring(golden("request"))
    office.day_passes()
    assert [code for _, _, code in office.answered()] == ["E12", "0000", "E21"]


def set_fault(office: Office, name: str, **more: Any) -> None:
    assert office.desk.faults is not None
    office.desk.faults.set({"seed": 1, "faults": [{"name": name, "times": 1, **more}]})


@pytest.mark.parametrize(
    ("fault", "codes", "acts"),
    [
        ("file_rejected", [], 0),
        ("line_refused_length", ["E01", "0000", "E21"], 1),
        ("line_refused_required", ["E02", "0000", "E21"], 1),
        ("line_refused_code", ["E03", "0000", "E21"], 1),
        ("result_missing", [], 2),
        ("result_lines_missing", ["0000", "0000"], 2),
        ("result_lines_twice", ["0000", "0000", "0000", "0000", "E21", "E21"], 2),
        ("result_unknown_line", ["0000", "0000", "E21", "E21"], 2),
        ("result_twice", ["0000", "0000", "E21"] * 2, 2),
    ],
)
def test_faults_of_files_change_what_is_told(office: Office, fault: str, codes: list[str], acts: int) -> None:
    """Whether the act happened is what the catalogue says, whatever the file tells."""
    set_fault(office, fault)
    office.bring(golden("request"))
    office.day_passes()
    assert ([code for _, _, code in office.answered()], len(office.desk.ledger.acts)) == (codes, acts)


@pytest.mark.parametrize("fault", ["result_late", "result_half_written", "result_half_aside"])
def test_what_is_late_is_whole_in_the_end(office: Office, fault: str) -> None:
    """Nothing, or half, at first; after its seconds the file that it should have been."""
    set_fault(office, fault, seconds=3600)
    office.bring(golden("request"))
    office.day_passes()
    early = office.results()
    assert [len(data) for data in early] == ([5 * 302 // 2] if fault == "result_half_written" else [])
    office.desk.clock.advance(3700)
    office.mock.work()
    assert office.answered() == TAKEN


def test_a_garbled_file_is_no_text(office: Office) -> None:
    """Half a Hangul at the end of a record."""
    set_fault(office, "result_garbled")
    office.bring(golden("request"))
    office.day_passes()
    with pytest.raises(UnicodeDecodeError):
        records(office.results()[0])[-2].decode("cp949")


async def test_over_the_control_api_a_day_is_one_move_of_the_clock(tmp_path: Path) -> None:
    """Served by the kit: the folders are named, the clock works the files off, reset empties everything."""
    server = MockServer([KamcoMock], {"kamco": {"folder": str(tmp_path / "kamco")}})
    async with server, httpx.AsyncClient(base_url=f"{server.base_url}/_mock", trust_env=False) as control:
        (agency,) = (await control.get("/agencies")).json()["agencies"]
        assert agency["own_url"] == (tmp_path / "kamco").as_uri()
        (tmp_path / "kamco" / "in" / REQUEST).write_bytes(golden("request"))
        await control.post("/clock", json={"advance_seconds": 2 * 86_400})
        assert len((await control.get("/kamco/ledger")).json()["acts"]) == 2
        assert len(list((tmp_path / "kamco" / "out").iterdir())) == 1
        moved = await control.post("/kamco/advance", json={"key": KEYS[0], "to": "decided"})
        assert moved.json()["state"] == "decided"
        assert (await control.put("/kamco/faults", json={"faults": [{"name": "result_twice"}]})).status_code == 200
        assert (await control.put("/kamco/faults", json={"faults": [{"name": "empty_200"}]})).status_code == 422
        await control.post("/reset")
        assert list((tmp_path / "kamco" / "out").iterdir()) == []
