"""Live mode over every installed agency and catalogue: nothing plain, nothing that is this machine itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fault_rows import adapters

from adapters.sdk.catalogue import installed_catalogues
from adapters.sdk.registry import Broken
from hub.settings import Mode, Settings

NEAR = [
    "127.0.0.1", "127.8.8.8", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "localhost", "LOCALHOST", "localhost.",
    "agency.localhost", "ip6-localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]",
]  # fmt: skip
PLAIN = ["http", "tcp", "ftp", "ws", "telnet", "mock", ""]
AGENCIES = [("adapters", slug, kind.settings_type) for slug, kind in adapters().items()]
CATALOGUES = [
    ("catalogues", slug, kind.settings_type)
    for slug, kind in installed_catalogues().items()
    if not isinstance(kind, Broken)
]
EVERY = [pytest.param(*one, id=one[1]) for one in (*AGENCIES, *CATALOGUES)]


def schemes(kind: Any) -> frozenset[str]:
    """Return the schemes that live mode takes for an agency, or a catalogue."""
    return getattr(kind, "live_schemes", frozenset({"https"}))


def complaints(table: str, slug: str, kind: Any, url: str, mode: Mode = Mode.LIVE) -> list[str]:
    """Return what a hub in this mode says of one address, and of nothing else."""
    settings = kind.model_construct(**{**kind().__dict__, "enabled": True, "base_url": url})
    hub = Settings.model_construct(**{**Settings().__dict__, "mode": mode, table: {slug: settings}})
    return [problem for key, problem in hub.contradictions() if key == (table, slug) and "base_url" in problem]


def addresses(scheme: str) -> Iterator[str]:
    """Yield addresses that lead nowhere outside."""
    yield from (f"{scheme}://{host}:8443/path" for host in NEAR)


@pytest.mark.parametrize(("table", "slug", "kind"), EVERY)
def test_live_mode_takes_no_plain_wire(table: str, slug: str, kind: Any) -> None:
    """An agency by another scheme than its encrypted one, or its folder, is a contradiction."""
    assert schemes(kind) <= {"https", "tls", "file"}
    for scheme in PLAIN:
        assert complaints(table, slug, kind, f"{scheme}://agency.example:8443/path"), scheme


@pytest.mark.parametrize(("table", "slug", "kind"), EVERY)
def test_live_mode_calls_nobody_on_this_machine(table: str, slug: str, kind: Any) -> None:
    """However the address is written; folders are on this machine, and have no host."""
    for scheme in schemes(kind):
        assert [url for url in addresses(scheme) if not complaints(table, slug, kind, url)] == []


@pytest.mark.parametrize(("table", "slug", "kind"), EVERY)
def test_live_mode_takes_what_is_right(table: str, slug: str, kind: Any) -> None:
    """The agency's own encrypted address is fine, and so is everything for mocks."""
    for scheme in schemes(kind):
        host = "" if scheme == "file" else "agency.example:8443"
        assert complaints(table, slug, kind, f"{scheme}://{host}/path") == []
    assert complaints(table, slug, kind, "http://127.0.0.1:9", Mode.MOCK) == []
