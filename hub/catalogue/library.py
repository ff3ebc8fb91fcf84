"""All catalogues: builds those that are enabled, searches what is kept of them, and says how old each is."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from adapters.sdk import AdapterError, Gate, Impersonal, Wires
from adapters.sdk.catalogue import (
    Catalogue,
    CatalogueClass,
    CatalogueProfile,
    CatalogueQuery,
    CatalogueSettings,
    ServiceDetail,
    WelfareService,
)
from adapters.sdk.decisions import steady_now
from adapters.sdk.registry import Broken
from hub.agencies import AgencyState
from hub.catalogue.configured import KeepingSettings
from hub.catalogue.keeping import Keeper, Kept, NothingKeptError
from hub.consent.mint import Mint

_SEND_WINDOW_SECONDS = 20.0
_MOST_DETAILS = 500
"""Details that are kept of one catalogue; the one that was asked for longest ago goes first."""


class UnknownServiceError(LookupError):
    """No catalogue lists a service under this id."""


class Leaves:
    """Mints the leave for each call of one catalogue, and lets the gate forget the one before."""

    def __init__(self, slug: str, gate: Gate, mint: Mint) -> None:
        self._slug = slug
        self._gate = gate
        self._mint = mint
        self._last = ""

    def __call__(self) -> Impersonal:
        """Mint one."""
        self._gate.forget(self._last)
        self._last = f"catalogue-{uuid.uuid4().hex}"
        send_by = steady_now() + _SEND_WINDOW_SECONDS
        return self._mint.impersonal(attempt_id=self._last, recipient=self._slug, send_by=send_by)


class Source:
    """One catalogue that is enabled, what is kept of its list, and of the details that were asked for."""

    def __init__(self, catalogue: Catalogue, now: Callable[[], datetime], settings: KeepingSettings) -> None:
        self.profile = catalogue.profile
        self._catalogue = catalogue
        self._now = now
        self._settings = settings
        self._list = Keeper(self.profile.slug, catalogue.services, now, settings)
        self._details: OrderedDict[str, Keeper[ServiceDetail | None]] = OrderedDict()

    async def services(self) -> Kept[tuple[WelfareService, ...]]:
        """Return its list.

        Raises:
            NothingKeptError: there is none.
        """
        return await self._list.get()

    async def detail(self, service: WelfareService) -> Kept[ServiceDetail | None]:
        """Return what it says about one of its services; None if it does no more.

        Raises:
            NothingKeptError: it says nothing now, and nothing is kept.
        """
        keeper = self._details.get(service.id)
        if keeper is None:
            keeper = Keeper(self.profile.slug, partial(self._catalogue.detail, service), self._now, self._settings)
            self._details[service.id] = keeper
        self._details.move_to_end(service.id)
        while len(self._details) > _MOST_DETAILS:
            _, oldest = self._details.popitem(last=False)
            await oldest.aclose()
        return await keeper.get()

    async def aclose(self) -> None:
        """End what is being read, and close the catalogue."""
        keepers: list[Keeper[Any]] = [self._list, *self._details.values()]
        for keeper in keepers:
            await keeper.aclose()
        await self._catalogue.aclose()


@dataclass(frozen=True)
class Holding:
    """One installed catalogue and its state."""

    slug: str
    state: AgencyState
    profile: CatalogueProfile | None = None
    source: Source | None = None
    why: str | None = None
    """What a person must mend, if it is broken."""


@dataclass(frozen=True)
class SourceState:
    """How old what is shown of a source is."""

    profile: CatalogueProfile
    kept: Kept[Any] | None
    """None if nothing of it is at hand."""


@dataclass(frozen=True)
class Found:
    """What was looked for, by catalogue and id, and the state of every source."""

    services: tuple[tuple[str, WelfareService], ...] = field(repr=False)
    """Each with the slug of its catalogue."""
    sources: tuple[SourceState, ...]


class Library(Mapping[str, Holding]):
    """All installed catalogues by slug."""

    def __init__(self, holdings: Mapping[str, Holding]) -> None:
        self._holdings = dict(sorted(holdings.items()))

    def __getitem__(self, slug: str) -> Holding:
        return self._holdings[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._holdings)

    def __len__(self) -> int:
        return len(self._holdings)

    async def search(self, query: CatalogueQuery) -> Found:
        """Return all that matches. A source that fails is named without an age, and the others are searched.

        Raises:
            NothingKeptError: no source has anything, or none is enabled.
        """
        states, found, soonest = [], [], 0.0
        for source in self._sources():
            try:
                kept = await source.services()
            except NothingKeptError as error:
                states.append(SourceState(source.profile, None))
                soonest = min(soonest or error.seconds, error.seconds)
                continue
            states.append(SourceState(source.profile, kept))
            found += [(source.profile.slug, service) for service in kept.thing if query.matches(service)]
        if not any(state.kept for state in states):
            raise NothingKeptError(soonest)
        return Found(tuple(found), tuple(states))

    async def detail(self, service_id: str) -> tuple[Source, WelfareService, Kept[ServiceDetail | None]]:
        """Return one service, whose it is, and what its source says about it.

        Raises:
            UnknownServiceError: no source lists it.
            NothingKeptError: its source says nothing now, or it is not known which services there are.
        """
        failed: NothingKeptError | None = None
        for source in self._sources():
            try:
                listed = await source.services()
            except NothingKeptError as error:
                failed = error
                continue
            service = next((one for one in listed.thing if one.id == service_id), None)
            if service is not None:
                return source, service, await source.detail(service)
        raise failed or UnknownServiceError("no catalogue lists this service")

    def _sources(self) -> list[Source]:
        return [holding.source for holding in self._holdings.values() if holding.source is not None]

    async def aclose(self) -> None:
        """Close every source."""
        for source in self._sources():
            await source.aclose()


def build_library(
    settings: Mapping[str, CatalogueSettings],
    installed: Mapping[str, CatalogueClass | Broken],
    keeping: KeepingSettings,
    gate: Gate,
    now: Callable[[], datetime],
) -> Library:
    """Build every installed catalogue that is enabled. One that cannot be built is broken, and the hub lives."""
    return Library({slug: _holding(slug, kind, settings, keeping, gate, now) for slug, kind in installed.items()})


def _holding(
    slug: str,
    kind: CatalogueClass | Broken,
    settings: Mapping[str, CatalogueSettings],
    keeping: KeepingSettings,
    gate: Gate,
    now: Callable[[], datetime],
) -> Holding:
    if isinstance(kind, Broken):
        return Holding(slug, AgencyState.BROKEN, why=kind.why)
    table = settings.get(slug)
    if table is None or not table.enabled:
        return Holding(slug, AgencyState.DISABLED, kind.profile)
    try:
        built = kind(table, Wires(slug, gate), Leaves(slug, gate, Mint(gate)))
    except AdapterError as error:
        return Holding(slug, AgencyState.BROKEN, kind.profile, why=str(error))
    except Exception as error:  # noqa: BLE001 - foreign code may fail in any way; its text may hold a setting's value
        return Holding(slug, AgencyState.BROKEN, kind.profile, why=f"{type(error).__name__} while it was built")
    return Holding(slug, AgencyState.ACTIVE, kind.profile, Source(built, now, keeping))
