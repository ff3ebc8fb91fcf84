"""The checks of the conformance suite, each a coroutine that takes a subject and asserts one sentence.

They look at an adapter from outside: orders go in, requests, outcomes, errors and log records come out.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapters.sdk.errors import (
    AdapterError,
    CallbackRefusedError,
    CannotExpressError,
    NotSentError,
    UndecidedError,
)
from adapters.sdk.inbound import InboundCall
from adapters.sdk.kst import utc_now
from adapters.sdk.outcomes import Acknowledged, Capacity, Delivered, Found, NotFound, Refused, StatusReport, Verified
from adapters.sdk.registry import contradiction_of
from adapters.sdk.testing.documents import full_document, marks_of, without
from adapters.sdk.testing.evidence import changed_at, heard, record_text, shown
from adapters.sdk.testing.subject import ListeningBench, Subject, bench_of
from adapters.sdk.verbs import Verb, capabilities
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.privacy import present_paths


def require(condition: bool, sentence: str) -> None:  # noqa: FBT001 - reads like `assert`, and holds under -O too
    """Fail the check with `sentence` unless the condition holds."""
    if not condition:
        raise AssertionError(sentence)


Check = Callable[[Subject], Awaitable[None]]


async def check_profile_fits_class(subject: Subject) -> None:
    """What an adapter says of itself, it can do."""
    profile, verbs = subject.adapter.profile, capabilities(subject.adapter)
    require(Verb.SUBMIT in verbs, "an adapter takes referrals")
    contradiction = contradiction_of(subject.adapter)
    require(contradiction is None, f"{contradiction}: no hub makes this adapter active")
    require(set(profile.narrower) <= verbs, "narrower names verbs that the class lacks")
    require(isinstance(subject.settings, subject.adapter.settings_type), "settings are of another type")


async def check_verbs_answer(subject: Subject) -> None:
    """Every verb that the class has calls once, by the contract, and answers in its own kind."""
    async with bench_of(subject) as bench:
        verbs, speak, document = capabilities(subject.adapter), bench.adapter, bench.somebody()
        order = bench.submit(document)
        delivered = await _expect(bench, speak.submit(order), Delivered)
        key, receipt = order.wire_key, delivered.receipt
        if Verb.FIND in verbs:
            unknown = subject.adapter.profile.wire_key.make(order.sent_at)
            await _expect(bench, speak.find(bench.find(key)), Found)
            await _expect(bench, speak.find(bench.find(unknown)), NotFound)
        if Verb.STATUS in verbs:
            await _expect(bench, speak.status(bench.status(key, receipt)), StatusReport)
        if Verb.VERIFY in verbs:
            await _expect(bench, speak.verify(bench.verify(document)), Verified | Refused)
        if Verb.SUPPLEMENT in verbs:
            await _expect(bench, speak.supplement(bench.supplement(document, key, receipt)), Acknowledged | Refused)
        if Verb.WITHDRAW in verbs:
            await _expect(bench, speak.withdraw(bench.withdraw(key, receipt)), Acknowledged | Refused)


async def check_asks_about_nobody(subject: Subject) -> None:
    """What needs no person tells nothing about one, not even of an earlier order; nor does asking about another."""
    verbs = capabilities(subject.adapter)
    async with bench_of(subject) as bench:
        await bench.adapter.submit(bench.submit(bench.somebody()))
        start = len(bench.wire.requests)
        if Verb.PRECHECK in verbs:
            await _expect(bench, bench.adapter.precheck(bench.precheck()), Capacity)
        if Verb.PROBE in verbs:
            await _expect(bench, bench.adapter.probe(bench.impersonal()), type(None))
        if Verb.FIND in verbs:
            await _expect(bench, bench.adapter.find(bench.find(bench.new_key())), NotFound)
        for request in bench.wire.since(start):
            require(
                not shown(bench.wire.text(request), marks_of()), "a person was told about where nobody was asked for"
            )


async def _expect(bench: ListeningBench, spoken: Awaitable[object], kind: Any) -> Any:
    """Await one verb: one request that keeps the contract, and an outcome of its kind."""
    start = len(bench.wire.requests)
    outcome = await spoken
    requests = bench.wire.since(start)
    require(len(requests) == 1, "a verb calls once")
    problems = bench.subject.problems(requests[0])
    require(not problems, f"a request breaks the contract: {'; '.join(problems)}")
    require(isinstance(outcome, kind), f"a verb answered with {type(outcome).__name__}")
    return outcome


async def check_says_only_the_order(subject: Subject) -> None:
    """What an earlier order told is not told again by a later one that does not hold it."""
    marks = marks_of()
    async with bench_of(subject) as bench:
        whole = bench.document()
        await bench.adapter.submit(bench.submit(whole))
        for path in sorted(present_paths(whole) & marks.keys()):
            start = len(bench.wire.requests)
            await _tried(bench, without(whole, path))
            for request in bench.wire.since(start):
                require(not shown(bench.wire.text(request), {path: marks[path]}), f"{path} was told without leave")


async def check_says_nothing_undisclosed(subject: Subject) -> None:
    """Whatever an order holds, nothing outside `discloses` gets onto the wire."""
    profile = subject.adapter.profile
    hidden = {path: marks for path, marks in marks_of().items() if path not in profile.discloses}
    async with bench_of(subject) as bench:
        await _tried(bench, full_document(min(profile.services)))
        for request in bench.wire.requests:
            require(not shown(bench.wire.text(request), hidden), "a field outside `discloses` was told")
        for request in bench.wire.tokens:
            require(not shown(bench.wire.text(request), marks_of()), "a token was fetched with personal data")


async def check_drops_nothing(subject: Subject) -> None:
    """Each field that is disclosed changes what the agency reads, or is refused by name."""
    async with bench_of(subject) as bench:
        one, another = bench.document(), bench.document(other=True)
        said = await _said(bench, one)
        for path in sorted(present_paths(one) - {"referral.service_code"}):
            changed = changed_at(one, another, path)
            require(said != await _said(bench, changed), f"{path} was dropped in silence")


async def check_errors_say_nothing_personal(subject: Subject) -> None:
    """Neither outcomes, nor errors with their tracebacks, nor logs, nor addresses show the document's values."""
    marks = marks_of()
    for name, junk in subject.listener().junk.items():
        async with bench_of(subject) as bench:
            bench.wire.answer = junk
            with heard() as records:
                order = bench.submit(bench.document())
                told = [repr(order), repr(bench.adapter), repr(bench.wire)]
                try:
                    told.append(repr(await bench.adapter.submit(order)))
                except Exception as error:  # noqa: BLE001 - whatever it is, its text is what matters here
                    told += [*traceback.format_exception(error), repr(error)]
            told += [record_text(record) for record in records]
            told += [bench.wire.envelope(request) for request in bench.wire.requests]
            require(not shown("\n".join(told), marks), f"personal data in texts, after {name}")


