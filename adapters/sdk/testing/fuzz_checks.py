"""Checks that throw spoilt bytes at an adapter: it answers with a value or a declared error, and tells nothing.

What must hold for every example, whatever came back: no other exception; no text of the answer in an error, in what a
log says, or in what `repr` shows of the outcome; bounded time. `bombs` holds what is small on the wire and large when
read. A third party's adapter is tried by the same checks.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from hypothesis import strategies as st

from adapters.sdk.adapter import Adapter
from adapters.sdk.errors import AdapterError, CallbackRefusedError, NotSentError
from adapters.sdk.inbound import Callback
from adapters.sdk.kst import utc_now
from adapters.sdk.outcomes import (
    Acknowledged,
    Capacity,
    Delivered,
    Found,
    NotFound,
    Refused,
    StatusReport,
    Verified,
)
from adapters.sdk.testing.batch_subject import BatchSubject, batch_bench_of
from adapters.sdk.testing.bombs import bombs_for
from adapters.sdk.testing.checks import require
from adapters.sdk.testing.documents import marks_of
from adapters.sdk.testing.evidence import heard, record_text, shown
from adapters.sdk.testing.fuzzing import fuzz, fuzz_calls, grows_by_at_most, is_long
from adapters.sdk.testing.spoilt import MARKS, bodies, records, replies, telegrams
from adapters.sdk.testing.subject import ListeningBench, Subject, bench_of
from adapters.sdk.verbs import Verb, capabilities

OUTCOMES: Mapping[Verb, tuple[type, ...]] = {
    Verb.SUBMIT: (Delivered, Refused),
    Verb.FIND: (Found, NotFound),
    Verb.STATUS: (StatusReport,),
    Verb.WITHDRAW: (Acknowledged, Refused),
    Verb.SUPPLEMENT: (Acknowledged, Refused),
    Verb.VERIFY: (Verified, Refused),
    Verb.PRECHECK: (Capacity,),
    Verb.PROBE: (type(None),),
}
"""The outbound verbs, and what each may answer."""
LARGEST_GROWTH = 192 << 20
"""Bytes by which one answer within its cap may let memory grow while it is read."""
FuzzCheck = Callable[[Subject], Awaitable[None]]
BatchFuzzCheck = Callable[[BatchSubject], Awaitable[None]]
_MARKS = {**marks_of(), **MARKS}


async def check_reads_any_answer(subject: Subject) -> None:
    """Whatever an agency answers to any verb: an outcome of the verb's kind, or a declared error, and nothing told."""
    async with _overhearing(subject) as heard_of:
        every = [answer for answers in heard_of.good.values() for answer in answers]
        for verb, answers in sorted(heard_of.good.items()):

            async def check(example: tuple[Any, bool], verb: Verb = verb) -> None:
                await heard_of.answer(verb, *example)

            spoilt = _strategy(answers * len(every) * 2 + every)
            examples = st.tuples(spoilt, st.sampled_from([True, True, False]))
            await fuzz_calls(f"{subject.adapter.profile.slug} {verb}", examples, check)


async def check_reads_any_call(subject: Subject) -> None:
    """Whatever comes under the agency's own proof, or without: a callback, or a refusal with an answer."""
    if Verb.READ_CALLBACK not in capabilities(subject.adapter):
        return
    calls = subject.calls
    if calls is None:
        raise AssertionError("the subject does not say how a call is proven")
    methods, paths = st.sampled_from(["POST"] * 7 + ["GET"]), st.sampled_from([""] * 8 + ["/", "/../x", "?", "\x00"])
    examples = st.tuples(bodies(list(subject.notices)), methods, paths, st.integers(0, 9), _ODD_HEADERS)
    async with bench_of(subject) as bench:

        def check(example: tuple[bytes, str, str, int, str | None]) -> None:
            body, method, path, place, odd = example
            call = calls(body)
            names = sorted(call.headers)
            changed = {} if odd is None or not names else {names[place % len(names)]: odd}
            _hears(bench, replace(call, method=method, path=path, headers={**call.headers, **changed}))

        fuzz(f"{subject.adapter.profile.slug} {Verb.READ_CALLBACK}", examples, check)


