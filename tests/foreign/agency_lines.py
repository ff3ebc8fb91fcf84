"""Adapters on their own wires, with orders at hand: what the tests send through a relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from adapters.community_center import CommunityCenter
from adapters.community_center.settings import CommunityCenterSettings
from adapters.haengbok import Haengbok
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk.testing import Bench, live_bench_of
from mocks.kit.pki import Certificates


def haengbok_settings(base_url: str, certificates: Certificates, org_code: str = "6410000") -> HaengbokSettings:
    return HaengbokSettings(
        enabled=True,
        base_url=base_url,
        org_code=org_code,
        system_code="NARUHUB01",
        certificate=certificates.certificate("hub-signing"),
        key=certificates.key("hub-signing"),
        ca=certificates.ca,
        peer="naru TEST haengbok-signing",
    )


@asynccontextmanager
async def haengbok_at(base_url: str, certificates: Certificates, **more: Any) -> AsyncIterator[Bench]:
    async with live_bench_of(Haengbok, haengbok_settings(base_url, certificates, **more)) as bench:
        yield bench


@asynccontextmanager
async def community_center_at(base_url: str, secret: str, office: str) -> AsyncIterator[Bench]:
    settings = CommunityCenterSettings(enabled=True, base_url=base_url, callback_secret=secret)
    async with live_bench_of(CommunityCenter, settings, office) as bench:
        yield bench
