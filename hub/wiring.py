"""The only place where the hub's objects are built, and closed again in the opposite order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx

from adapters.sdk import AdapterError, AdapterSettings, Gate, Wires, capabilities
from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import AdapterClass, Broken
from hub.access.admission import Admission
from hub.agencies import Agencies, Agency, AgencyState
from hub.audit.sealer import Sealer
from hub.calendar import WorkingDays
from hub.catalogue.library import Library, build_library
from hub.clock import Clock, SharedClock, SystemClock, VirtualClock, wall_now
from hub.configuration import Installed, InstalledCatalogues
from hub.consent.mint import Mint
from hub.delivery.commands import Commands
from hub.delivery.consents import Consents
from hub.delivery.engine import EmbeddedEngine, Engine
from hub.delivery.room import Room
from hub.delivery.shared_engine import SharedEngine
from hub.delivery.worker import Worker
from hub.following.callbacks import Callbacks
from hub.following.watch import Watch
from hub.intake.doorkeeper import Doorkeeper
from hub.intake.filing import Filing
from hub.intake.intake import Intake
from hub.notices.desk import Desk
from hub.notices.notifier import Notifier
from hub.notices.sender import Sender
from hub.routing.capacity import Capacities
from hub.routing.prechecks import Prechecker
from hub.settings import ClockSettings, Mode, Settings
from hub.store.schema import make_or_check
from hub.store.store import Store
from hub.store.wall import ahead_of_steady
from hub.vault.keeper import Keeper
from hub.vault.vault import Vault, was_sealed


class ClockUnreachableError(Exception):
    """Nobody tells the time at the address in `clock.source`."""


@dataclass(frozen=True)
class Services:
    """Everything that the API serves with."""

    settings: Settings
    store: Store
    vault: Vault
    keeper: Keeper
    clock: Clock
    agencies: Agencies
    library: Library
    working_days: WorkingDays
    prechecker: Prechecker
    doorkeeper: Doorkeeper
    admission: Admission
    intake: Intake
    commands: Commands
    consents: Consents
    callbacks: Callbacks
    engine: Engine
    worker: Worker
    webhooks: Desk
    sender: Sender
    notifier: Notifier
    watch: Watch
    sealer: Sealer


@asynccontextmanager
async def opened(
    settings: Settings, installed: Installed, catalogues: InstalledCatalogues | None = None
) -> AsyncIterator[Services]:
    """Claim the store and build the services; close everything in the end. The engine is not started.

    `catalogues` are those that are installed, unless they are given.

    Raises:
        StoreInUseError: another process serves the SQLite store.
        StoreUnreachableError: no PostgreSQL server answers.
        SchemaError: the store is of another version.
        KeyFileError: the store's key file is missing, unfit, or another one.
        ClockUnreachableError: the virtual clock does not answer.
    """
    async with AsyncExitStack() as closing:
        store = Store(settings.store.url)
        closing.callback(store.close)
        store.claim()
        store.write_now(make_or_check)
        ring = settings.vault.open(create=not store.read_now(was_sealed))
        vault, clock = Vault.open(store, ring), open_clock(settings.clock, store)
        closing.callback(clock.close)
        keeper = Keeper(store, ring, vault.forget_case_keys)
        keeper.join()
        closing.callback(keeper.leave)
        gate, working_days = Gate(), settings.calendar.working_days
        agencies = build_agencies(settings.adapters, installed, gate, working_days)
        closing.push_async_callback(agencies.aclose)
        found = installed_catalogues() if catalogues is None else catalogues
        library = build_library(settings.catalogues, found, settings.catalogue, gate, wall_now)
        closing.push_async_callback(library.aclose)
        room = Room(clock, vault, gate, Mint(gate), agencies, settings.delivery, settings.statutes, working_days)
        capacities = Capacities(clock, gate, room.mint, agencies, settings.precheck)
        closing.push_async_callback(capacities.aclose)
        sender = Sender(settings.webhooks, plain_loopback=settings.mode is Mode.MOCK)
        closing.push_async_callback(sender.aclose)
        admission = Admission(store, clock, vault, settings.access)
        closing.push_async_callback(admission.aclose)
        yield _services(settings, store, room, keeper, library, capacities, sender, admission)


def _services(
    settings: Settings,
    store: Store,
    room: Room,
    keeper: Keeper,
    library: Library,
    capacities: Capacities,
    sender: Sender,
    admission: Admission,
) -> Services:
    """Build what needs no closing."""
    clock, vault, agencies = room.clock, room.vault, room.agencies
    engine, consents = _engine(store, room, settings), Consents(room)
    filing = Filing(clock, vault, agencies, settings.routing)
    doorkeeper = Doorkeeper(store, clock, settings.limits)
    return Services(
        settings=settings,
        store=store,
        vault=vault,
        keeper=keeper,
        clock=clock,
        agencies=agencies,
        library=library,
        working_days=room.working_days,
        prechecker=Prechecker(settings.routing, agencies, capacities),
        doorkeeper=doorkeeper,
        admission=admission,
        intake=Intake(store, clock, vault, filing, consents, doorkeeper, engine.wake),
        commands=Commands(room),
        consents=consents,
        callbacks=Callbacks(store, room),
        engine=engine,
        worker=Worker(store, room),
        webhooks=Desk(clock, vault, settings.webhooks.most_per_centre),
        sender=sender,
        notifier=Notifier(store, clock, vault, settings.webhooks, sender),
        watch=Watch(store, room, settings.deadlines, engine.wake),
        sealer=Sealer(store, settings.audit),
    )


def _engine(store: Store, room: Room, settings: Settings) -> Engine:
    """Return the engine that the store calls for: one for several processes, or one for a process alone."""
    if store.is_shared:
        return SharedEngine(store, room, settings.worker.concurrency)
    return EmbeddedEngine(store, room)


def open_clock(settings: ClockSettings, store: Store) -> Clock:
    """Return the business clock: the mocks', the shared store's, or this machine's.

    Raises:
        ClockUnreachableError: the virtual clock does not answer.
    """
    if not settings.is_virtual:
        return SharedClock(lambda: store.read_now(ahead_of_steady)) if store.is_shared else SystemClock()
    try:
        return VirtualClock(settings.source)
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise ClockUnreachableError(f"clock.source: no clock answers there ({type(error).__name__})") from None


def build_agencies(
    settings: Mapping[str, AdapterSettings],
    installed: Installed,
    gate: Gate,
    working_days: WorkingDays | None = None,
) -> Agencies:
    """Build every installed adapter that is enabled. One that cannot be built is a broken lane, not a dead hub."""
    built = {slug: _agency(slug, adapter, settings, gate) for slug, adapter in installed.items()}
    return Agencies(built, working_days)


def _agency(slug: str, adapter: AdapterClass | Broken, settings: Mapping[str, AdapterSettings], gate: Gate) -> Agency:
    if isinstance(adapter, Broken):
        return Agency(slug, AgencyState.BROKEN, None, why=adapter.why)
    verbs = capabilities(adapter)
    if not settings[slug].enabled:
        return Agency(slug, AgencyState.DISABLED, adapter.profile, verbs)
    try:
        built = adapter(settings[slug], Wires(slug, gate, leave=Mint(gate).leave_for_tokens(slug)))
    except AdapterError as error:
        return Agency(slug, AgencyState.BROKEN, adapter.profile, verbs, why=str(error))
    except Exception as error:  # noqa: BLE001 - foreign code may fail in any way; its text may hold a setting's value
        return Agency(
            slug, AgencyState.BROKEN, adapter.profile, verbs, why=f"{type(error).__name__} while it was built"
        )
    return Agency(slug, AgencyState.ACTIVE, adapter.profile, verbs, built)
