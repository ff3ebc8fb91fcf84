"""Catalogues: read-only sources of which welfare services there are. No referral goes through one, and nobody's data.

A catalogue reads all that its source lists; searching it, keeping it and knowing its age are the hub's. Third parties
plug in by the entry-point group `naru.catalogues`; the built-in one uses the same door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, ClassVar, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from adapters.sdk.decisions import Impersonal
from adapters.sdk.registry import Broken, DuplicateAdapterError
from adapters.sdk.settings import is_loopback
from adapters.sdk.wires import Wires
from schemas.welfare import HouseholdGroup, LifeStage, Theme

GROUP = "naru.catalogues"

Leave = Callable[[], Impersonal]
"""Mints, whenever it is called, the leave for one more call that says nothing about a person."""


class Scope(StrEnum):
    """Who provides a service."""

    NATIONAL = "national"
    """중앙부처: everybody in the country."""
    LOCAL = "local"
    """지자체: the people of a 시도 or 시군구."""


@dataclass(frozen=True, kw_only=True)
class WelfareService:
    """복지서비스: one entry of a catalogue. Texts are the source's own, NFC."""

    id: str
    """The source's id, such as WLF00000024."""
    name: str
    summary: str
    scope: Scope
    provider: str
    """소관: the ministry, or the province and municipality with the department."""
    province: str | None = None
    """시도, for a local service."""
    municipality: str | None = None
    """시군구, for a local service; None if it is for the whole province."""
    life: frozenset[LifeStage] = frozenset()
    targets: frozenset[HouseholdGroup] = frozenset()
    themes: frozenset[Theme] = frozenset()
    unknown_labels: tuple[str, ...] = ()
    """Names of groups that the code tables do not know: kept, and never matched."""
    cycle: str | None = None
    """지원주기: 월, 1회성."""
    provision: str | None = None
    """제공유형: 현금지급, 현물지급."""
    online: bool | None = None
    """Whether it can be applied for online; None if the source does not say."""
    how_to_apply: str | None = None
    contact: str | None = None
    link: str | None = None
    listed_on: date | None = None
    """When it was entered, or last changed."""


@dataclass(frozen=True)
class Pointer:
    """A name and what it leads to: an office and its number, a site and its address, a form and where it lies."""

    name: str
    value: str | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceDetail:
    """복지서비스 상세: what a list leaves out."""

    id: str
    who: str | None = None
    """지원대상."""
    criteria: str | None = None
    """선정기준."""
    benefit: str | None = None
    """지원내용."""
    how_to_apply: str | None = None
    begins_on: date | None = None
    ends_on: date | None = None
    """The last day (KST); None for open-ended."""
    contacts: tuple[Pointer, ...] = ()
    sites: tuple[Pointer, ...] = ()
    forms: tuple[Pointer, ...] = ()
    laws: tuple[str, ...] = ()


@dataclass(frozen=True)
class CatalogueProfile:
    """What a catalogue is, declared as data."""

    slug: str
    """One lower_snake word: folder, entry point, config table, log field, mock path."""
    title: str
    contract_basis: Literal["real", "assumed", "mixed"]


class CatalogueSettings(BaseModel):
    """Base of `[catalogues.<slug>]`. Secrets are `SecretStr` fields, set in the environment only."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    enabled: bool = False
    """Installed is not active."""
    base_url: str = ""
    """Where the source is; empty in the safe default configuration."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 20.0
    """The overall deadline of one call."""
    max_reply_bytes: Annotated[int, Field(ge=1024, le=64 * 1024 * 1024)] = 8 * 1024 * 1024
    """The longest answer that is read."""

    def missing(self) -> list[str]:
        """Return the names of the settings that an enabled catalogue needs and that are empty. Never a value."""
        return [] if self.base_url else ["base_url"]

    def unfit_for_live(self) -> list[str]:
        """Return, in words without values, what live mode refuses."""
        url = urlsplit(self.base_url)
        problems = ["base_url: live mode needs https"] if url.scheme != "https" else []
        if is_loopback(url.hostname or ""):
            problems.append("base_url: live mode refuses a loopback address")
        return problems


class Catalogue(Protocol):
    """A source of welfare services. Inherit from it explicitly; built once for each process.

    Every call passes a new leave to its wire. What repeats a failed read is the catalogue's own, since its contract
    says which failures pass; it is bounded, and a read changes nothing.
    """

    profile: ClassVar[CatalogueProfile]
    settings_type: ClassVar[type[CatalogueSettings]]

    def __init__(self, settings: Any, wires: Wires, leave: Leave) -> None: ...

    async def services(self) -> tuple[WelfareService, ...]:
        """Read all that the source lists, each once, in the order of their ids.

        Raises:
            AdapterError: it could not be read whole; no part of it is returned.
        """
        ...

    async def detail(self, service: WelfareService) -> ServiceDetail | None:
        """Read what the source says about one of its services; None if it has it no more.

        Raises:
            AdapterError: it could not be read.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


@dataclass(frozen=True)
class Region:
    """A place to search for: a 시도, and of it a 시군구 or None for the whole of it."""

    province: str
    municipality: str | None = None


@dataclass(frozen=True, kw_only=True)
class CatalogueQuery:
    """What to look for; what is None does not matter. All that is given must hold."""

    life: LifeStage | None = None
    target: HouseholdGroup | None = None
    theme: Theme | None = None
    region: Region | None = None
    text: str | None = None
    """Words that must all stand in name, summary or provider, whatever their case."""

    def matches(self, service: WelfareService) -> bool:
        """Return whether a service is looked for. One that names no stage, group or theme is not for all of them."""
        groups = ((self.life, service.life), (self.target, service.targets), (self.theme, service.themes))
        if any(wanted is not None and wanted not in given for wanted, given in groups):
            return False
        return self._is_there(service) and self._is_named(service)

    def _is_there(self, service: WelfareService) -> bool:
        if self.region is None or service.scope is Scope.NATIONAL:
            return True
        here = service.province == self.region.province
        anywhere_in_it = service.municipality is None or self.region.municipality is None
        return here and (anywhere_in_it or service.municipality == self.region.municipality)

    def _is_named(self, service: WelfareService) -> bool:
        said = f"{service.name}\n{service.summary}\n{service.provider}".casefold()
        return all(word in said for word in (self.text or "").casefold().split())


CatalogueClass = type[Catalogue]


def installed_catalogues(found: Iterable[EntryPoint] | None = None) -> Mapping[str, CatalogueClass | Broken]:
    """Load every installed catalogue, by slug, in the order of slugs.

    Raises:
        DuplicateAdapterError: a slug is claimed twice.
    """
    points = list(entry_points(group=GROUP) if found is None else found)
    slugs = [point.name for point in points]
    twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    if twice:
        raise DuplicateAdapterError(f"installed more than once: {', '.join(twice)}; uninstall all but one of each")
    return {point.name: _load(point) for point in sorted(points, key=lambda point: point.name)}


def _load(point: EntryPoint) -> CatalogueClass | Broken:
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - foreign code may fail at import in any way; `naru check` shows it
        return Broken(point.name, f"{type(error).__name__} while importing {point.value}")
    if not (isinstance(loaded, type) and Catalogue in loaded.__mro__):
        return Broken(point.name, f"{point.value} is not a Catalogue")
    kind: CatalogueClass = loaded
    return kind if kind.profile.slug == point.name else Broken(point.name, f"{point.value} calls itself otherwise")
