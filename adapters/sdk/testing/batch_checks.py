"""The checks for adapters that take files, each a coroutine that takes a subject and asserts one sentence.

They look at the folders from outside: members go in, and files, results, errors and log records come out.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapters.sdk.errors import (
    AdapterError,
    CannotExpressError,
    NameTakenError,
    NotSentError,
    UncertainError,
    UndecidedError,
)
from adapters.sdk.outcomes import Acknowledged, Delivered, Refused, ResultFile
from adapters.sdk.profile import Repeat
from adapters.sdk.testing.batch_limits import check_does_nothing_beside_its_wire, check_reads_no_file_past_its_cap
from adapters.sdk.testing.batch_subject import BatchBench, BatchSubject, Member, batch_bench_of
from adapters.sdk.testing.checks import require
from adapters.sdk.testing.documents import full_document, marks_of, without
from adapters.sdk.testing.evidence import breaking, changed_at, heard, record_text, shown, told_at
from adapters.sdk.verbs import Verb, capabilities
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import present_paths

BatchCheck = Callable[[BatchSubject], Awaitable[None]]

_RECEIPT = "R20250106-000001"
_STRANGE, _LONG = "\U00020000", "가" * 100
_STEPS = ("open", "write", "fsync", "link", "rename", "replace", "unlink", "listdir", "stat")
"""What a writer of files may call of `os`; one that calls something else breaks at nothing, and passes."""


async def check_profile_fits_class(subject: BatchSubject) -> None:
    """What an adapter says of itself, it can do."""
    profile, verbs = subject.adapter.profile, capabilities(subject.adapter)
    require({Verb.FOLD, Verb.UNFOLD} <= verbs, "an adapter that takes files folds and unfolds")
    require(Verb.SUBMIT not in verbs, "an agency takes files, or single referrals")
    require(profile.repeat is Repeat.BATCH, "only the result file tells what became of a file")


async def check_files_keep_the_contract(subject: BatchSubject) -> None:
    """A file of referrals and withdrawals is one whole file by the contract, and its result is read line by line."""
    async with batch_bench_of(subject) as bench:
        members = (*_two(bench), bench.withdraw(bench.new_key(), _RECEIPT))
        order = bench.fold(*members)
        told = await bench.adapter.fold(order)
        require(
            (told.name, told.was_there, list(bench.ours())) == (order.name, False, [order.name]), "one file lies there"
        )
        problems = subject.problems(order.name, bench.ours()[order.name])
        require(not problems, f"the file breaks the contract: {'; '.join(problems)}")
        bench.lay_down(*subject.answer(order.name, bench.ours()[order.name]))
        (result,) = await bench.adapter.unfold()
        require(
            (result.answers, result.rejected, result.unreadable) == (order.name, None, None), "the result answers it"
        )
        for member, line in zip(members, result.lines, strict=True):
            is_withdrawal = member is members[2]
            require((line.wire_key, line.is_withdrawal) == (member.wire_key, is_withdrawal), "a line answers another")
            kinds = Acknowledged | Refused if is_withdrawal else Delivered
            require(isinstance(line.outcome, kinds), f"a line came to {type(line.outcome).__name__}")


async def check_says_nothing_undisclosed(subject: BatchSubject) -> None:
    """Whatever an order holds, nothing outside `discloses` gets into the file."""
    profile = subject.adapter.profile
    hidden = {path: marks for path, marks in marks_of().items() if path not in profile.discloses}
    async with batch_bench_of(subject) as bench:
        await _tried(bench, bench.fold(bench.submit(full_document(min(profile.services)))))
        for data in bench.ours().values():
            require(not shown(_text(data), hidden), "a field outside `discloses` was told")


async def check_says_only_the_order(subject: BatchSubject) -> None:
    """What one member tells is not told by another that does not hold it."""
    marks = marks_of()
    async with batch_bench_of(subject) as bench:
        whole = bench.document()
        await bench.adapter.fold(bench.fold(bench.submit(whole)))
        for number, path in enumerate(sorted(present_paths(whole) & marks.keys()), start=2):
            order = bench.fold(bench.submit(without(whole, path)), number=number)
            await _tried(bench, order)
            data = bench.ours().get(order.name, b"")
            require(not shown(_text(data), {path: marks[path]}), f"{path} was told without leave")


async def check_drops_nothing(subject: BatchSubject) -> None:
    """Each field that is disclosed changes what the agency reads, or is refused by name."""
    async with batch_bench_of(subject) as bench:
        one, another = bench.document(), bench.document(other=True)
        said = await _said(bench, one)
        for path in sorted(present_paths(one) - {"referral.service_code"}):
            require(said != await _said(bench, changed_at(one, another, path)), f"{path} was dropped in silence")


async def check_carries_texts_whole_or_refuses_them_by_name(subject: BatchSubject) -> None:
    """A character that the encoding lacks, and a text that is too long: whole in the file, or refused by its path."""
    async with batch_bench_of(subject) as bench:
        document = bench.document()
        for path in sorted(present_paths(document)):
            for value in (_STRANGE, _LONG):
                changed = told_at(document, path, value)
                if changed is None:
                    continue
                said = await _said(bench, changed)
                require(said == f"refused {path}" or value in said, f"{path} was changed or cut to fit")


async def check_the_same_members_make_the_same_file(subject: BatchSubject) -> None:
    """New decisions and message ids change not a byte, so that a file can be known again."""
    async with batch_bench_of(subject) as bench, batch_bench_of(subject) as again:
        order = bench.fold(*_two(bench), bench.withdraw(bench.new_key(), _RECEIPT))
        await bench.adapter.fold(order)
        await again.adapter.fold(again.fold(*again.decided_anew(order.members)))
        require(bench.ours() == again.ours(), "the same members made another file")


async def check_a_file_that_lies_there_is_left_alone(subject: BatchSubject) -> None:
    """Folding again finds the file, changes nothing, and spends no decision, not even one whose time is over."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(*_two(bench))
        await bench.adapter.fold(order)
        before = bench.ours()
        for members in (bench.decided_anew(order.members), _late(bench, order.members)):
            told = await bench.adapter.fold(replace(order, members=members))
            require((told.was_there, bench.ours()) == (True, before), "a file that lay there was not found as it was")
            require(not any(bench.gate.has_left(one.decision.attempt_id) for one in members), "a decision was spent")


