"""A catalogue that lists and fails as it is told, and a library around it on a clock that only a test moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from adapters.sdk import Gate, Wires
from adapters.sdk.catalogue import (
    Catalogue,
    CatalogueProfile,
    CatalogueSettings,
    Leave,
    Pointer,
    Scope,
    ServiceDetail,
    WelfareService,
)
from hub.catalogue.configured import KeepingSettings
from hub.catalogue.library import Library, build_library
from schemas.welfare import HouseholdGroup, LifeStage, Theme

START = datetime(2025, 3, 4, tzinfo=UTC)
NATIONAL = WelfareService(
    id="WLF00000001",
    name="나루 채무상담",
    summary="빚으로 어려운 분을 돕습니다.",
    scope=Scope.NATIONAL,
    provider="금융위원회",
    life=frozenset({LifeStage.YOUNG_ADULT}),
    themes=frozenset({Theme.FINANCE, Theme.LAW}),
)
PROVINCE = replace(NATIONAL, id="WLF00000002", name="나루도 무한돌봄", scope=Scope.LOCAL, province="경기도")
CITY = replace(
    PROVINCE,
    id="WLF00000003",
    name="나루 월세지원",
    municipality="의정부시",
    targets=frozenset({HouseholdGroup.LOW_INCOME}),
    themes=frozenset({Theme.HOUSING}),
)
SERVICES = (NATIONAL, PROVINCE, CITY)


class Clock:
    """Wall time that only a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


class Toy(Catalogue):
    """Lists `listed`; raises `failure` if there is one; counts its readings."""

    profile: ClassVar[CatalogueProfile] = CatalogueProfile("toy", "시험 목록", "assumed")
    settings_type: ClassVar[type[CatalogueSettings]] = CatalogueSettings

    def __init__(self, settings: CatalogueSettings, wires: Wires, leave: Leave) -> None:
        self.leave = leave
        self.listed = SERVICES
        self.failure: Exception | None = None
        self.readings = 0
        self.wait: Callable[[], Any] | None = None
        self.closed = False

    async def services(self) -> tuple[WelfareService, ...]:
        """List, or fail."""
        self.readings += 1
        if self.wait is not None:
            await self.wait()
        if self.failure is not None:
            raise self.failure
        return self.listed

    async def detail(self, service: WelfareService) -> ServiceDetail | None:
        """Tell of one, or fail."""
        self.readings += 1
        if self.failure is not None:
            raise self.failure
        return ServiceDetail(id=service.id, who="누구나", contacts=(Pointer("센터", "031-000-0000"),))

    async def aclose(self) -> None:
        """Remember it."""
        self.closed = True


class Shelf:
    """A library with one toy, and both at hand."""

    def __init__(self, **keeping: float) -> None:
        self.clock, self.gate = Clock(), Gate()
        tables = {"toy": CatalogueSettings(enabled=True, base_url="https://toy.invalid")}
        self.library: Library = build_library(tables, {"toy": Toy}, KeepingSettings(**keeping), self.gate, self.clock)
        source = self.library["toy"].source
        assert source is not None
        self.source = source
        self.toy: Any = source._catalogue
