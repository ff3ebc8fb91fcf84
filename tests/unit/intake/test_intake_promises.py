from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_bench import Bench, bench_in, consent, document
from sqlalchemy import event

from hub.intake.filing import GuardianMissingError, UnknownCaseError
from hub.intake.promises import IdempotencyConflictError, InFlight, InFlightError


@contextmanager
def before_statements(bench: Bench, call: Callable[[], None]) -> Iterator[None]:
    """Call something before every statement of a writing transaction."""

    def listen(*_: object) -> None:
        call()

    event.listen(bench.store.writer, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(bench.store.writer, "before_cursor_execute", listen)


async def test_everything_of_a_document_is_there_or_nothing(bench: Bench) -> None:
    """Whichever statement of the transaction fails, no row stays; without a failure all are there."""
    statements: list[int] = []
    with before_statements(bench, lambda: statements.append(1)):
        await bench.accept("first", document("WEL-CASE", "JOB-COUNSEL"))
    before = bench.rows()
    assert before["referrals"] == before["deliveries"] == 2

    left = 0

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError("the disk is full")

    for fatal in range(1, len(statements) + 1):
        left = fatal
        with before_statements(bench, fail), pytest.raises(OSError, match="disk is full"):
            await bench.accept("second", document("WEL-CASE", "JOB-COUNSEL", name="김나루"))
        assert bench.rows() == before


async def test_the_same_key_gives_the_same_answer(bench: Bench) -> None:
    """A repeated request changes nothing, and hears again what the first one heard."""
    first = await bench.accept("key", document())
    before = bench.rows()
    bench.clock.advance(3600)
    assert await bench.accept("key", document()) == first
    assert bench.rows() == before


async def test_the_answer_outlives_the_process(tmp_path: Path) -> None:
    """A centre that heard nothing because we died asks again, and hears what was promised before."""
    with bench_in(tmp_path) as dying:
        first = await dying.accept("key", document())
    with bench_in(tmp_path) as risen:
        assert await risen.accept("key", document()) == first


async def test_the_same_key_for_something_else_is_refused(bench: Bench) -> None:
    """Another body, or another route, under a used key: refused, and nothing is stored."""
    first = await bench.accept("key", document())
    before = bench.rows()
    with pytest.raises(IdempotencyConflictError):
        await bench.accept("key", document(name="김나루"))
    body = document().model_dump_json()
    with pytest.raises(IdempotencyConflictError):
        await bench.intake.accept_referrals(bench.actor, "key", body, first.case_id, document("WEL-NEAR"))
    assert bench.rows() == before


async def test_keys_belong_to_centres(bench: Bench) -> None:
    """Two centres may use the same key for what they like."""
    first = await bench.accept("key", document())
    second = await bench.accept("key", document(), bench.stranger)
    assert first.case_id != second.case_id


async def test_two_identical_requests_at_once_make_one_case(bench: Bench) -> None:
    """The second one is told to wait, and finds the first one's answer afterwards."""
    results = await asyncio.gather(*(bench.accept("key", document()) for _ in range(2)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, InFlightError)]
    accepted = [result for result in results if not isinstance(result, BaseException)]
    assert (len(refused), len(accepted), bench.rows()["cases"]) == (1, 1, 1)
    assert await bench.accept("key", document()) == accepted[0]


def test_a_key_is_free_again_after_an_error() -> None:
    """A request that failed holds nothing up."""
    in_flight = InFlight()
    with pytest.raises(OSError, match="disk"), in_flight.hold("centre", "key"):
        raise OSError("disk")
    with in_flight.hold("centre", "key"):
        pass


async def test_the_engine_is_woken_after_the_commit(bench: Bench) -> None:
    """Something may be due; if nothing was stored, nobody is woken."""
    await bench.accept("key", document())
    with pytest.raises(IdempotencyConflictError):
        await bench.accept("key", document(name="김나루"))
    assert bench.wakes == [1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["홍길동", "김나루"])), min_size=1, max_size=8))
def test_a_key_never_promises_two_things(tmp_path: Path, asked: list[tuple[str, str]]) -> None:
    """However requests are repeated and mixed up: one key, one case, one answer."""

    async def play() -> None:
        with bench_in(tmp_path) as bench:
            made: dict[str, object] = {}
            meant: dict[str, str] = {}
            prefix = str(bench.rows().get("cases", 0))
            for key, name in asked:
                if meant.setdefault(key, name) == name:
                    answer = await bench.accept(prefix + key, document(name=name))
                    assert made.setdefault(key, answer) == answer
                else:
                    with pytest.raises(IdempotencyConflictError):
                        await bench.accept(prefix + key, document(name=name))
            assert bench.rows()["cases"] == int(prefix) + len(made)

    asyncio.run(play())


