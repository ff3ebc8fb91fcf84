"""The 한국자산관리공사 adapter before the mock's folders, and the orders that a hub would give it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.kamco import Kamco
from adapters.kamco.settings import KamcoSettings
from adapters.sdk import Gate, ResultFile, SubmitOrder, Wires, WithdrawOrder
from adapters.sdk.kst import kst_today
from adapters.sdk.orders import FoldOrder
from adapters.sdk.testing import BatchSubject
from adapters.sdk.testing.orders import Orders
from mocks.kamco import KamcoMock
from mocks.kamco.exchange import is_collecting, next_hour
from mocks.kamco.files import read_request
from mocks.kit.desk import desk_for
from mocks.kit.run import MockServer

SLUG = "kamco"


def problems(name: str, data: bytes) -> list[str]:
    """Say what the agency would object to in a file of ours."""
    file = read_request(name, data)
    if file is None:
        return ["not whole"]
    rejected = [] if file.code == "0000" else [file.code]
    return [*rejected, *(f"{line.code} {line.wrong_field}" for line in file.lines if line.code)]


def said(data: bytes) -> list[str]:
    """Write what the agency reads of each line, without its key."""
    file = read_request("REQ_20250113_001.dat", data)
    assert file is not None
    told = ({name: value for name, value in line.fields.items() if name != "LINE_KEY"} for line in file.lines)
    return [json.dumps(one, ensure_ascii=False, sort_keys=True) for one in told]


def answer(name: str, data: bytes) -> tuple[str, bytes]:
    """Let a mock agency take the file in, and return the result that it lays down."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for where in ("in", "out"):
            (folder / where).mkdir()
        desk = desk_for(SLUG, folder=folder)
        mock = KamcoMock(desk)
        (folder / "in" / name).write_bytes(data)
        desk.clock.advance(timedelta(days=2).total_seconds())
        mock.work()
        (result,) = (folder / "out").iterdir()
        return result.name, result.read_bytes()


def subject() -> BatchSubject:
    """Return what the suite is told of kamco."""
    return BatchSubject(
        adapter=Kamco,
        settings=lambda folder: KamcoSettings(enabled=True, base_url=folder.as_uri()),
        problems=problems,
        said=said,
        answer=answer,
    )


@dataclass
class Desk:
    """An adapter before the folders of a served mock, and files for it."""

    mocks: MockServer
    adapter: Kamco
    orders: Orders
    number: int = 0

    async def hand_over(self, *members: SubmitOrder | WithdrawOrder) -> str:
        """Fold a file now; return its name."""
        self.number += 1
        now = self.mocks.clock.now()
        name = self.adapter.file_name(kst_today(now), self.number)
        await self.adapter.fold(FoldOrder(name=name, number=self.number, made_at=now, members=members))
        return name

    def refer(self) -> SubmitOrder:
        """Make a member that refers somebody."""
        return self.orders.submit(self.orders.somebody())

    def night_passes(self) -> None:
        """Let the next 02:00 and 06:00 in Korea pass, and an hour."""
        two = next_hour(self.mocks.clock.now())
        two = two if is_collecting(two) else next_hour(two)
        self.mocks.clock.set(two + timedelta(hours=5))

    def hours_pass(self, hours: float) -> None:
        """Move the business clock."""
        self.mocks.clock.advance(hours * 3600)

    async def read(self) -> tuple[ResultFile, ...]:
        """Read what lies there."""
        return await self.adapter.unfold()

    def fault(self, name: str, **more: float) -> None:
        """Let one fault strike the next file."""
        self.mocks.counters[SLUG].faults.set({"faults": [{"name": name, "times": 1, **more}]})

    def advance(self, key: str, state: str, **more: str) -> None:
        """Move a case on, as the agency."""
        self.mocks.counters[SLUG].mock.advance({"key": key, "to": state, **more})

    def acts(self, operation: str = "register") -> list[str]:
        """Return the keys of the acts that the agency accepted, by its own record."""
        return [act.key for act in self.mocks.counters[SLUG].desk.ledger.acts if act.operation == operation]


@asynccontextmanager
async def connected() -> AsyncIterator[Desk]:
    """Serve the mock on folders of its own and connect the adapter to them."""
    async with MockServer([KamcoMock], {}) as mocks:
        gate = Gate()
        settings = KamcoSettings(enabled=True, base_url=mocks.counters[SLUG].own_url)
        adapter = Kamco(settings, Wires(SLUG, gate))
        yield Desk(mocks, adapter, Orders(profile=Kamco.profile, gate=gate))
        await adapter.aclose()
