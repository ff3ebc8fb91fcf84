"""What can be set, with its defaults, and what does not go together. Where it is read from: `hub/configuration.py`.

Every default is the safe one: live rules, no agency enabled, no statute opened, loopback only. Nothing here shows a
value in its errors, and a secret of the hub's own is set in the environment only, or lives in a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.sdk import AdapterSettings
from adapters.sdk.catalogue import CatalogueSettings
from adapters.sdk.settings import is_loopback, listens_beyond
from hub.access.configured import AccessSettings
from hub.audit.configured import AuditSettings
from hub.calendar import WorkingDays
from hub.catalogue.configured import KeepingSettings
from hub.configured import Dated, Table, check_each_id_once_a_day
from hub.consent.records import Statute
from hub.following.deadlines import Deadline
from hub.notices.configured import WebhookSettings
from hub.retention.configured import Retention
from hub.routing.rules import Rule
from hub.store.backends import shown
from hub.vault.configured import VaultSettings
from schemas.services import ServiceCode

SYSTEM_CLOCK = "system"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class Mode(StrEnum):
    """Whether real people's data meets real agencies."""

    MOCK = "mock"
    LIVE = "live"


class HttpSettings(Table):
    """Where the hub listens, the longest body that it reads, and how long it waits for a request to be there."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8100
    """0: any free port, named in the log."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 1024 * 1024
    head_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
    """From the first byte of a request, or of the connection, until its head is there."""
    body_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    """From there until its body is."""


_SQLITE, _POSTGRES = "sqlite:///var/naru.db", "postgresql://user@host/naru"


class StoreSettings(Table):
    """Where everything is kept: a SQLite file for one process, or a PostgreSQL database for as many as wanted."""

    url: Annotated[str, Field(repr=False)] = "sqlite:///var/naru.db"  # a URL may hold a password

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: str) -> str:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ValueError(f"must be a URL such as {_SQLITE} or {_POSTGRES}") from None
        if parsed.drivername not in {"sqlite", "postgresql"}:
            raise ValueError(f"must begin with sqlite:/// or postgresql://, as {_SQLITE} or {_POSTGRES}")
        if parsed.database in {None, "", ":memory:"}:
            raise ValueError(f"must name a file or a database, as {_SQLITE} or {_POSTGRES}")
        return url

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it at once: PostgreSQL."""
        return make_url(self.url).drivername == "postgresql"

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return shown(self.url)


class ClockSettings(Table):
    """The business clock: this machine's, or the mocks' own, which a test may move."""

    source: str = SYSTEM_CLOCK

    @property
    def is_virtual(self) -> bool:
        """Whether somebody else tells the time."""
        return self.source != SYSTEM_CLOCK


class LogLevel(StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(Table):
    """What is written to standard error, as one JSON object a line."""

    level: LogLevel = LogLevel.INFO


class DeliverySettings(Table):
    """How long a worker holds a delivery, and how long and how often the hub tries."""

    lease_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    send_window_seconds: Annotated[float, Field(gt=0, le=3600)] = 20.0
    """How long after the decision the first byte may leave."""
    retry_first_seconds: Annotated[float, Field(gt=0)] = 5.0
    retry_longest_seconds: Annotated[float, Field(gt=0)] = 900.0
    max_tries: Annotated[int, Field(ge=1, le=1000)] = 300
    max_age_hours: Annotated[float, Field(gt=0)] = 72.0
    lookup_first_seconds: Annotated[float, Field(gt=0)] = 10.0
    lookup_longest_seconds: Annotated[float, Field(gt=0)] = 900.0
    breaker_failures: Annotated[int, Field(ge=1, le=100)] = 5
    """Failed calls in a row, of different referrals, after which an agency counts as out of reach."""
    breaker_first_seconds: Annotated[float, Field(gt=0)] = 30.0
    breaker_longest_seconds: Annotated[float, Field(gt=0)] = 900.0
    unmatched_hours: Annotated[float, Field(gt=0, le=720)] = 24.0
    """How long what an agency tells may wait for a referral that it names, before operators are told."""

    @model_validator(mode="after")
    def _window_fits_lease(self) -> Self:
        if self.send_window_seconds >= self.lease_seconds:
            raise ValueError("send_window_seconds must be shorter than lease_seconds")
        return self


class WorkerSettings(Table):
    """One process of several, on PostgreSQL; on SQLite the lanes' own limits are all there is."""

    concurrency: Annotated[int, Field(ge=1, le=200)] = 16
    """Calls that one process makes at once, over all agencies."""


