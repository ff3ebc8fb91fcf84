"""KamcoMock: works on its folders by the business clock. Collects at 02:00, answers at 06:00, and keeps books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Literal

from mocks.kamco.contract import kst_day, result_name
from mocks.kamco.exchange import Exchange, is_collecting, next_hour
from mocks.kamco.files import Line, RequestFile, ResultFile, Told, read_request
from mocks.kamco.misbehaviour import OWN_FAULTS, misread, miswrite
from mocks.kamco.registrar import Registrar
from mocks.kit.agency import BatchMock
from mocks.kit.desk import Desk
from mocks.kit.fault_catalogue import Moment
from mocks.kit.faults import Fault
from mocks.kit.journal import handling

_OPERATION_OF = {"N": "register", "C": "withdraw"}
_CENTRE = "6410000"


class KamcoMock(BatchMock):
    """한국자산관리공사. Reads its contract from `schemas/agencies/kamco/`."""

    slug: ClassVar[str] = "kamco"
    title: ClassVar[str] = "한국자산관리공사 (KAMCO)"
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]] = "assumed"
    contract_note: ClassVar[str] = "[A] everything: folders, file names, records, code tables and times."
    operations: ClassVar[tuple[str, ...]] = ("request", "result", "progress")
    own_faults: ClassVar[frozenset[str]] = OWN_FAULTS

    def __init__(self, desk: Desk) -> None:
        if desk.folder is None:
            raise ValueError("kamco exchanges files: it needs a folder")
        self._desk = desk
        self._exchange = Exchange(desk.folder)
        self._registrar = Registrar(desk.ledger)
        self._numbers: Counter[str] = Counter()
        self._answers: list[ResultFile] = []
        self._later: list[tuple[datetime, Callable[[], None]]] = []
        self._next = next_hour(desk.clock.now())

    def work(self) -> datetime:
        """Do what is due: of all the hours that a moved clock skipped, each kind once, since files do not wait."""
        now = self._desk.clock.now()
        for _ in range(3):  # from an answering hour: answer, collect, answer
            if self._next > now:
                break
            (self._collect if is_collecting(self._next) else self._answer)(self._next)
            self._next = next_hour(self._next)
        self._next = max(self._next, next_hour(now))
        due = [act for moment, act in self._later if moment <= now]
        self._later = [(moment, act) for moment, act in self._later if moment > now]
        for act in due:
            act()
        return min([self._next, *(moment for moment, _ in self._later)])

    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out `{"key" or "receipt": …, "to": …}`, for closed with `reason`, or `{"refuse_next": "E11"}`."""
        match dict(order):
            case {"refuse_next": str() as code, **rest} if not rest:
                self._registrar.refuse_next(code)
                return {"refuse_next": code}
            case {"to": str() as state, **rest} if rest.keys() <= {"key", "receipt", "reason", "text"}:
                return self._move(state, {name: str(value) for name, value in rest.items()})
        raise ValueError('an order is {"key": …, "to": …} or {"refuse_next": …}; see mocks/kamco/README.md')

    def _move(self, state: str, order: Mapping[str, str]) -> Mapping[str, Any]:
        case = self._registrar.case_of(order.get("key", "")) or self._registrar.case_of(order.get("receipt", ""))
        if case is None:
            raise ValueError("no case has this key or receipt; files are taken in at 02:00 (KST)")
        now = self._desk.clock.now()
        self._registrar.move(case, state, now, reason=order.get("reason", ""), text=order.get("text", ""))
        return {"key": case.key, "receipt": case.receipt, "state": case.state, "told": "in the file of the next 06:00"}

    def _collect(self, hour: datetime) -> None:
        for name, data in self._exchange.arrivals():
            file = read_request(name, data)
            if file is None:
                continue
            self._exchange.has_processed(name)
            fault = self._strike(Moment.FILE_IN, "request")
            self._answers.append(self._take(misread(fault.name, file) if fault else file, hour))

    def _take(self, file: RequestFile, hour: datetime) -> ResultFile:
        told = [self._take_line(file, line, hour) for line in file.lines]
        taken = tuple(one for one in told if one is not None)
        return ResultFile(file.org_code or _CENTRE, file.name, file.code, taken)

    def _take_line(self, file: RequestFile, line: Line, hour: datetime) -> Told | None:
        entry = self._desk.journal.open("in", _OPERATION_OF[line.kind], "FILE", f"/in/{file.name}", 300)
        with handling(entry):
            self._desk.journal.note(line.key, sorted(line.fields))
        if file.code != "0000":
            return None
        before = len(self._desk.ledger.acts)
        told = self._registrar.take(line, hour)
        entry.accepted, entry.reply_complete = len(self._desk.ledger.acts) > before, True
        return told

    def _answer(self, hour: datetime) -> None:
        answers, self._answers = self._answers, []
        for answer in answers:
            self._lay_down("result", answer, hour)
        progress = self._registrar.progress()
        if progress:
            self._lay_down("progress", ResultFile(_CENTRE, None, None, progress), hour)

    def _lay_down(self, operation: str, file: ResultFile, hour: datetime) -> None:
        fault = self._strike(Moment.FILE_OUT, operation)
        kind = fault.name if fault else ""
        for _ in range(2 if kind == "result_twice" else 1):
            name, data = self._written(kind, file, hour)
            entry = self._desk.journal.open("out", operation, "FILE", f"/out/{name}", len(data))
            entry.fault, entry.reply_complete = kind or None, kind != "result_missing"
            entry.key = file.answers or ""  # the file's name: what a fault did to the answer, it did to all in it
            self._put(fault, name, data)

    def _put(self, fault: Fault | None, name: str, data: bytes) -> None:
        lay_down = partial(self._exchange.lay_down, name, data)
        match fault.name if fault else "":
            case "result_missing":
                return
            case "result_half_written":
                self._exchange.lay_half(name, data)
            case "result_half_aside":
                self._exchange.lay_aside(name, data[: len(data) // 2])
            case "result_late":
                pass
            case _:
                lay_down()
                return
        seconds = fault.seconds if fault else 0.0
        self._later.append((self._desk.clock.now() + timedelta(seconds=seconds), lay_down))

    def _written(self, fault: str, file: ResultFile, hour: datetime) -> tuple[str, bytes]:
        day = kst_day(hour)
        self._numbers[day] += 1
        number = self._numbers[day]
        return result_name(day, number), miswrite(fault, file, day, number)

    def _strike(self, moment: Moment, operation: str) -> Fault | None:
        return self._desk.faults.strike(moment, operation) if self._desk.faults else None
