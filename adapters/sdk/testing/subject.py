"""What the conformance suite is told of one adapter, and the bench on which it is tried. Its wire is in `listeners`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from adapters.sdk.adapter import Adapter
from adapters.sdk.decisions import Gate
from adapters.sdk.inbound import InboundCall
from adapters.sdk.kst import kst_today, utc_now
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.testing.listeners import Agency, HttpListener, Listener, TelegramListener
from adapters.sdk.testing.orders import Orders
from adapters.sdk.testing.watch import Watch, under_watch, watching
from adapters.sdk.verbs import Verb, capabilities
from adapters.sdk.wires import Wires


@dataclass(frozen=True)
class Subject:
    """An adapter, and what only its author can say of its wire.

    Requests are `httpx.Request`s, or of a telegram line the bytes of one, prefix included.
    """

    adapter: type[Adapter[Any]]
    settings: AdapterSettings
    agency: Agency
    """Reaches an agency that answers by its contract, a mock or a function: an `httpx` transport, or a coroutine
    function from the bytes of a telegram to those of its answer, prefixes included."""
    problems: Callable[[Any], list[str]]
    """Say what in a request breaks the contract; nothing for a good one. Judged by the contract's files."""
    said: Callable[[Any], str]
    """Write what the agency reads of a request, without what is new in every message (ids, times, signatures)."""
    office: str | None = None
    """An office to address, for an agency that has offices."""
    fetches_token: Callable[[httpx.Request], bool] = lambda _request: False
    """Tell whether a request fetches a token: the agency answers it itself, and it is no call of a verb."""
    seals: Callable[[bytes], bytes] | None = None
    """Secure the content of an answer as the agency does, for an agency that signs: what cannot be signed, as it is.
    Without it spoilt answers are refused before anything in them is read."""
    calls: Callable[[bytes], InboundCall] | None = None
    """Make a call to us with this body, proven as the agency proves it, for an agency that calls back."""
    notices: tuple[bytes, ...] = ()
    """Bodies of good calls to us."""

    def listener(self) -> Listener:
        """Return a wire that listens on the kind of line that leads to the agency."""
        if isinstance(self.agency, httpx.AsyncBaseTransport):
            return HttpListener(self.agency, self.fetches_token)
        return TelegramListener(self.agency)


@dataclass(kw_only=True)
class Bench(Orders):
    """One adapter, built, with a gate of its own, and orders for it."""

    adapter: Any

    async def speak(self, verb: Verb, wire_key: str, receipt: str) -> object:
        """Give the order of one outbound verb about the referral that key and receipt name; return its outcome.

        Raises:
            AdapterError: what the verb raises.
        """
        match verb:
            case Verb.SUBMIT:
                order: object = self.submit(self.somebody(), wire_key)
            case Verb.VERIFY:
                order = self.verify(self.somebody())
            case Verb.SUPPLEMENT:
                order = self.supplement(self.document(), wire_key, receipt)
            case Verb.FIND:
                order = self.find(wire_key)
            case Verb.STATUS:
                order = self.status(wire_key, receipt)
            case Verb.WITHDRAW:
                order = self.withdraw(wire_key, receipt)
            case _:
                raise ValueError(f"{verb} is no verb that is spoken about a referral")
        return await getattr(self.adapter, verb)(order)


@dataclass(kw_only=True)
class ListeningBench(Bench):
    """A bench whose wire keeps what is said."""

    subject: Subject
    wire: Listener
    watch: Watch
    """What the adapter did beside its wire."""


@asynccontextmanager
async def bench_of(subject: Subject) -> AsyncIterator[ListeningBench]:
    """Build the adapter as the hub does, on a wire that listens; close it afterwards."""
    profile, gate, wire = subject.adapter.profile, Gate(), subject.listener()
    leave = Orders(profile=profile, gate=gate).impersonal
    wires = wire.wires(profile.slug, gate, leave)
    with watching() as watch:
        adapter = under_watch(lambda: subject.adapter(subject.settings, wires))
        try:
            yield ListeningBench(
                profile=profile, gate=gate, office=subject.office, adapter=adapter, subject=subject, wire=wire,
                watch=watch,
            )  # fmt: skip
        finally:
            await adapter.aclose()


@asynccontextmanager
async def live_bench_of(
    adapter: type[Adapter[Any]], settings: AdapterSettings, office: str | None = None
) -> AsyncIterator[Bench]:
    """Build the adapter as the hub does, on its own wire, with nothing between it and the socket; close it afterwards.

    Where an agency has offices and none is named, it is the one that the adapter finds in charge of the document's
    client today.
    """
    gate = Gate()
    leave = Orders(profile=adapter.profile, gate=gate).impersonal
    built: Any = adapter(settings, Wires(adapter.profile.slug, gate, leave=leave))
    bench = Bench(profile=adapter.profile, gate=gate, office=office, adapter=built)
    if office is None and Verb.OFFICE_FOR in capabilities(adapter):
        bench.office = built.office_for(bench.document(), kst_today(utc_now()))
    try:
        yield bench
    finally:
        await built.aclose()
