"""The adapter of 한국자산관리공사 against its mock: the suite, whole ways through, every fault of files."""

from __future__ import annotations

from collections.abc import AsyncIterator

import kamco_bench
import pytest
from kamco_bench import Desk, connected

from adapters.sdk import Acknowledged, Delivered, RefusalReason, Refused, ResultFile
from adapters.sdk.testing import BatchSubject, BatchSuite
from mocks.kit.file_faults import FILE_CATALOGUE
from schemas.status import BusinessStatus, OutcomeCode

B = BusinessStatus


class TestConformance(BatchSuite):
    @pytest.fixture
    def subject(self) -> BatchSubject:
        return kamco_bench.subject()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with connected() as desk:
        yield desk


async def test_a_referral_goes_from_the_file_to_its_end(desk: Desk) -> None:
    """접수 the next day, then each step in a file of its own day, to 종결 with its outcome."""
    member = desk.refer()
    name = await desk.hand_over(member)
    assert await desk.read() == ()
    desk.night_passes()
    (result,) = await desk.read()
    (line,) = result.lines
    assert isinstance(line.outcome, Delivered)
    assert (result.answers, line.wire_key, desk.acts()) == (name, member.wire_key, [member.wire_key])
    await desk.adapter.clear(result)
    for step in ("reviewing", "decided", "in_service", "completed"):
        desk.advance(member.wire_key, step)
    desk.night_passes()
    desk.advance(member.wire_key, "closed", reason="01")
    desk.night_passes()
    told = [fact for file in await desk.read() for line in file.lines for fact in line.facts]

    assert [fact.business for fact in told] == [B.REVIEWING, B.APPROVED, B.IN_SERVICE, B.COMPLETED, B.CLOSED]
    assert ([fact.serial for fact in told], told[-1].outcome) == (["2", "3", "4", "5", "6"], OutcomeCode.HELPED)


async def test_a_withdrawal_goes_by_file_too(desk: Desk) -> None:
    """The agency takes it back once, and says so as often as it is asked."""
    member = desk.refer()
    await desk.hand_over(member)
    desk.night_passes()
    (result,) = await desk.read()
    outcome = result.lines[0].outcome
    assert isinstance(outcome, Delivered)
    await desk.adapter.clear(result)
    for _ in range(2):
        await desk.hand_over(desk.orders.withdraw(member.wire_key, outcome.receipt))
        desk.night_passes()
    told = [line for file in await desk.read() for line in file.lines]
    assert [(line.outcome, line.is_withdrawal) for line in told] == [(Acknowledged("0000"), True)] * 2
    assert desk.acts("withdraw") == [member.wire_key]


async def test_the_same_member_in_two_files_is_one_act(desk: Desk) -> None:
    """중복: the second file answers with the first receipt."""
    member = desk.refer()
    await desk.hand_over(member)
    await desk.hand_over(desk.orders.submit(member.document, member.wire_key))
    desk.night_passes()
    outcomes = [line.outcome for file in await desk.read() for line in file.lines]
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert len({outcome.receipt for outcome in outcomes if isinstance(outcome, Delivered)}) == 1
    assert desk.acts() == [member.wire_key]


def told_of(files: tuple[ResultFile, ...], key: str) -> list[str]:
    """Return what is said of one referral, file by file: how it stands, or why a file says nothing."""
    said = []
    for file in files:
        if file.unreadable or file.rejected:
            said.append("unreadable" if file.unreadable else f"rejected {file.rejected}")
        said += [type(line.outcome).__name__ for line in file.lines if line.wire_key == key]
    return said


EXPECTED: dict[str, tuple[int, list[str], list[str]]] = {
    "file_rejected": (0, ["rejected F001"], ["rejected F001"]),
    "line_refused_length": (1, ["Refused"], ["Refused"]),
    "line_refused_required": (1, ["Refused"], ["Refused"]),
    "line_refused_code": (1, ["Refused"], ["Refused"]),
    "result_missing": (2, [], []),
    "result_late": (2, [], ["Delivered"]),
    "result_twice": (2, ["Delivered", "Delivered"], ["Delivered", "Delivered"]),
    "result_half_written": (2, [], ["Delivered"]),
    "result_half_aside": (2, [], ["Delivered"]),
    "result_wrong_count": (2, ["unreadable"], ["unreadable"]),
    "result_garbled": (2, ["unreadable"], ["unreadable"]),
    "result_lines_missing": (2, ["Delivered"], ["Delivered"]),
    "result_lines_twice": (2, ["Delivered"], ["Delivered"]),
    "result_unknown_line": (2, ["Delivered"], ["Delivered"]),
}
"""For each fault: acts at the agency, and what is told of the first member the next morning and two days later."""


def test_every_fault_of_files_is_expected() -> None:
    """A new fault needs its row here."""
    assert list(EXPECTED) == list(FILE_CATALOGUE)


@pytest.mark.parametrize("fault", EXPECTED)
async def test_every_fault_of_files_comes_to_what_is_expected(desk: Desk, fault: str) -> None:
    """Nothing is told that is not so, nobody is registered twice, and what is unreadable stays where it is."""
    acts, next_morning, later = EXPECTED[fault]
    first, second = desk.refer(), desk.refer()
    desk.fault(fault)
    await desk.hand_over(first, second)
    desk.night_passes()
    assert told_of(await desk.read(), first.wire_key) == next_morning
    desk.hours_pass(48)
    files = await desk.read()
    assert (told_of(files, first.wire_key), len(desk.acts())) == (later, acts)
    keys = {line.wire_key for file in files for line in file.lines}
    assert len(keys - {first.wire_key, second.wire_key}) == (fault == "result_unknown_line")
    if fault == "result_lines_missing":
        assert told_of(files, second.wire_key) == []


async def test_refusals_keep_the_agencys_code_and_words(desk: Desk) -> None:
    """What is refused by order comes with its reason."""
    desk.mocks.counters["kamco"].mock.advance({"refuse_next": "E12"})
    await desk.hand_over(desk.refer())
    desk.night_passes()
    (file,) = await desk.read()
    assert file.lines[0].outcome == Refused(RefusalReason.NO_BUDGET, "E12", "예산 소진")
    assert desk.acts() == []
