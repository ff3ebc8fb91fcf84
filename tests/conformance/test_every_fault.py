"""Every registered adapter, every fault of the catalogue, every verb: what it comes to, and what the agency then has.

All on real sockets against the real mocks. What must come out is declared, with reasons, in
`adapters/sdk/testing/fault_table.py` and the adapters' `faults.toml`; `docs/classification.md` is written from both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio
from fault_bench import IMPATIENT, PATIENT, Stage, open_stage
from fault_rows import HONEST, NONE, adapters, call_rows, callback_rows, poll_rows, request_rows, spoken
from file_rows import FILE_ROWS, FileRow, file_agencies, file_rows
from hub_bench import HubBench, open_hub
from row_checks import check_call, check_callback, check_file, check_hub, check_hub_poll, check_poll

from adapters.sdk import Verb
from adapters.sdk.testing import Row
from mocks.kit.faults import Faults

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def patient_hub(stage: Stage) -> AsyncIterator[HubBench]:
    async with open_hub(stage, "patient", PATIENT) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient_hub(stage: Stage) -> AsyncIterator[HubBench]:
    async with open_hub(stage, "impatient", IMPATIENT) as hub:
        yield hub


CALLS = [
    pytest.param(slug, row, verb, id=f"{slug}-{row.fault}-{verb}")
    for slug, adapter in adapters().items()
    for row, verbs in [(HONEST, spoken(adapter)), *call_rows(slug)]
    for verb in verbs
]
FIRST_CALLS = [
    pytest.param(slug, row, verbs[0], id=f"{slug}-{row.fault}")
    for slug in adapters()
    for row, verbs in call_rows(slug)
    if row not in poll_rows(slug)
]
POLLS = [pytest.param(slug, row, id=f"{slug}-{row.fault}") for slug in adapters() for row in poll_rows(slug)]
REGISTRATIONS = [
    pytest.param(slug, row, id=f"{slug}-{row.fault}")
    for slug, adapter in adapters().items()
    if Verb.SUBMIT in spoken(adapter)
    for row in (HONEST, *request_rows(slug))
]
CALLBACKS = [pytest.param(slug, row, id=f"{slug}-{row.fault}") for slug in adapters() for row in callback_rows(slug)]
FILES = [pytest.param(slug, row, id=f"{slug}-{row.fault}") for slug in file_agencies() for row in file_rows(slug)]
BAD_FILES = [one for one in FILES if one.values[1] is not FILE_ROWS[NONE]]


@pytest.mark.parametrize(("slug", "row", "verb"), CALLS)
async def test_every_fault_comes_to_what_is_declared(stage: Stage, slug: str, row: Row, verb: Verb) -> None:
    """One class, no more acts than the catalogue says, nobody's key twice; asked again, the agency tells the truth."""
    await check_call(stage, slug, row, verb)


@pytest.mark.parametrize(("slug", "row"), POLLS)
async def test_a_bad_answer_to_a_poll_is_read_for_what_it_says(stage: Stage, slug: str, row: Row) -> None:
    """Fewer rows, rows twice, rows in another order are on the wire, and no fact is made or lost by them."""
    await check_poll(stage, slug, row)


@pytest.mark.parametrize(("slug", "row"), REGISTRATIONS)
async def test_through_the_hub_every_fault_ends_as_declared(
    stage: Stage, patient_hub: HubBench, impatient_hub: HubBench, slug: str, row: Row
) -> None:
    """The hub does what the page says; when the line is mended and settled: one act, or a person decides."""
    await check_hub(stage, impatient_hub if row.waits else patient_hub, slug, row)


@pytest.mark.parametrize(("slug", "row"), POLLS)
async def test_through_the_hub_a_bad_answer_to_a_poll_moves_nothing_back(
    stage: Stage, patient_hub: HubBench, slug: str, row: Row
) -> None:
    """After the next good answer the hub is where the agency is, each change is told once, and nothing is flagged."""
    await check_hub_poll(stage, patient_hub, slug, row)


@pytest.mark.parametrize(("slug", "row"), CALLBACKS)
async def test_through_the_hub_every_callback_is_taken_once(
    stage: Stage, patient_hub: HubBench, slug: str, row: Row
) -> None:
    """Twice, late or overtaken: the hub ends where the agency is, each change is told once, and nothing is flagged."""
    await check_callback(stage, patient_hub, slug, row)


@pytest.mark.parametrize(("slug", "row"), FILES)
async def test_through_the_hub_every_fault_of_files_ends_as_declared(
    stage: Stage, patient_hub: HubBench, slug: str, row: FileRow
) -> None:
    """Some days later: one act and its receipt, the agency's refusal, or a person decides."""
    await check_file(stage, patient_hub, slug, row)


# A row whose fault is not carried out must fail: otherwise it would say nothing.


@contextmanager
def idle_faults() -> Iterator[None]:
    """Let faults be set, and strike and be counted, and do nothing: every agency behaves."""
    strike = Faults.strike
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Faults, "strike", lambda *asked: strike(*asked) and None)
        patched.setattr(Faults, "refuse_connections", property(lambda _: False))
        yield


@pytest.mark.parametrize(("slug", "row", "verb"), FIRST_CALLS)
async def test_a_call_whose_fault_is_idle_is_noticed(stage: Stage, slug: str, row: Row, verb: Verb) -> None:
    """The check of every fault of calls fails when the agency behaves instead."""
    with idle_faults(), pytest.raises(AssertionError):
        await check_call(stage, slug, row, verb)


@pytest.mark.parametrize(("slug", "row"), POLLS)
async def test_a_poll_whose_fault_is_idle_is_noticed(stage: Stage, slug: str, row: Row) -> None:
    """The same for the answers to polls."""
    with idle_faults(), pytest.raises(AssertionError):
        await check_poll(stage, slug, row)


@pytest.mark.parametrize(("slug", "row"), CALLBACKS)
async def test_a_callback_whose_fault_is_idle_is_noticed(
    stage: Stage, patient_hub: HubBench, slug: str, row: Row
) -> None:
    """The same for callbacks."""
    with idle_faults(), pytest.raises(AssertionError):
        await check_callback(stage, patient_hub, slug, row)


@pytest.mark.parametrize(("slug", "row"), BAD_FILES)
async def test_a_file_whose_fault_is_idle_is_noticed(
    stage: Stage, patient_hub: HubBench, slug: str, row: FileRow
) -> None:
    """The same for files."""
    with idle_faults(), pytest.raises(AssertionError):
        await check_file(stage, patient_hub, slug, row)