async def check_holds_against_bombs(subject: Subject) -> None:
    """An answer that is small on the wire and large when read: refused or read, in bounded memory and time."""
    async with _overhearing(subject) as heard_of:
        verbs = heard_of.good if is_long() else {Verb.SUBMIT, Verb.STATUS} & heard_of.good.keys()
        for verb in sorted(verbs):
            answers = heard_of.good[verb]
            for name, answer in bombs_for(answers, subject.settings.max_reply_bytes):
                with grows_by_at_most(LARGEST_GROWTH, f"{subject.adapter.profile.slug} {verb}, {name}"):
                    await heard_of.answer(verb, answer)


async def check_reads_any_file(subject: BatchSubject) -> None:
    """Whatever lies in the agency's folder: whole results, or why one cannot be read; no value of it in any text."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(bench.submit(bench.document()), bench.submit(bench.document(other=True)))
        await bench.adapter.fold(order)
        name, data = subject.answer(order.name, bench.ours()[order.name])

        async def check(body: bytes) -> None:
            bench.lay_down(name, body)
            with heard() as spoken:
                try:
                    told = [repr(file) for file in await bench.adapter.unfold()]
                except AdapterError as error:
                    told = [*traceback.format_exception(error), repr(error)]
            told += [record_text(record) for record in spoken]
            require(not shown("\n".join(told), _MARKS), "a value of the file in texts")

        await fuzz_calls(f"{bench.profile.slug} {Verb.UNFOLD}", records([data]), check)


FUZZ_CHECKS: tuple[FuzzCheck, ...] = (check_reads_any_answer, check_reads_any_call, check_holds_against_bombs)
"""For an agency that is called."""
BATCH_FUZZ_CHECKS: tuple[BatchFuzzCheck, ...] = (check_reads_any_file,)
"""For one that takes files."""

_ODD_HEADERS: st.SearchStrategy[str | None] = st.sampled_from(
    [None] * 12 + ["", "9999999999", "0000000000", "\u00b2\u00b3", "1" * 400, "\u00e9", *MARKS["a name in an answer"]]
)
"""What stands in one header of a call instead of what the agency wrote; None leaves it."""


@dataclass
class _Overhearing:
    """An adapter whose agency was asked once with each verb, and its honest answers."""

    subject: Subject
    bench: ListeningBench
    key: str
    receipt: str
    good: dict[Verb, list[Any]]

    async def answer(self, verb: Verb, answer: Any, is_sealed: bool = True) -> None:  # noqa: FBT001, FBT002 - drawn with it
        """Speak a verb again, be answered so (with the agency's own proof, if it signs), and require what must hold."""
        self.bench.wire.answer = _given(answer, self.subject.seals if is_sealed else None)
        _fix(self.bench, verb)
        await _speaks(self.bench, verb, self.key, self.receipt)


@asynccontextmanager
async def _overhearing(subject: Subject) -> AsyncIterator[_Overhearing]:
    answers: list[Any] = []
    async with bench_of(replace(subject, agency=_overheard(subject, answers))) as bench:
        _fix(bench, Verb.SUBMIT)
        order = bench.submit(bench.somebody())
        receipt = (await bench.adapter.submit(order)).receipt
        good = {Verb.SUBMIT: answers[-1:]}
        for verb in (verb for verb in OUTCOMES if verb in capabilities(subject.adapter) and verb not in good):
            _fix(bench, verb)
            start = len(answers)
            await _spoken(bench, verb, order.wire_key, receipt)
            good[verb] = answers[start:]
        yield _Overhearing(subject, bench, order.wire_key, receipt, good)


def _overheard(subject: Subject, answers: list[Any]) -> Any:
    """Return the way to the agency, which writes down every answer."""
    if not isinstance(subject.agency, httpx.AsyncBaseTransport):
        line = subject.agency

        async def overheard(said: bytes) -> bytes:
            answers.append(await line(said))
            answered: bytes = answers[-1]
            return answered

        return overheard
    return _Overheard(subject.agency, answers)


class _Overheard(httpx.AsyncBaseTransport):
    def __init__(self, agency: httpx.AsyncBaseTransport, answers: list[Any]) -> None:
        self._agency, self._answers = agency, answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = await self._agency.handle_async_request(request)
        body = await reply.aread()
        self._answers.append(httpx.Response(reply.status_code, headers=reply.headers, content=body))
        return httpx.Response(reply.status_code, headers=reply.headers, content=body)

    async def aclose(self) -> None:
        await self._agency.aclose()


def _strategy(good: Sequence[Any]) -> st.SearchStrategy[Any]:
    return replies(good) if all(isinstance(one, httpx.Response) for one in good) else telegrams(good)


def _given(answer: Any, seals: Callable[[bytes], bytes] | None) -> Callable[[Any], Any]:
    """Answer every request alike."""

    def give(_request: Any) -> Any:
        if not isinstance(answer, httpx.Response):
            return answer
        body = b"".join(answer.stream) if isinstance(answer.stream, httpx.ByteStream) else b""
        body = seals(body) if seals is not None else body
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))

    return give


