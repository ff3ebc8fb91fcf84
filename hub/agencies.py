"""The agencies that this hub can reach: one entry for each installed adapter, whatever became of it at start."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapters.sdk import Adapter, Profile, Repeat, Verb
from hub.calendar import WorkingDays
from hub.hours import OpenHours

_LEAST_SETTLING_SECONDS = 60.0


class AgencyState(StrEnum):
    """Whether an agency can be reached."""

    ACTIVE = "active"
    DISABLED = "disabled"
    """Installed, but not enabled in the configuration."""
    BROKEN = "broken"
    """Enabled or not, it could not be loaded; `why` says what a person must mend."""


@dataclass(frozen=True)
class Agency:
    """One installed adapter and its state. `profile` is None only when the adapter could not be imported."""

    slug: str
    state: AgencyState
    profile: Profile | None
    verbs: frozenset[Verb] = frozenset()
    adapter: Adapter[Any] | None = None
    why: str | None = None


@dataclass(frozen=True)
class ActiveAgency:
    """An agency that can be called: what delivery works with."""

    slug: str
    profile: Profile
    verbs: frozenset[Verb]
    adapter: Adapter[Any]
    concurrency: int
    per_second: float
    open_hours: OpenHours
    retries: bool = True
    """Whether what was tried in vain is tried again by itself."""

    @property
    def is_here(self) -> bool:
        """Whether this machine is the one that exchanges files with it, if its settings name one."""
        return self.adapter.settings.host in {"", socket.gethostname()}

    @property
    def settling_seconds(self) -> float:
        """How long "not found" is not believed after a send was under way (business clock).

        What the contract says, but never less than the send itself may take to arrive: an agency that dedupes needs no
        settling time to be sent the same again, and yet may show late what it took.
        """
        time_out = float(self.adapter.settings.timeout_seconds)
        return max(self.profile.settling_seconds, time_out, _LEAST_SETTLING_SECONDS)

    def repeat_of(self, kind: str) -> Repeat:
        """Return what may be done when the answer to a delivery of `kind` was lost."""
        return repeat_of(self.profile, kind)


def repeat_of(profile: Profile, kind: str) -> Repeat:
    """Return what an agency of this profile allows when the answer to a delivery of `kind` was lost.

    Withdrawing and verifying twice changes nothing at the agency; a supplement may be repeated only where the agency
    dedupes. What goes by file is decided by the file's result, whatever it is.
    """
    if kind == Verb.SUBMIT or profile.repeat is Repeat.BATCH:
        return profile.repeat
    if kind in {Verb.WITHDRAW, Verb.VERIFY}:
        return Repeat.KEYED
    return Repeat.KEYED if profile.repeat is Repeat.KEYED else Repeat.NEVER


class Agencies(Mapping[str, Agency]):
    """All installed agencies by slug."""

    def __init__(self, agencies: Mapping[str, Agency], working_days: WorkingDays | None = None) -> None:
        self._agencies = dict(sorted(agencies.items()))
        found = ((agency.slug, _active(agency, working_days)) for agency in agencies.values())
        self._active = {slug: active for slug, active in found if active is not None}

    def __getitem__(self, slug: str) -> Agency:
        return self._agencies[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agencies)

    def __len__(self) -> int:
        return len(self._agencies)

    @property
    def active(self) -> Mapping[str, ActiveAgency]:
        """The agencies that can be called."""
        return self._active

    async def aclose(self) -> None:
        """Close every adapter's connections."""
        for active in self._active.values():
            await active.adapter.aclose()


def _active(agency: Agency, working_days: WorkingDays | None) -> ActiveAgency | None:
    if agency.state is not AgencyState.ACTIVE or agency.profile is None or agency.adapter is None:
        return None
    lane, settings = agency.profile.lane, agency.adapter.settings
    return ActiveAgency(
        agency.slug,
        agency.profile,
        agency.verbs,
        agency.adapter,
        min(lane.concurrency, settings.concurrency or lane.concurrency),
        min(lane.per_second, settings.per_second or lane.per_second),
        OpenHours(settings.service_hours or lane.hours, settings.maintenance, working_days or WorkingDays()),
        settings.retry,
    )


def recipient_of(slug: str, office: str | None) -> str:
    """Return the recipient as consents name it: the slug, or slug:기관코드 for an agency with offices."""
    return slug if office is None else f"{slug}:{office}"
