"""The checks for adapters that take files, of what they must not go past: their wire, and the cap of a file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from adapters.sdk.errors import AdapterError
from adapters.sdk.testing.batch_subject import BatchSubject, batch_bench_of
from adapters.sdk.testing.checks import require

_RECEIPT = "R20250106-000001"
_JUNK = (None, b"", "\U00020000".encode(), b"\xff" * 4096)
"""What lies there for a result; None: the agency's own."""


async def check_does_nothing_beside_its_wire(subject: BatchSubject) -> None:
    """Whatever is folded, read and cleared, it opens no connection or program, and writes no file, of its own."""
    for junk in _JUNK:
        async with batch_bench_of(subject) as bench:
            members = (bench.submit(bench.document()), bench.withdraw(bench.new_key(), _RECEIPT))
            for member in members:
                bench.adapter.express(member)
            order = bench.fold(*members)
            await bench.adapter.fold(order)
            name, data = subject.answer(order.name, bench.ours()[order.name])
            bench.lay_down(name, data if junk is None else junk)
            with suppress(AdapterError):
                for file in await bench.adapter.unfold():
                    await bench.adapter.clear(file)
        require(not bench.watch.seen, f"beside its wire: {', '.join(sorted(set(bench.watch.seen)))}")


async def check_reads_no_file_past_its_cap(subject: BatchSubject) -> None:
    """Of the same good result, one byte more than the cap makes it unreadable, and nothing of it is taken."""
    async with batch_bench_of(subject) as bench:
        order = bench.fold(bench.submit(bench.document()))
        await bench.adapter.fold(order)
        name, data = subject.answer(order.name, bench.ours()[order.name])
    for cap in (len(data), len(data) - 1):
        capped = _capped(subject, cap)
        async with batch_bench_of(capped) as bench:
            bench.lay_down(name, data)
            (result,) = await bench.adapter.unfold()
            taken = result.unreadable is None and len(result.lines) == len(order.members)
            require(taken is (cap == len(data)), f"a result of {len(data)} bytes at a cap of {cap}")
            require(taken or not result.lines, "something was taken of a file that was not read")


def _capped(subject: BatchSubject, cap: int) -> BatchSubject:
    return replace(
        subject, settings=lambda folder: subject.settings(folder).model_copy(update={"max_reply_bytes": cap})
    )