async def check_something_else_under_the_name_is_told(subject: BatchSubject) -> None:
    """Another content, or a link, under our file's name is not our file: an error, and nothing is changed or spent."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(*_two(bench))
        path = bench.folder / "in" / order.name
        for lay in (lambda: path.write_bytes(b"another"), lambda: path.symlink_to("nowhere")):
            lay()
            before = os.lstat(path)
            with suppress(NameTakenError):
                await bench.adapter.fold(order)
                raise AssertionError("something else was taken for our file")
            require(os.lstat(path) == before, "what lay there was changed")
            require(not any(bench.gate.has_left(one.decision.attempt_id) for one in order.members), "a decision went")
            path.unlink()


async def check_sends_nothing_undecided(subject: BatchSubject) -> None:
    """One member without a true, live, unspent decision stops the whole file; every member's is spent by it."""
    async with batch_bench_of(subject) as bench:
        one, two = _two(bench)
        forged = _decided(two, replace(two.decision, stamp="0" * 64))
        require(await _comes_to(bench, UndecidedError, one, forged), "a forged decision opened the folder")
        (late,) = _late(bench, (two,))
        require(await _comes_to(bench, NotSentError, one, late), "a decision whose time is over opened the folder")
        require(not bench.gate.has_left(one.decision.attempt_id), "a file that never was spent a decision")
        await bench.adapter.fold(bench.fold(one, two))
        (fresh,) = bench.decided_anew((one,))
        for spent in (one, two):
            again = bench.fold(fresh, spent, number=2)
            require(await _comes_to(bench, UndecidedError, *again.members, number=2), "a decision was spent twice")


