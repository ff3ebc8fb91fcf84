"""A landing whose agency takes files: real drop folders, a small office behind them, and deaths at any step.

The office is the other bank: it collects every file once, dedupes our keys as kamco's contract says, and keeps its own
record. A file name that ever held two contents, it does not forgive.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from ferry import NAME, START, Landing, ferry_profile
from sqlalchemy import Connection, select

from adapters.sdk import (
    Acknowledged,
    Adapter,
    Batching,
    CannotExpressError,
    Delivered,
    DropEndpoint,
    Fact,
    FoldOrder,
    Gate,
    HandedOver,
    RefusalReason,
    Refused,
    Repeat,
    ResultFile,
    ResultLine,
    SubmitOrder,
    Verb,
    Wires,
    WithdrawOrder,
    capabilities,
)
from adapters.sdk.transports.drop import OURS, THEIRS
from hub.agencies import Agencies, Agency, AgencyState
from hub.consent.mint import Mint
from hub.delivery.batches.clerk import LOOK_EVERY, Clerk
from hub.delivery.commands import Commands
from hub.delivery.consents import Consents
from hub.delivery.orphans import reclaim_all
from hub.delivery.room import Room
from hub.delivery.worker import Worker
from hub.intake.filing import Filing
from hub.settings import DeliverySettings, Route, RoutingSettings
from hub.store.deliveries import DeliveryRecord
from hub.store.tables import batches, inbox
from schemas.services import ServiceCode
from schemas.status import BusinessStatus

T = TypeVar("T")
RESULTS = re.compile(r"R-.*\.txt")
REASONS = {"NO": RefusalReason.NOT_ELIGIBLE, "DUP": RefusalReason.DUPLICATE}
PROFILE = replace(ferry_profile(Repeat.NEVER), repeat=Repeat.BATCH, batching=Batching(result_days=2, largest=3))


class Death(BaseException):
    """The process died here."""


class Perils:
    """Counts the places where a process may die, and kills it at one of them."""

    def __init__(self) -> None:
        self.countdown: int | None = None
        self.passed = 0

    def here(self) -> None:
        """Pass, or die."""
        self.passed += 1
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown < 0:
                self.countdown = None
                raise Death


class PerilousStore:
    """The store as the clerk sees it: it may die before and after every commit."""

    def __init__(self, store: Any, perils: Perils) -> None:
        self._store = store
        self._perils = perils

    async def read(self, work: Callable[[Connection], T]) -> T:
        return self._store.read_now(work)  # type: ignore[no-any-return]  # the real store's, of any shape

    async def write(self, work: Callable[[Connection], T]) -> T:
        self._perils.here()
        done: T = self._store.write_now(work)
        self._perils.here()
        return done


class BargeAdapter(Adapter[Any]):
    """Files of JSON in drop folders."""

    profile = PROFILE

    def __init__(self, settings: Any, wires: Wires, perils: Perils) -> None:
        super().__init__(settings, wires)
        self._wire = wires.drop(DropEndpoint(settings.base_url, 5.0, 1 << 20))
        self._perils = perils
        self.before_writing: list[Exception] = []
        self.before_reading: list[Exception] = []
        self.after_writing: list[Exception] = []

    def file_name(self, day: date, number: int) -> str:
        return f"F-{day:%Y%m%d}-{number:03d}.txt"

    def express(self, order: SubmitOrder | WithdrawOrder) -> None:
        name = order.document.client.name if isinstance(order, SubmitOrder) else None
        if name == "못 적는 이름":
            raise CannotExpressError(NAME, "다른 글자로 적어 주세요")
        if name == "결함":
            raise KeyError("a defect of the adapter")

    async def fold(self, order: FoldOrder) -> HandedOver:
        said = {"made_at": order.made_at.isoformat(), "members": [_member(member) for member in order.members]}
        self._perils.here()
        if self.before_writing:
            raise self.before_writing.pop(0)
        data = json.dumps(said, ensure_ascii=False).encode()
        was_there = await self._wire.hand_over(order.name, data, [member.decision for member in order.members])
        self._perils.here()
        if self.after_writing:
            raise self.after_writing.pop(0)
        return HandedOver(order.name, was_there)

    async def unfold(self) -> tuple[ResultFile, ...]:
        if self.before_reading:
            raise self.before_reading.pop(0)
        found = await self._wire.collect(RESULTS)
        return tuple(replace(_result(file.name, file.data), digest=file.digest) for file in found)

    async def lies_there(self, name: str) -> bool:
        return await self._wire.lies_there(name)

    async def clear(self, file: ResultFile) -> bool:
        self._perils.here()
        await self._wire.clear(OURS, file.name.removeprefix("R-"))
        is_gone = await self._wire.clear(THEIRS, file.name, file.digest)
        self._perils.here()
        return is_gone


def _member(order: SubmitOrder | WithdrawOrder) -> dict[str, Any]:
    if isinstance(order, WithdrawOrder):
        return {"key": order.wire_key, "receipt": order.receipt, "reason": order.reason}
    document = order.document
    return {"key": order.wire_key, "name": document.client.name, "opinion": document.referral.opinion}


def _result(name: str, data: bytes) -> ResultFile:
    try:
        told = json.loads(data)
    except ValueError:
        return ResultFile(name, unreadable="not JSON")
    return ResultFile(name, told["answers"], told["rejected"], tuple(_line(line) for line in told["lines"]))


def _line(told: dict[str, Any]) -> ResultLine:
    code, facts = told.get("code"), tuple(Fact(BusinessStatus(one), f"raw-{one}") for one in told.get("facts", ()))
    outcome: Delivered | Refused | Acknowledged | None = None
    if code == "OK":
        outcome = Acknowledged("00") if told["withdrawal"] else Delivered(told["receipt"], "00")
    elif code is not None:
        outcome = Refused(REASONS[code], code)
    return ResultLine(told["key"], outcome, facts, told["withdrawal"])


class Office:
    """Collects files and answers them. `accepted` and `withdrawn` are its record: the key, and the file it was in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (OURS, THEIRS):
            (folder / name).mkdir(mode=0o700, parents=True)
        self.contents: dict[str, str] = {}
        self.waiting: list[str] = []
        self.done: list[str] = []
        self.accepted: dict[str, str] = {}
        self.withdrawn: dict[str, str] = {}
        self.twice: list[str] = []
        self.left_out: set[str] = set()
        self.broken_names: list[str] = []

    def collect(self) -> list[str]:
        """Read what lies there; return the names of files that are new."""
        new = []
        for file in sorted((self.folder / OURS).iterdir()):
            if file.suffix != ".txt" or file.name.startswith("."):
                continue
            text = file.read_text()
            if self.contents.setdefault(file.name, text) != text:
                self.broken_names.append(file.name)
            elif file.name not in [*self.waiting, *self.done]:
                self.waiting.append(file.name)
                new.append(file.name)
        return new

    def members(self, name: str) -> list[dict[str, Any]]:
        """Return what stands in a file that was collected."""
        told: list[dict[str, Any]] = json.loads(self.contents[name])["members"]
        return told

    def answer(self, name: str, *, refuse: bool = False, leave_out: int = 0) -> None:
        """Take every member of a file, or refuse all; `leave_out`: members at its end that are not answered."""
        members = self.members(name)
        answered = len(members) - leave_out
        self.left_out |= {member["key"] for member in members[answered:]}
        lines = [self._take(name, member, refuse=refuse) for member in members[:answered]]
        self._lay_down(name, None, lines)

    def reject(self, name: str) -> None:
        """Take nothing of a file (파일 반려)."""
        self._lay_down(name, "E90", [])

    def _take(self, name: str, member: dict[str, Any], *, refuse: bool) -> dict[str, Any]:
        key, is_withdrawal = member["key"], "receipt" in member
        book = self.withdrawn if is_withdrawal else self.accepted
        line = {"key": key, "withdrawal": is_withdrawal, "receipt": f"K-{key}"}
        if refuse:
            return line | {"code": "NO"}
        if key in book:
            self.twice.append(key)
            return line | {"code": "DUP"}
        book[key] = name
        return line | {"code": "OK"}

    def _lay_down(self, name: str, rejected: str | None, lines: list[dict[str, Any]]) -> None:
        self.waiting.remove(name)
        self.done.append(name)
        self.say({"answers": name, "rejected": rejected, "lines": lines}, f"R-{name}")

    def say(self, told: object, name: str) -> None:
        """Lay a file down for the hub, whole."""
        text = told if isinstance(told, str) else json.dumps(told)
        (self.folder / THEIRS / name).write_text(text)

    @property
    def ours(self) -> list[str]:
        """The names of the hub's files that lie there."""
        return sorted(file.name for file in (self.folder / OURS).iterdir())

    @property
    def theirs(self) -> list[str]:
        """The names of the result files that lie there."""
        return sorted(file.name for file in (self.folder / THEIRS).iterdir())