class LimitsSettings(Table):
    """Past which nothing more is promised: new cases and referrals are answered 503 until there is room again."""

    max_backlog: Annotated[int, Field(ge=1)] = 100_000
    """Deliveries that are due and have not been begun."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 256 * 1024 * 1024
    """Of the disk that holds a SQLite store."""
    max_store_bytes: Annotated[int, Field(ge=0)] = 0
    """Of the database itself, for a server whose disk cannot be seen from here; 0: no limit."""
    retry_after_seconds: Annotated[int, Field(ge=1, le=3600)] = 30


class CalendarSettings(Table):
    """What operators know of Korean working days before the library does: 임시공휴일, and days that offices work."""

    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()

    @property
    def working_days(self) -> WorkingDays:
        """The calendar."""
        return WorkingDays(self.closed, self.open)


class PrecheckSettings(Table):
    """How long agencies are given to say whether they have room, and how long their answer is good."""

    deadline_seconds: Annotated[float, Field(gt=0, le=30)] = 3.0
    keep_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0


class Route(Dated):
    """Which agency a service goes to, on its days."""

    agency: Slug


class RoutingSettings(Table):
    """The map from services to agencies, one agency for a service on any day; and the rules of their programmes."""

    services: Mapping[ServiceCode, tuple[Route, ...]] = {}
    rules: tuple[Rule, ...] = ()

    @field_validator("services")
    @classmethod
    def _one_agency_a_day(cls, services: Mapping[ServiceCode, tuple[Route, ...]]) -> Mapping[ServiceCode, object]:
        for code, routes in services.items():
            ordered = sorted(routes, key=lambda route: route.valid_from)
            for earlier, later in pairwise(ordered):
                if earlier.holds_on(later.valid_from):
                    raise ValueError(f"{code} has two agencies on {later.valid_from}")
        return services

    @field_validator("rules")
    @classmethod
    def _one_version_a_day(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        check_each_id_once_a_day([(rule.id, rule) for rule in rules])
        return rules


class Settings(Table):
    """Everything that is set. `adapters` holds the table of every installed adapter, as that adapter's own type."""

    mode: Mode = Mode.LIVE
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    vault: VaultSettings = VaultSettings()
    clock: ClockSettings = ClockSettings()
    log: LogSettings = LogSettings()
    delivery: DeliverySettings = DeliverySettings()
    worker: WorkerSettings = WorkerSettings()
    limits: LimitsSettings = LimitsSettings()
    calendar: CalendarSettings = CalendarSettings()
    routing: RoutingSettings = RoutingSettings()
    precheck: PrecheckSettings = PrecheckSettings()
    webhooks: WebhookSettings = WebhookSettings()
    audit: AuditSettings = AuditSettings()
    access: AccessSettings = AccessSettings()
    deadlines: tuple[Deadline, ...] = ()
    statutes: tuple[Statute, ...] = ()
    retention: tuple[Retention, ...] = ()
    adapters: Mapping[str, AdapterSettings] = {}
    catalogue: KeepingSettings = KeepingSettings()
    catalogues: Mapping[str, CatalogueSettings] = {}
    """The table of every installed catalogue, as that catalogue's own type."""

    @field_validator("deadlines")
    @classmethod
    def _one_deadline_a_day(cls, deadlines: tuple[Deadline, ...]) -> tuple[Deadline, ...]:
        named = [(f"{deadline.kind} of {code}", deadline) for deadline in deadlines for code in deadline.services]
        check_each_id_once_a_day(named)
        return deadlines

    @field_validator("retention")
    @classmethod
    def _one_period_a_day(cls, retention: tuple[Retention, ...]) -> tuple[Retention, ...]:
        check_each_id_once_a_day([(entry.what, entry) for entry in retention])
        return retention

    def contradictions(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what does not go together: the key concerned, and the problem in words without values."""
        for slug, adapter in self.adapters.items():
            yield from self._unfit(("adapters", slug), adapter, "the agency")
        for slug, catalogue in self.catalogues.items():
            yield from self._unfit(("catalogues", slug), catalogue, "the catalogue")
        yield from ((("access", "jwt", key), problem) for key, problem in self.access.jwt.contradictions())
        if self.mode is Mode.LIVE:
            yield from self._unfit_for_live()
        elif self.clock.is_virtual and not _is_http_on_loopback(self.clock.source):
            yield ("clock", "source"), 'must be "system", or an http:// address on the loopback interface'

    def warnings(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what may be meant, but only together with something outside: the key, and what that is."""
        if self.mode is Mode.LIVE and listens_beyond(self.http.host):
            yield ("http", "host"), "plain HTTP beyond this machine: a proxy that speaks TLS must stand before the hub"
        if self.mode is Mode.LIVE and self.webhooks.allow_private:
            yield ("webhooks", "allow_private"), "centres may have the hub call addresses inside these networks"

    def _unfit(
        self, key: tuple[str, str], table: AdapterSettings | CatalogueSettings, what: str
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        if not table.enabled:
            return
        missing = table.missing()
        yield from (((*key, name), f"is missing, and {what} is enabled") for name in missing)
        for problem in table.unfit_for_live() if self.mode is Mode.LIVE else []:
            if problem.partition(":")[0] not in missing:  # an empty address is not also a plain one
                yield key, problem

    def _unfit_for_live(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.clock.is_virtual:
            yield ("clock", "source"), "live mode takes the system's clock only"
        if self.access.jwt.jwks_url.startswith("http:"):
            yield ("access", "jwt", "jwks_url"), "live mode needs https"
        for number, entry in enumerate(self.statutes):
            if not entry.reviewed:
                yield ("statutes", str(number)), "is not reviewed, and live mode takes reviewed entries only"


def _is_http_on_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and parts.username is None and is_loopback(host)
