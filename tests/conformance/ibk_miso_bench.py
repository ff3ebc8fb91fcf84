"""The adapter ibk_miso before the real mock: a line to it for the suite, and the adapter on its own wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.ibk_miso import IbkMiso
from adapters.ibk_miso.settings import IbkMisoSettings
from adapters.sdk.testing import Bench, Subject, live_bench_of
from mocks.ibk_miso import IbkMisoMock
from mocks.kit.fixed_width import WidthError, read_layout
from mocks.kit.ledger import Act
from mocks.kit.pki import Certificates
from mocks.kit.run import MockServer

SLUG = "ibk_miso"
LAYOUT = read_layout(Path(__file__).parents[2] / "schemas" / "agencies" / SLUG)
_RECORDS = {"0200": "register", "0400": "cancel", "0500": "capacity"}
_NEW_IN_EVERY_MESSAGE = {"SEND_DT", "TRC_NO", "TX_UNQ_NO"}


def settings_for(base_url: str, certificates: Certificates | None = None, ours: str = "hub-client") -> IbkMisoSettings:
    """Return settings that reach a mock; over TLS with these certificates, showing one of them as ours."""
    told: dict[str, Any] = {}
    if certificates is not None:
        told = {
            "ca": certificates.ca, "certificate": certificates.certificate(ours), "key": certificates.key(ours),
        }  # fmt: skip
    return IbkMisoSettings(enabled=True, base_url=base_url, org_code="NARU0001", timeout_seconds=20, **told)


def read_telegram(said: bytes) -> dict[str, Any]:
    """Read what was said on one connection, by the mocks' codec.

    Raises:
        WidthError, ValueError: it is not one telegram of the contract.
    """
    telegram = said[4:]
    if int(said[:4]) != len(telegram):
        raise ValueError("the prefix is not the telegram's length")
    common = LAYOUT["common"].read(telegram[:120])
    name = _RECORDS.get(str(common["MSG_NO"]))
    data = LAYOUT[name].read(telegram[120:]) if name else {}
    if name is None and telegram[120:]:
        raise ValueError("data behind a common part that has none")
    return {**common, **data}


def problems(said: bytes) -> list[str]:
    """Judge a telegram by the contract's files."""
    try:
        told = read_telegram(said)
    except (ValueError, WidthError) as error:
        return [str(error)]
    return [name for name in ("RSP_CD", "ERR_FLD") if name in told]


def said(request: bytes) -> str:
    """Write what the agency reads, without what is new in every message."""
    told = read_telegram(request)
    return " ".join(f"{name}={value}" for name, value in told.items() if name not in _NEW_IN_EVERY_MESSAGE)


def subject_for(server: MockServer) -> Subject:
    place = urlsplit(server.url_of(SLUG))

    async def line(telegram: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(telegram)
        prefix = await reader.readexactly(4)
        answer = await reader.readexactly(int(prefix))
        writer.transport.abort()
        return prefix + answer

    return Subject(
        adapter=IbkMiso,
        settings=settings_for("tcp://127.0.0.1:1"),
        agency=line,
        problems=problems,
        said=said,
    )


@dataclass
class Counter:
    """The adapter on its own wire, and the mock behind it."""

    bench: Bench
    server: MockServer

    def fault(self, name: str, **more: Any) -> None:
        """Let one fault strike from now on; `none` for none."""
        faults = [] if name == "none" else [{"name": name, **more}]
        self.server.counters[SLUG].faults.set({"faults": faults})

    def advance(self, **order: Any) -> None:
        """Give the agency an order."""
        self.server.counters[SLUG].mock.advance(order)

    @property
    def acts(self) -> list[Act]:
        """The acts of the agency's own record."""
        return list(self.server.counters[SLUG].desk.ledger.acts)


@asynccontextmanager
async def connected() -> AsyncIterator[Counter]:
    """Serve the mock and connect the adapter to it: nothing stands between it and the socket."""
    async with MockServer([IbkMisoMock]) as server, live_bench_of(IbkMiso, settings_for(server.url_of(SLUG))) as bench:
        yield Counter(bench, server)