def _fix(bench: ListeningBench, verb: Verb) -> None:
    """Let all orders of a verb be one message, so that a good answer to the first answers the others too."""
    bench.message_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{id(bench)} {verb}").hex
    bench.sent_at = bench.sent_at or utc_now()


async def _spoken(bench: ListeningBench, verb: Verb, key: str, receipt: str) -> object:
    if verb is Verb.PRECHECK:
        return await bench.adapter.precheck(bench.precheck())
    if verb is Verb.PROBE:
        return await bench.adapter.probe(bench.impersonal())
    return await bench.speak(verb, key, receipt)


async def _speaks(bench: ListeningBench, verb: Verb, key: str, receipt: str) -> None:
    """Speak a verb whose answer may be anything, and require what must hold."""
    with heard() as spoken:
        try:
            outcome = await _spoken(bench, verb, key, receipt)
        except NotSentError:
            raise AssertionError(f"{verb}: the bytes had left") from None
        except AdapterError as error:
            told = [*traceback.format_exception(error), repr(error)]
        else:
            require(isinstance(outcome, OUTCOMES[verb]), f"{verb} answered with {type(outcome).__name__}")
            told = [repr(outcome)]
    told += [record_text(record) for record in spoken]
    require(not shown("\n".join(told), _MARKS), f"{verb}: a value of the answer in texts")


def _hears(bench: ListeningBench, call: Any) -> None:
    with heard() as spoken:
        try:
            callback = bench.adapter.read_callback(call)
        except CallbackRefusedError as error:
            told = [*traceback.format_exception(error), repr(error)]
            require(400 <= error.reply.status < 600, "a refusal is no refusal")  # noqa: PLR2004 - HTTP's own
            told.append(error.reply.body.decode("utf-8", "replace"))
        else:
            require(isinstance(callback, Callback), f"a call was read as {type(callback).__name__}")
            told = [repr(callback)]
    told += [record_text(record) for record in spoken]
    require(not shown("\n".join(told), _MARKS), "a value of the call in texts")


def names_of(adapter: type[Adapter[Any]]) -> list[str]:
    """Return the kinds of examples that an adapter is tried with, as they stand in the counts."""
    tried = {*OUTCOMES, Verb.READ_CALLBACK, Verb.UNFOLD} & capabilities(adapter)
    return sorted(f"{adapter.profile.slug} {verb}" for verb in tried)
