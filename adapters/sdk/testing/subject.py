"""What the conformance suite is told of one adapter, the bench on which it is tried, and the wire that listens."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from adapters.sdk.adapter import Adapter
from adapters.sdk.decisions import Decision, Disclose, Gate, Reconcile, Withdraw, steady_now
from adapters.sdk.kst import utc_now
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.testing.documents import full_document
from adapters.sdk.verbs import FindOrder, StatusOrder, SubmitOrder, SupplementOrder, Verb, VerifyOrder, WithdrawOrder
from adapters.sdk.wires import Wires
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths, prune

SomeDecision = TypeVar("SomeDecision", bound=Decision)


@dataclass(frozen=True)
class Subject:
    """An adapter that speaks HTTP, and what only its author can say of its wire."""

    adapter: type[Adapter[Any]]
    settings: AdapterSettings
    agency: httpx.AsyncBaseTransport
    """Reaches an agency that answers by its contract: a mock, or a function."""
    problems: Callable[[httpx.Request], list[str]]
    """Say what in a request breaks the contract; nothing for a good one. Judged by the contract's files."""
    said: Callable[[httpx.Request], str]
    """Write what the agency reads of a request, without what is new in every message (ids, times, signatures)."""
    office: str | None = None
    """An office to address, for an agency that has offices."""


class Listener(httpx.AsyncBaseTransport):
    """The wire of the bench: keeps every request, and answers by `answer` instead of the agency if that is set."""

    def __init__(self, agency: httpx.AsyncBaseTransport) -> None:
        self._agency = agency
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and answer it."""
        await request.aread()
        self.requests.append(request)
        return self.answer(request) if self.answer else await self._agency.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the way to the agency; it opens again at the next call."""
        await self._agency.aclose()

    def since(self, start: int) -> list[httpx.Request]:
        """Return the requests from number `start` on."""
        return self.requests[start:]


@dataclass
class Bench:
    """One adapter, built, with a gate of its own, and orders for it."""

    subject: Subject
    adapter: Any
    wire: Listener
    gate: Gate = field(repr=False)

    def document(self, *, other: bool = False) -> Disclosure:
        """Return a document with all that the adapter discloses, for a service that it has."""
        profile = self.subject.adapter.profile
        return prune(full_document(min(profile.services), other=other), profile.discloses)

    def submit(self, document: Disclosure, wire_key: str | None = None) -> SubmitOrder:
        """Make an order for a new referral."""
        return SubmitOrder(**self._envelope(wire_key), decision=self._disclose(document), document=document)

    def verify(self, document: Disclosure) -> VerifyOrder:
        """Make an order that asks for eligibility, with what that may say."""
        kept = prune(document, self.subject.adapter.profile.need_of(Verb.VERIFY).discloses)
        return VerifyOrder(**self._envelope(None), decision=self._disclose(kept), document=kept)

    def supplement(self, document: Disclosure, wire_key: str, receipt: str) -> SupplementOrder:
        """Make an order that supplements a referral."""
        kept = prune(document, self.subject.adapter.profile.need_of(Verb.SUPPLEMENT).discloses)
        return SupplementOrder(
            **self._envelope(wire_key),
            decision=self._disclose(kept),
            document=kept,
            receipt=receipt,
            supplement_key=self._key(),
        )

    def find(self, wire_key: str) -> FindOrder:
        """Make an order that looks a referral up."""
        return FindOrder(**self._envelope(wire_key), decision=self._decide(Reconcile))

    def status(self, wire_key: str, receipt: str) -> StatusOrder:
        """Make an order that asks how a referral stands."""
        return StatusOrder(**self._envelope(wire_key), decision=self._decide(Reconcile), receipt=receipt)

    def withdraw(self, wire_key: str, receipt: str) -> WithdrawOrder:
        """Make an order that takes a referral back."""
        return WithdrawOrder(**self._envelope(wire_key), decision=self._decide(Withdraw), receipt=receipt)

    def _envelope(self, wire_key: str | None) -> dict[str, Any]:
        return {
            "wire_key": wire_key or self._key(),
            "message_id": uuid.uuid4().hex,
            "office": self.subject.office,
            "sent_at": utc_now(),
        }

    def _key(self) -> str:
        return self.subject.adapter.profile.wire_key.make(utc_now())

    def _disclose(self, document: Disclosure) -> Disclose:
        return self._decide(Disclose, fields=present_paths(document), bases={}, fields_hmac="")

    def _decide(self, kind: type[SomeDecision], **more: Any) -> SomeDecision:
        slug, office = self.subject.adapter.profile.slug, self.subject.office
        recipient = slug if office is None else f"{slug}:{office}"
        made = kind(attempt_id=uuid.uuid4().hex, recipient=recipient, send_by=steady_now() + 60, **more)
        return self.gate.stamp(made)


@asynccontextmanager
async def bench_of(subject: Subject) -> AsyncIterator[Bench]:
    """Build the adapter as the hub does, on a wire that listens; close it afterwards."""
    gate, wire = Gate(), Listener(subject.agency)
    adapter = subject.adapter(subject.settings, Wires(subject.adapter.profile.slug, gate, wire))
    try:
        yield Bench(subject, adapter, wire, gate)
    finally:
        await adapter.aclose()