async def _comes_to(bench: BatchBench, kind: type[Exception], *members: Member, number: int = 1) -> bool:
    """Return whether folding ends in this error, and nothing new lies there."""
    before = bench.ours()
    try:
        await bench.adapter.fold(bench.fold(*members, number=number))
    except kind:
        return bench.ours() == before
    return False


async def check_a_broken_step_leaves_the_whole_file_or_none(subject: BatchSubject) -> None:
    """Whichever call of the system fails: nothing is visible and said to be, or the whole file; again ends with one."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(*_two(bench))
        await bench.adapter.fold(order)
        whole = bench.ours()
    for step in _STEPS:
        for nth in range(1, 5):
            await _break_at(subject, order.members, whole, step, nth)


async def _break_at(
    subject: BatchSubject, members: Sequence[Member], whole: dict[str, bytes], step: str, nth: int
) -> None:
    async with batch_bench_of(subject) as bench:
        try:
            with breaking(step, nth):
                await bench.adapter.fold(bench.fold(*bench.decided_anew(members)))
        except NotSentError:
            require(bench.ours() == {}, f"{step} {nth}: not sent, and yet it lies there")
        except UncertainError:
            require(bench.ours() in ({}, whole), f"{step} {nth}: half a file lies there")
        except AdapterError as error:
            require(bench.ours() == {}, f"{step} {nth}: {type(error).__name__}, and yet it lies there")
        else:
            require(bench.ours() == whole, f"{step} {nth}: handed over, and yet it is not whole")
        await bench.adapter.fold(bench.fold(*bench.decided_anew(members)))
        require(bench.ours() == whole, f"{step} {nth}: doing it again did not end with the one whole file")


async def check_a_half_written_result_is_left_alone(subject: BatchSubject) -> None:
    """However much of a result lies there: before its last byte it tells nothing, and stays where it is."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(*_two(bench))
        await bench.adapter.fold(order)
        name, data = subject.answer(order.name, bench.ours()[order.name])
        stops = {0, 1, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}
        for stop in sorted(stops):
            bench.lay_down(name, data[:stop])
            require(await bench.adapter.unfold() == (), f"{stop} of {len(data)} bytes were read as a result")
            require(bench.theirs() == {name: data[:stop]}, "a file that is being written was touched")


async def check_reading_changes_nothing_and_clearing_all(subject: BatchSubject) -> None:
    """Reading twice says the same; clearing removes the result and our file that it settles, and may be done again."""
    async with batch_bench_of(subject) as bench:
        order, other = bench.fold(*_two(bench)), bench.fold(*_two(bench), number=2)
        await bench.adapter.fold(order)
        await bench.adapter.fold(other)
        name, data = subject.answer(order.name, bench.ours()[order.name])
        bench.lay_down(name, data)
        first = await bench.adapter.unfold()
        require((await bench.adapter.unfold(), len(first)) == (first, 1), "reading twice does not say the same")
        require((bench.theirs(), len(bench.ours())) == ({name: data}, 2), "reading changed something")
        for _ in range(2):
            require(await bench.adapter.clear(first[0]), "what was cleared is said to lie there still")
        require((bench.theirs(), list(bench.ours())) == ({}, [other.name]), "clearing left something, or took too much")