async def check_junk_is_classified(subject: Subject) -> None:
    """An answer that no contract knows is never taken for a yes, nor for "nothing was sent"."""
    verbs = capabilities(subject.adapter)
    for name, junk in subject.listener().junk.items():
        async with bench_of(subject) as bench:
            order = bench.submit(bench.somebody())
            delivered = await _expect(bench, bench.adapter.submit(order), Delivered)
            key, receipt = order.wire_key, delivered.receipt
            bench.wire.answer = junk
            await _fails(bench.adapter.submit(bench.submit(bench.document())), name)
            if Verb.FIND in verbs:
                await _fails(bench.adapter.find(bench.find(key)), name)
            if Verb.STATUS in verbs:
                await _fails(bench.adapter.status(bench.status(key, receipt)), name)
            if Verb.WITHDRAW in verbs:
                await _fails(bench.adapter.withdraw(bench.withdraw(key, receipt)), name)


async def _fails(spoken: Awaitable[object], name: str) -> None:
    try:
        outcome = await spoken
    except NotSentError:
        raise AssertionError(f"{name}: the bytes had left") from None
    except AdapterError:
        return
    raise AssertionError(f"{name} was taken for {type(outcome).__name__}")


async def check_sends_nothing_undecided(subject: Subject) -> None:
    """Without a true decision no byte leaves; with one, it leaves once."""
    async with bench_of(subject) as bench:
        order = bench.submit(bench.document())
        forged = replace(order, decision=replace(order.decision, stamp="0" * 64))
        require(await _undecided(bench, forged), "a forged decision opened the wire")
        require(bench.wire.requests == [], "bytes left on a forged decision")
        await bench.adapter.submit(order)
        require(await _undecided(bench, order), "a decision was spent twice")
        require(len(bench.wire.requests) == 1, "one decision sent twice")


