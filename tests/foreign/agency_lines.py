"""Adapters on their own wires, with orders at hand: what the tests send through a relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from adapters.community_center import CommunityCenter
from adapters.community_center.settings import CommunityCenterSettings
from adapters.haengbok import Haengbok
from adapters.haengbok.settings import HaengbokSettings
from adapters.sdk import Gate, Wires
from adapters.sdk.testing import Bench, Subject
from adapters.sdk.testing.subject import Listener
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
    async with _bench(Haengbok, haengbok_settings(base_url, certificates, **more), None) as bench:
        yield bench


@asynccontextmanager
async def community_center_at(base_url: str, secret: str, office: str) -> AsyncIterator[Bench]:
    settings = CommunityCenterSettings(enabled=True, base_url=base_url, callback_secret=secret)
    async with _bench(CommunityCenter, settings, office) as bench:
        yield bench


@asynccontextmanager
async def _bench(adapter: Any, settings: Any, office: str | None) -> AsyncIterator[Bench]:
    """Build the adapter as in life: nothing of the suite stands between it and the socket."""
    gate = Gate()
    built = adapter(settings, Wires(adapter.profile.slug, gate))
    subject = Subject(adapter, settings, _nowhere(), lambda _: [], lambda _: "", office)
    try:
        yield Bench(subject, built, Listener(_nowhere()), gate)
    finally:
        await built.aclose()


def _nowhere() -> httpx.AsyncBaseTransport:
    return httpx.MockTransport(lambda _: httpx.Response(599))