async def check_a_result_that_was_exchanged_is_not_cleared(subject: BatchSubject) -> None:
    """What lies there by now under a name that was read, but with another content, stays, and clearing says so."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(*_two(bench))
        await bench.adapter.fold(order)
        name, data = subject.answer(order.name, bench.ours()[order.name])
        bench.lay_down(name, data)
        (read,) = await bench.adapter.unfold()
        bench.lay_down(name, data + b"another")
        require(not await bench.adapter.clear(read), "what was not read is said to be cleared")
        require(bench.theirs() == {name: data + b"another"}, "a result that nobody read was removed")


async def check_junk_is_no_result(subject: BatchSubject) -> None:
    """A file that breaks the contract tells of nobody; neither errors, outcomes nor logs show a value of a document."""
    marks = marks_of()
    async with batch_bench_of(subject) as bench:
        with heard() as records:
            order = bench.fold(bench.submit(bench.document()))
            await bench.adapter.fold(order)
            told = [repr(order), repr(bench.adapter)]
            name, data = subject.answer(order.name, bench.ours()[order.name])
            for junk in _junk(bench.ours()[order.name], data):
                bench.lay_down(name, junk)
                told += await _read_junk(bench)
            told += await _refusals(bench)
        told += [record_text(record) for record in records]
        require(not shown("\n".join(told), marks), "personal data in texts")


def _junk(ours: bytes, theirs: bytes) -> Iterator[bytes]:
    """Yield what no contract knows; what repeats our own file lures an adapter into quoting it."""
    yield b""
    yield "<html>시스템 점검 안내</html>".encode("cp949")
    yield ours
    yield theirs + theirs
    yield theirs + ours
    half = len(theirs) // 2
    yield theirs[:half] + "가".encode("cp949")[:1] + theirs[half + 1 :]


async def _read_junk(bench: BatchBench) -> list[str]:
    try:
        files: Sequence[ResultFile] = await bench.adapter.unfold()
    except AdapterError as error:
        return traceback.format_exception(error)
    require(all(file.lines == () and file.rejected is None for file in files), "junk was taken for a result")
    return [repr(file) for file in files]


async def _refusals(bench: BatchBench) -> list[str]:
    """Return the texts of all refusals that the document's own values can cause."""
    document, texts = bench.document(), []
    for path in sorted(present_paths(document)):
        changed = told_at(document, path, f"{_STRANGE}{marks_of().get(path, ('',))[0]}")
        try:
            bench.adapter.express(bench.submit(changed or document))
        except CannotExpressError as error:
            texts += [*traceback.format_exception(error), repr(error)]
    return texts


BATCH_CHECKS: tuple[BatchCheck, ...] = (
    check_profile_fits_class,
    check_files_keep_the_contract,
    check_says_only_the_order,
    check_says_nothing_undisclosed,
    check_drops_nothing,
    check_carries_texts_whole_or_refuses_them_by_name,
    check_the_same_members_make_the_same_file,
    check_a_file_that_lies_there_is_left_alone,
    check_something_else_under_the_name_is_told,
    check_sends_nothing_undecided,
    check_a_broken_step_leaves_the_whole_file_or_none,
    check_a_half_written_result_is_left_alone,
    check_reading_changes_nothing_and_clearing_all,
    check_a_result_that_was_exchanged_is_not_cleared,
    check_junk_is_no_result,
    check_reads_no_file_past_its_cap,
    check_does_nothing_beside_its_wire,
)
"""All of them, in the order in which a newcomer would want to see them fail."""


def _two(bench: BatchBench) -> tuple[Member, Member]:
    return bench.submit(bench.document()), bench.submit(bench.document(other=True))


def _late(bench: BatchBench, members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the same members with decisions whose time is over."""
    anew = bench.decided_anew(members)
    return tuple(_decided(one, bench.gate.stamp(replace(one.decision, send_by=0.0))) for one in anew)


def _decided(member: Member, decision: Any) -> Member:
    return replace(member, decision=decision)


async def _tried(bench: BatchBench, order: Any) -> None:
    """Fold a file that the adapter may refuse to express."""
    try:
        await bench.adapter.fold(order)
    except CannotExpressError as error:
        require(error.path in FIELD_PATHS, "a refusal names no field path")


async def _said(bench: BatchBench, document: Disclosure) -> str:
    """Return what the agency reads of one member in a file, or the name of the field that was refused."""
    order = bench.fold(bench.submit(document))
    try:
        bench.adapter.express(order.members[0])
        await bench.adapter.fold(order)
    except CannotExpressError as error:
        require(bench.ours() == {}, "a file was written with what cannot be expressed")
        return f"refused {error.path}"
    data = bench.ours()[order.name]
    (bench.folder / "in" / order.name).unlink()
    (said,) = bench.subject.said(data)
    return said


def _text(data: bytes) -> str:
    """Decode a file in every way in which a mark could stand in it."""
    return "\n".join(data.decode(encoding, "replace") for encoding in ("cp949", "utf-8", "utf-16"))