async def check_does_nothing_beside_its_wire(subject: Subject) -> None:
    """Whatever is asked and answered, it opens no connection, program or file of its own."""
    verbs, spoken = capabilities(subject.adapter), [verb for verb in _SPOKEN if verb in capabilities(subject.adapter)]
    for junk in (None, *subject.listener().junk.values()):
        async with bench_of(subject) as bench:
            order = bench.submit(bench.somebody())
            receipt = (await bench.adapter.submit(order)).receipt
            bench.wire.answer = junk
            for verb in spoken:
                with suppress(AdapterError):
                    await bench.speak(verb, order.wire_key, receipt)
            for verb, given in ((Verb.PRECHECK, bench.precheck), (Verb.PROBE, bench.impersonal)):
                if verb in verbs:
                    with suppress(AdapterError):
                        await getattr(bench.adapter, verb)(given())
            if Verb.READ_CALLBACK in verbs:
                with suppress(CallbackRefusedError):
                    bench.adapter.read_callback(InboundCall("POST", "", {}, b"{}", utc_now()))
        require(not bench.watch.seen, f"beside its wire: {', '.join(sorted(set(bench.watch.seen)))}")


_SPOKEN = (Verb.SUBMIT, Verb.VERIFY, Verb.FIND, Verb.STATUS, Verb.SUPPLEMENT, Verb.WITHDRAW)


async def _undecided(bench: ListeningBench, order: object) -> bool:
    try:
        await bench.adapter.submit(order)
    except UndecidedError:
        return True
    return False


CHECKS: tuple[Check, ...] = (
    check_profile_fits_class,
    check_verbs_answer,
    check_asks_about_nobody,
    check_says_only_the_order,
    check_says_nothing_undisclosed,
    check_drops_nothing,
    check_errors_say_nothing_personal,
    check_junk_is_classified,
    check_sends_nothing_undecided,
    check_does_nothing_beside_its_wire,
)
"""All of them, in the order in which a newcomer would want to see them fail."""


async def _tried(bench: ListeningBench, document: Disclosure) -> None:
    """Submit a document that the adapter may refuse to express."""
    try:
        await bench.adapter.submit(bench.submit(document))
    except CannotExpressError as error:
        require(error.path in FIELD_PATHS, "a refusal names no field path")


async def _said(bench: ListeningBench, document: Disclosure) -> str:
    """Return what the agency reads of a submit, or the name of the field that was refused."""
    start = len(bench.wire.requests)
    try:
        await bench.adapter.submit(bench.submit(document, wire_key=_same_key(bench)))
    except CannotExpressError as error:
        return f"refused {error.path}"
    return "".join(bench.subject.said(request) for request in bench.wire.since(start))


def _same_key(bench: ListeningBench) -> str:
    profile = bench.subject.adapter.profile
    return profile.wire_key.prefix.ljust(profile.wire_key.width, "1")
