"""What the suite for batch adapters is told of one, and the bench with drop folders of its own on which it is tried."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.sdk.adapter import Adapter
from adapters.sdk.decisions import Gate
from adapters.sdk.errors import AdapterError
from adapters.sdk.kst import kst_today
from adapters.sdk.orders import FoldOrder, SubmitOrder, WithdrawOrder
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.testing.orders import Orders
from adapters.sdk.testing.watch import Watch, in_its_wire, under_watch, watching
from adapters.sdk.transports.drop import OURS, THEIRS, DropEndpoint, DropWire
from adapters.sdk.wires import Wires

MADE_AT = datetime(2025, 1, 13, 8, tzinfo=UTC)
"""When the suite's files are frozen: a Monday, 17:00 in Korea, and no day of the sample documents."""

Member = SubmitOrder | WithdrawOrder

_BESIDE_VERBS = ("express", "file_name", "clear", "lies_there")
"""What such an adapter is asked beside its verbs."""


@dataclass(frozen=True)
class BatchSubject:
    """An adapter that takes files, and what only its author can say of them."""

    adapter: type[Adapter[Any]]
    settings: Callable[[Path], AdapterSettings]
    """Make the settings of an adapter whose drop folders (`in`, `out`) lie under this one."""
    problems: Callable[[str, bytes], list[str]]
    """Say what in a file of ours (name, bytes) breaks the contract; nothing for a good one. By the contract's files."""
    said: Callable[[bytes], list[str]]
    """Write what the agency reads of each member of a file of ours, in their order, without the members' keys."""
    answer: Callable[[str, bytes], tuple[str, bytes]]
    """Answer a file of ours (name, bytes) as the agency does that takes every referral; name and bytes of its file."""


@dataclass(kw_only=True)
class BatchBench(Orders):
    """One batch adapter, built on folders of its own, with a gate of its own and orders for it."""

    subject: BatchSubject
    adapter: Any
    folder: Path
    watch: Watch
    """What the adapter did beside its wire."""

    def fold(self, *members: Member, number: int = 1) -> FoldOrder:
        """Make an order for the `number`-th file of the suite's day."""
        name = self.adapter.file_name(kst_today(MADE_AT), number)
        return FoldOrder(name=name, number=number, made_at=MADE_AT, members=members)

    def decided_anew(self, members: Sequence[Member]) -> tuple[Member, ...]:
        """Return the same members for another attempt."""
        return tuple(
            replace(self.submit(one.document, one.wire_key), message_id=one.message_id)
            if isinstance(one, SubmitOrder)
            else self.withdraw(one.wire_key, one.receipt)
            for one in members
        )

    def ours(self) -> dict[str, bytes]:
        """Return what lies in `in` for the agency to see: what begins with a dot is nobody's yet."""
        return self._lying_in(OURS)

    def theirs(self) -> dict[str, bytes]:
        """Return what lies in `out`."""
        return self._lying_in(THEIRS)

    def lay_down(self, name: str, data: bytes) -> None:
        """Lay a file into `out`, as the agency does."""
        (self.folder / THEIRS / name).write_bytes(data)

    def _lying_in(self, where: str) -> dict[str, bytes]:
        paths = (self.folder / where).iterdir()
        return {path.name: path.read_bytes() for path in paths if not path.name.startswith(".")}


class _WatchedDrop(DropWire):
    async def _within_time(self, work: Callable[[], Any], failure: type[AdapterError]) -> Any:
        with in_its_wire():
            return await super()._within_time(work, failure)


class _WatchedWires(Wires):
    def drop(self, endpoint: DropEndpoint) -> DropWire:
        """Open drop folders whose own doing is told from the adapter's."""
        wire = _WatchedDrop(self._slug, self._gate, endpoint)
        self._open.append(wire)
        return wire


@asynccontextmanager
async def batch_bench_of(subject: BatchSubject) -> AsyncIterator[BatchBench]:
    """Build the adapter as the hub does, on new folders; close it and remove them afterwards."""
    profile, gate = subject.adapter.profile, Gate()
    with tempfile.TemporaryDirectory(prefix="naru-drop-") as made:
        folder = Path(made)
        for name in (OURS, THEIRS):
            (folder / name).mkdir(mode=0o700)
        wires = _WatchedWires(profile.slug, gate)
        with watching() as watch:
            adapter = under_watch(lambda: subject.adapter(subject.settings(folder), wires), *_BESIDE_VERBS)
            try:
                yield BatchBench(
                    profile=profile, gate=gate, subject=subject, adapter=adapter, folder=folder, watch=watch
                )
            finally:
                await adapter.aclose()