class Dock(Landing):
    """The hub's rooms around the office, with a clerk instead of a worker."""

    def __init__(self, folder: Path, store_url: str | None = None) -> None:
        self.office = Office(folder / "drop")
        self.perils = Perils()
        super().__init__(folder, Repeat.NEVER, store_url=store_url)
        self.profile = PROFILE
        self.start_process()

    def start_process(self, *, enabled: bool = True) -> None:
        """Build everything that a process holds in memory, as after a restart."""
        self.gate = Gate()
        where = self.office.folder.as_uri()
        settings = BargeAdapter.settings_type(enabled=True, base_url=where, **self.more_settings)
        self.adapter = BargeAdapter(settings, Wires("ferry", self.gate), self.perils)
        verbs = capabilities(BargeAdapter)
        agency = Agency("ferry", AgencyState.DISABLED, PROFILE, verbs)
        if enabled:
            agency = Agency("ferry", AgencyState.ACTIVE, PROFILE, verbs, self.adapter)
        self.room = Room(
            clock=self.clock,
            vault=self.vault,
            gate=self.gate,
            mint=Mint(self.gate),
            agencies=Agencies({"ferry": agency}),
            settings=DeliverySettings(),
            statutes=(),
        )
        self.worker = Worker(self.store, self.room)
        self.commands = Commands(self.room)
        self.consents = Consents(self.room)
        routes = {ServiceCode.WEL_BASIC: (Route(agency="ferry", valid_from=START.date()),)}
        self.filing = Filing(self.clock, self.vault, self.room.agencies, RoutingSettings(services=routes))
        store: Any = PerilousStore(self.store, self.perils)
        if enabled:
            self.clerk = Clerk(store, self.room, self.room.agencies.active["ferry"])

    def restart(self) -> None:
        """Come back after a death of the process."""
        self.perils.countdown = None
        self.start_process()
        self.store.write_now(lambda conn: reclaim_all(conn, self.room))

    def clerk_works(self) -> None:
        """Let the clerk do all that can be done now."""
        asyncio.run(self.clerk.work())

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with the clerk woken at every moment that it asks for, and at the end."""
        end = self.clock.now().timestamp() + seconds
        for _ in range(2000):
            self.clerk_works()
            moment = asyncio.run(self.clerk.next_moment()).timestamp()
            if moment >= end:
                break
            self.clock.advance(max(0.0, moment - self.clock.now().timestamp()))
        self.clock.advance(max(0.0, end - self.clock.now().timestamp()))
        self.clerk_works()

    def pass_days(self, days: int) -> None:
        """Let days pass, of which the clerk sees one moment each."""
        for _ in range(days):
            self.clock.advance(24 * 3600)
            self.clerk_works()

    def to_cut_off(self) -> None:
        """Move the clock to the next cut-off, and let the clerk work."""
        self.clock.advance(self.until_cut_off)
        self.clerk_works()

    @property
    def until_cut_off(self) -> float:
        """Seconds until the next cut-off."""
        assert PROFILE.batching is not None
        now = self.clock.now()
        return (self.room.working_days.next_cut_off(now, PROFILE.batching.cut_off) - now).total_seconds()

    def read_results(self) -> None:
        """Wait until the clerk looks into the folder again."""
        self.clock.advance(LOOK_EVERY.total_seconds())
        self.clerk_works()

    def dies_at(self, step: int) -> bool:
        """Let the clerk work and die at its `step`-th place (from 0); return whether it did, and come back."""
        self.perils.countdown = step
        try:
            self.clerk_works()
        except Death:
            self.restart()
            return True
        self.perils.countdown = None
        return False

    def to_cut_off_and_die_before_the_file(self) -> None:
        """Move the clock to the next cut-off, and die between the freeze and the file."""
        self.clock.advance(self.until_cut_off)
        assert self.dies_at(2)

    def delivery(self, referral_id: str, kind: Verb = Verb.SUBMIT) -> DeliveryRecord:
        """Read the latest delivery of a kind."""
        return [one for one in self.deliveries(referral_id) if one.kind is kind][-1]

    def files(self) -> list[tuple[str, str]]:
        """Read our files: name and status."""
        query = select(batches.c.name, batches.c.status).order_by(batches.c.day, batches.c.number)
        return self.store.read_now(lambda conn: [(row.name, row.status) for row in conn.execute(query)])

    def shelf(self) -> list[str]:
        """Read the states of the lines on the shelf."""
        return self.store.read_now(lambda conn: list(conn.execute(select(inbox.c.state)).scalars()))