async def test_added_consents_are_there_with_their_key_or_neither(bench: Bench) -> None:
    """Whichever statement of the transaction fails, no row stays, and the same request then adds them once."""
    first, other = await bench.accept("first", document()), await bench.accept("other", document(name="김나루"))
    statements: list[int] = []
    with before_statements(bench, lambda: statements.append(1)):
        await bench.add("later", first.case_id, consent(), consent())
    before, left = bench.rows(), 0

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError("the disk is full")

    for fatal in range(1, len(statements) + 1):
        left = fatal
        with before_statements(bench, fail), pytest.raises(OSError, match="disk is full"):
            await bench.add("second", other.case_id, consent(), consent())
        assert bench.rows() == before
    added = await bench.add("second", other.case_id, consent(), consent())
    assert bench.live(other.case_id) == {*other.consents, *added.consents}


async def test_what_was_told_of_added_consents_outlives_the_process(tmp_path: Path) -> None:
    """Committed, and dead before the answer: the centre repeats, hears the same ids, and there is no other consent."""
    with bench_in(tmp_path) as dying:
        case = await dying.accept("key", document())
        unheard = await dying.add("later", case.case_id)
    with bench_in(tmp_path) as risen:
        assert await risen.add("later", case.case_id) == unheard
        assert risen.live(case.case_id) == {*case.consents, *unheard.consents}


_REQUESTS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["client.name", "client.phones"])), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_REQUESTS)
def test_no_consent_lives_that_nobody_was_told_of(tmp_path: Path, asked: list[tuple[str, str]]) -> None:
    """However consents are repeated and mixed up: who takes back all that it was told of has none in force."""

    async def play() -> None:
        with bench_in(tmp_path) as bench:
            prefix = str(bench.rows().get("cases", 0))
            case = await bench.accept(prefix, document(name=f"홍길동{prefix}"))
            told: dict[str, tuple[str, ...]] = {"case": case.consents}
            meant: dict[str, str] = {}
            for key, item in asked:
                if meant.setdefault(key, item) == item:
                    answer = await bench.add(prefix + key, case.case_id, consent(items=[item]))
                    assert told.setdefault(key, answer.consents) == answer.consents
                else:
                    with pytest.raises(IdempotencyConflictError):
                        await bench.add(prefix + key, case.case_id, consent(items=[item]))
            assert bench.live(case.case_id) == {one for ids in told.values() for one in ids}
            for consent_id in (one for ids in told.values() for one in ids):
                bench.withdraw(consent_id)
            assert bench.live(case.case_id) == set()

    asyncio.run(play())


async def test_referrals_are_added_to_a_case(bench: Bench) -> None:
    """One more service later: same case, same client, and the answer names the new referral only."""
    first = await bench.accept("one", document())
    more = document("JOB-COUNSEL")
    added = await bench.intake.accept_referrals(bench.actor, "two", "{}", first.case_id, more)
    found = (added.case_id, added.client_id, [referral.service_code for referral in added.referrals])
    assert found == (first.case_id, first.client_id, ["JOB-COUNSEL"])
    assert bench.rows()["consents"] == 2


async def test_another_centres_case_does_not_exist(bench: Bench) -> None:
    """Its id is answered like one that was never given out."""
    first = await bench.accept("one", document())
    for case_id, actor in ((first.case_id, bench.stranger), ("case_00000000000000000000000000", bench.actor)):
        with pytest.raises(UnknownCaseError):
            await bench.intake.accept_referrals(actor, "two", "{}", case_id, document("JOB-COUNSEL"))


async def test_a_childs_later_consent_needs_its_guardian(bench: Bench) -> None:
    """The rule of the first document (22조의2) holds for what is added, too."""
    guardian = {"name": "홍부모", "relation": "모", "phone": "010-0000-1111"}
    child = {"birth_date": "2015-05-05", "guardian": guardian}
    first = await bench.accept("one", document(consents=[consent(guardian=guardian)], **child))
    before = bench.rows()
    with pytest.raises(GuardianMissingError):
        await bench.intake.accept_referrals(bench.actor, "two", "{}", first.case_id, document("JOB-COUNSEL"))
    assert bench.rows() == before
