"""What a mock agency is to the kit: a slug, a way to answer or to work, and a way to move its own cases on.

`HttpMock` and `TelegramMock` are asked and answer; a `BatchMock` works on files by the clock. The servers, faults and
control API live in the rooms beside this one; an agency's rules live in `mocks/<slug>/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from mocks.kit.desk import Desk


@dataclass(frozen=True)
class Request:
    """One HTTP request, or one telegram (전문), as it came off the wire.

    `path` is what follows `/<slug>` (it begins with `/`, percent-encoded as sent), `query` is the raw query string,
    header names are lower-case, `body` is the whole body after transfer decoding and before any content decoding. Of a
    telegram `method` is `TELEGRAM`, `path` is `/`, and `body` is what follows the length prefix.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, or telegram, as it shall go onto the wire; of a telegram only `body` goes, behind its length.

    `Content-Length`, `Content-Type`, `Date` and `Connection` are the server's business: not in `headers`.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class MockAgency(ABC):
    """A mock agency, whatever its wire. Built with a `Desk`; one object a server, and a new one after a reset.

    Derive from `HttpMock`, `TelegramMock` or `BatchMock`, by its wire.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    """The agency's Korean name, for the landing page."""
    contract_basis: ClassVar[Literal["real", "assumed", "mixed"]]
    contract_note: ClassVar[str]
    """One sentence for the landing page: what of the contract is real, what is assumed."""
    operations: ClassVar[tuple[str, ...]]
    """The names of its operations, without `other`: faults can be set for these."""
    callbacks: ClassVar[tuple[str, ...]] = ()
    """The names that are given to `Desk.call_back`."""
    own_faults: ClassVar[frozenset[str]] = frozenset()
    """The faults of the catalogue that it carries out itself; those marked `agency` there work only if named here."""
    own_settings: ClassVar[frozenset[str]] = frozenset()
    """The settings that it knows beside those of `mocks.kit.settings.NAMES`."""
    shared_secrets: ClassVar[frozenset[str]] = frozenset()
    """Those of `own_settings` that a caller must know too: the hub's `NARU_ADAPTERS__<SLUG>__<NAME>`."""

    @abstractmethod
    def __init__(self, desk: Desk) -> None: ...

    @abstractmethod
    def advance(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """Move one case of this agency on (decide, ask for 보완, transfer, close): `POST /_mock/<slug>/advance`.

        Every agency understands `{"key": <our key>, "to": <step>}`, and of the steps `assigned`, `investigating`,
        `supplement`, `decided` and `closed` those that its contract has; what else an order may say is its own.

        Returns:
            What became of it, as the JSON of the answer; no personal data.

        Raises:
            ValueError: the order names an unknown case or a step that its state does not allow; the text says which.
        """


class AnsweringMock(MockAgency):
    """A mock agency that is asked, and answers: what `HttpMock` and `TelegramMock` have in common."""

    @abstractmethod
    def operation_of(self, request: Request) -> str:
        """Name the operation (`register`, `find`, …) that a request asks for, for faults and journal; else `other`."""

    @abstractmethod
    async def handle(self, request: Request) -> Reply:
        """Answer one request by the agency's contract: validate, act, write the ledger."""

    def misbehave(
        self,
        fault: str,
        request: Request,  # noqa: ARG002 - for those who override
        reply: Reply | None,  # noqa: ARG002 - the same
    ) -> Reply:
        """Answer `request` as the fault, one of `own_faults`, asks.

        Args:
            fault: its name in the catalogue.
            request: what arrived.
            reply: the honest answer, if the catalogue says that this fault lets the act happen; else None.
        """
        raise LookupError(f"{self.slug} has no fault of its own called {fault}")


class HttpMock(AnsweringMock):
    """A mock agency that speaks HTTP."""

    tls: ClassVar[bool] = False
    """Whether it is reached over https on its own port only, by callers with a certificate of the test CA (mTLS)."""


class TelegramMock(AnsweringMock):
    """A mock agency that speaks telegrams (전문) behind a 4-digit length prefix, on a TCP port of its own.

    Over TLS, with callers who have a certificate of the test CA (mTLS), where the setting `certificates` names one;
    without it in plain, on this machine.
    """


class BatchMock(MockAgency):
    """A mock agency that takes and lays down files in `Desk.folder`: `in/` is theirs from us, `out/` ours from them."""

    @abstractmethod
    def work(self) -> datetime:
        """Do all that is due by the business clock: collect files, lay down results, write the ledger.

        Called at the moment that it returned, whenever the clock was moved, and again at any time.

        Returns:
            When it wants to work next (business time, aware).
        """
