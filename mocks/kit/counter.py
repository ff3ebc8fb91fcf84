"""The counter (창구): where a request meets one mock agency, with the fault that may strike it and the books kept.

What the agency does is its own; what a fault does to the answer is in `breakage`; how it leaves is the server's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mocks.kit.agency import AnsweringMock, BatchMock, MockAgency, Reply, Request, TelegramMock
from mocks.kit.breakage import BREAKAGES
from mocks.kit.callbacks import Callbacks
from mocks.kit.connection import Answer
from mocks.kit.desk import Desk
from mocks.kit.fault_catalogue import Moment
from mocks.kit.faults import Fault, Faults
from mocks.kit.journal import Entry, Journal, handling
from mocks.kit.ledger import Act, Ledger, watching_acts
from mocks.kit.lines import Line, Place, impossible_on, is_shared
from mocks.kit.script import Script
from mocks.kit.telegram_breakage import TELEGRAM_BREAKAGES

_log = logging.getLogger("naru.mocks")


class Counter:
    """One agency of one server: its mock, its desk, its line and its faults.

    Raises:
        ValueError: a setting that the agency cannot do without is missing.
    """

    def __init__(
        self, kind: type[MockAgency], line: Line, place: Place, shared_url: str, ledger_key: bytes | None
    ) -> None:
        self.kind = kind
        self.is_shared = is_shared(kind)
        clock, settings = place.clock, place.settings
        self._folder = place.folder
        self.faults = Faults(kind.operations, kind.callbacks, kind.own_faults, impossible_on(kind))
        self.line = line
        journal = Journal(clock)
        self.desk = Desk(
            slug=kind.slug,
            base_url=shared_url if self.is_shared else self.own_url,
            clock=clock,
            ledger=Ledger(clock, ledger_key),
            journal=journal,
            callbacks=Callbacks(clock, journal, self._strike_callback),
            settings=settings,
            faults=self.faults,
            folder=place.folder.path if place.folder else None,
        )
        self.mock = kind(self.desk)
        self.call_back_to(settings.get("callback_url", ""))

    @property
    def own_url(self) -> str:
        """Where callers reach this agency on its own line, which alone can be shut; no trailing slash."""
        url = self.line.url
        return f"{url}/{self.kind.slug}" if url.startswith("http") else url

    def call_back_to(self, url: str) -> None:
        """Set where callbacks go; an empty address drops them.

        Raises:
            ValueError: the agency sends no callbacks, or has no secret to sign them with.
        """
        if url and not self.kind.callbacks:
            raise ValueError(f"{self.kind.slug} sends no callbacks")
        if url and not self.desk.settings.get("callback_secret"):
            raise ValueError(f"{self.kind.slug} needs the setting callback_secret to sign its callbacks")
        self.desk.callbacks.url = url

    async def open(self) -> None:
        """Open the agency's own line, or shut it where a fault says so."""
        if self.faults.refuse_connections:
            await self.line.shut()
        else:
            await self.line.open()

    async def set_faults(self, wanted: Mapping[str, Any]) -> None:
        """Replace the faults that are set; when this returns they hold, for connections too.

        Raises:
            FaultError: as `Faults.set`.
        """
        self.faults.set(wanted)
        await self.open()

    async def close(self) -> None:
        """Drop the post and give the agency's own line back."""
        await self.desk.callbacks.stop()
        await self.line.remove()

    async def reset(self) -> None:
        """Begin anew: empty books, no faults, no post, a new agency. The callback address stays."""
        await self.desk.callbacks.stop()
        self.desk.ledger.clear()
        self.desk.journal.clear()
        self.faults.clear()
        if self._folder is not None:
            self._folder.clear()
        self.mock = self.kind(self.desk)
        await self.open()

    def at_head(self, method: str, path: str) -> Answer | None:
        """Answer before the body is read, where a fault says so."""
        fault = self.faults.strike(Moment.CONNECT, "") or self.faults.strike(Moment.HEAD, "")
        if fault is None:
            return None
        entry = self.desk.journal.open("in", "other", method, path, 0)
        entry.fault = fault.name
        return _answer(BREAKAGES[fault.name](Reply(200), fault.seconds), entry)

    def work(self) -> datetime:
        """Let a batch agency work on its files.

        Raises:
            TypeError: it is no batch agency.
        """
        if not isinstance(self.mock, BatchMock):
            raise TypeError(f"{self.kind.slug} does not work on files")
        return self.mock.work()

    async def answer_telegram(self, request: Request) -> Answer:
        """Let the agency answer one telegram, or the fault that strikes it: whatever strikes at the head does here."""
        early = self.at_head(request.method, request.path)
        return early if early is not None else await self.answer(request)

    async def answer(self, request: Request) -> Answer:
        """Let the agency answer, or the fault that strikes this request."""
        operation = self._asked.operation_of(request)
        fault = self.faults.strike(Moment.REQUEST, operation)
        entry = self.desk.journal.open("in", operation, request.method, request.path, len(request.body))
        if fault is None:
            return _answer(await self._handle(request, entry, []), entry)
        entry.fault = fault.name
        acts: list[Act] = []
        honest = await self._handle(request, entry, acts) if fault.kind.acts else None
        if fault.name == "accept_then_hide":
            self._hide(acts, fault.seconds)
        return _answer(self._spoil(fault, request, honest), entry)

    async def _handle(self, request: Request, entry: Entry, acts: list[Act]) -> Reply:
        with handling(entry), watching_acts() as watched:
            try:
                reply = await self._asked.handle(request)
            except Exception as error:  # noqa: BLE001 - a mock's bug must not end the server, whatever it is
                # The error's text could hold what the request held: only its type and place are told.
                _log.error("%s broke on %s: %s", self.kind.slug, entry.operation, _describe(error))
                reply = Reply(500, b'{"error": "the mock itself is broken; see its log"}')
        entry.accepted = bool(watched)
        acts.extend(watched)
        return reply

    def _hide(self, acts: Sequence[Act], seconds: float) -> None:
        for act in acts:
            act.visible_from = self.desk.clock.now() + timedelta(seconds=seconds)

    def _spoil(self, fault: Fault, request: Request, honest: Reply | None) -> Reply | Script:
        if fault.name in self.kind.own_faults:
            return self._asked.misbehave(fault.name, request, honest)
        breakages = TELEGRAM_BREAKAGES if isinstance(self.mock, TelegramMock) else BREAKAGES
        return breakages[fault.name](honest or Reply(200), fault.seconds)

    @property
    def _asked(self) -> AnsweringMock:
        if not isinstance(self.mock, AnsweringMock):
            raise TypeError(f"{self.kind.slug} answers no requests")
        return self.mock

    def _strike_callback(self, name: str) -> Fault | None:
        return self.faults.strike(Moment.CALLBACK, name)

    def as_json(self) -> Mapping[str, Any]:
        """Return what `GET /_mock/agencies` says of the agency."""
        return {
            "slug": self.kind.slug,
            "title": self.kind.title,
            "contract_basis": self.kind.contract_basis,
            "contract_note": self.kind.contract_note,
            "base_url": self.desk.base_url,
            "own_url": self.own_url,
            "operations": list(self.kind.operations),
            "callbacks": list(self.kind.callbacks),
            "own_faults": sorted(self.kind.own_faults),
        }


def _answer(content: Reply | Script, entry: Entry) -> Answer:
    entry.status = content.status

    def sent(left_whole: bool) -> None:  # noqa: FBT001 - the shape of Answer.sent
        entry.reply_complete = left_whole

    return Answer(content, sent)


def _describe(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} at {place}"
