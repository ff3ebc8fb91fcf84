"""The conformance suite passes an honest adapter, and every hostile one falls at the check that is meant for it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import toy_adapter as toy
from hypothesis import strategies as st
from toy_adapter import toy_subject

from adapters.sdk import Adapter
from adapters.sdk.testing import AdapterSuite, Subject, bench_of, checks, fuzz_checks, fuzzing
from adapters.sdk.testing.checks import Check
from adapters.sdk.testing.fuzz_checks import FuzzCheck
from adapters.sdk.testing.listeners import readings


class TestHonestToy(AdapterSuite):
    @pytest.fixture
    def subject(self) -> Subject:
        return toy_subject()


HOSTILE: list[tuple[type[Adapter[Any]], Check]] = [
    (toy.Boaster, checks.check_profile_fits_class),
    (toy.Scribbler, checks.check_verbs_answer),
    (toy.Chatterer, checks.check_asks_about_nobody),
    (toy.Rememberer, checks.check_asks_about_nobody),
    (toy.Hoarder, checks.check_says_only_the_order),
    (toy.Gossip, checks.check_says_nothing_undisclosed),
    (toy.Dropper, checks.check_drops_nothing),
    (toy.Quoter, checks.check_errors_say_nothing_personal),
    (toy.Logger, checks.check_errors_say_nothing_personal),
    (toy.Addresser, checks.check_errors_say_nothing_personal),
    (toy.Believer, checks.check_junk_is_classified),
    (toy.Sidestepper, checks.check_sends_nothing_undecided),
]


@pytest.mark.parametrize(("adapter", "check"), HOSTILE, ids=lambda part: part.__name__)
async def test_a_hostile_adapter_falls(adapter: type[Adapter[Any]], check: Check) -> None:
    """Each hostile adapter breaks one rule, and the check of that rule says so."""
    with pytest.raises(AssertionError):
        await check(toy_subject(adapter))


BESIDE: list[tuple[type[Adapter[Any]], str]] = [
    (toy.Caller, "socket.sendto"),
    (toy.Threader, "socket.connect in a thread"),
    (toy.Asker, "socket.gethostbyname"),
    (toy.Starter, "subprocess.Popen"),
    (toy.Later, "socket.connect"),
    (toy.Builder, "socket.connect"),
    (toy.Dumper, "open"),
]


@pytest.mark.parametrize(("adapter", "act"), BESIDE, ids=lambda part: getattr(part, "__name__", ""))
async def test_what_is_done_beside_the_wire_is_seen(adapter: type[Adapter[Any]], act: str) -> None:
    """A connection, a name looked up, a program, a file: at once, in a thread, later, or only when an answer is bad."""
    with pytest.raises(AssertionError, match=rf"beside its wire: .*\b{act}"):
        await checks.check_does_nothing_beside_its_wire(toy_subject(adapter))


async def test_what_others_do_meanwhile_is_not_laid_to_the_adapter() -> None:
    """A connection of the test's own, or of a task that was there before, is none of the adapter's."""
    async with bench_of(toy_subject()) as bench:
        with socket.socket() as own:
            own.connect_ex(("127.0.0.1", 9))
        await bench.adapter.submit(bench.submit(bench.document()))
        assert bench.watch.seen == []


async def test_an_unclassified_error_falls() -> None:
    """An error that is no AdapterError comes out of the check as it is."""
    with pytest.raises(ValueError, match="Expecting"):
        await checks.check_junk_is_classified(toy_subject(toy.Stumbler))


async def test_a_second_write_is_stopped_by_the_gate() -> None:
    """An adapter that calls twice under one decision does not get through at all."""
    with pytest.raises(RuntimeError, match="one decision allows one write"):
        await checks.check_verbs_answer(toy_subject(toy.Repeater))


@pytest.mark.parametrize(
    "said",
    [
        "홍길동".encode(),
        "홍길동".encode("cp949"),
        quote_plus("홍길동").encode(),
        quote_plus("홍길동", encoding="cp949").encode(),
        json.dumps("홍길동").encode(),
        b"&#54861;&#xAE38;&#46041;",
    ],
)
def test_a_name_is_known_in_whatever_form_it_is_said(said: bytes) -> None:
    """What the checks look for cannot hide behind an encoding or an escape."""
    assert any("홍길동" in text for text in readings(said))


FUZZED: list[tuple[type[Adapter[Any]], FuzzCheck]] = [
    (toy.Stumbler, fuzz_checks.check_reads_any_answer),
    (toy.Quoter, fuzz_checks.check_reads_any_answer),
    (toy.Echoer, fuzz_checks.check_reads_any_answer),
    (toy.Listener, fuzz_checks.check_reads_any_call),
    (toy.Stumbler, fuzz_checks.check_holds_against_bombs),
    (toy.Glutton, fuzz_checks.check_holds_against_bombs),
]


@pytest.mark.parametrize(("adapter", "check"), FUZZED, ids=lambda part: part.__name__)
async def test_an_adapter_that_reads_badly_falls(adapter: type[Adapter[Any]], check: FuzzCheck) -> None:
    """One that lets its own errors out, repeats what came, or takes much memory does not get through."""
    with pytest.raises((AssertionError, KeyError, TypeError, ValueError, RecursionError)):
        await check(toy_subject(adapter))


def test_an_example_that_takes_too_long_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of every example is bounded, and each one is counted."""
    monkeypatch.setattr(fuzzing, "SLOWEST_SECONDS", 0.0)
    with pytest.raises(AssertionError, match="took"):
        fuzzing.fuzz("nothing", st.just(1), lambda _: None)


def test_examples_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was asked for is run, and written down."""
    monkeypatch.setenv(fuzzing.EXAMPLES, "75")
    monkeypatch.setenv(fuzzing.COUNTS, str(tmp_path / "counts"))
    fuzzing.fuzz("whole numbers", st.integers(), lambda _: None)
    told = json.loads((tmp_path / "counts").read_text("utf-8"))
    assert (told["what"], told["examples"]) == ("whole numbers", 75)
