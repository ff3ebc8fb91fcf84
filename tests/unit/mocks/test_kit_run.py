from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import httpx
import pytest
from kit_bench import FerryMock, until

from mocks.kit import registry
from mocks.kit.registry import MockLoadError, check, installed_mocks
from mocks.kit.run import MockServer, read_ledger_key, serve_forever
from mocks.kit.settings import MockSettingsError, check_settings

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretend that exactly these mock agencies are installed."""

    def pretend(*points: tuple[str, str]) -> None:
        found = EntryPoints(EntryPoint(name, value, registry.GROUP) for name, value in points)
        monkeypatch.setattr(registry, "entry_points", lambda group: found)

    return pretend


async def test_serving_announces_itself_and_ends_on_a_signal(install: Install, tmp_path: Path) -> None:
    """The ready file appears once the server answers, and is gone after SIGTERM."""
    install(("ferry", "kit_bench:FerryMock"))
    key_file, ready_file = tmp_path / "key", tmp_path / "ready.json"
    key_file.write_text("ab" * 32)
    serving = asyncio.create_task(serve_forever(ready_file=ready_file, ledger_key_file=key_file))
    await until(lambda: ready_file.exists() or serving.done())
    ready: Mapping[str, object] = json.loads(ready_file.read_text())
    async with httpx.AsyncClient() as client:
        agencies = (await client.get(f"{ready['control_url']}/agencies")).json()["agencies"]
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    assert (os.getpid(), {"ferry": agencies[0]["base_url"]}, False) == (
        ready["pid"],
        ready["agencies"],
        ready_file.exists(),
    )


@pytest.mark.parametrize("text", ["", "ab" * 31, "zz" * 32])
def test_a_malformed_ledger_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    """The error names the file, never what it holds."""
    path = tmp_path / "key"
    path.write_text(text)
    with pytest.raises(ValueError, match="64 hex digits") as caught:
        read_ledger_key(path)
    assert not text or text not in str(caught.value)


def test_a_ledger_key_of_another_length_is_refused() -> None:
    """A key is 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        MockServer([FerryMock], ledger_key=b"short")


async def test_settings_of_one_agency_come_before_those_of_all() -> None:
    """`*` holds for every agency, its own table wins."""
    settings = {"*": {"unsigned": "true", "certificates": "/a"}, "ferry": {"certificates": "/b"}}
    async with MockServer([FerryMock], settings) as mocks:
        assert mocks.counters["ferry"].desk.settings == {"unsigned": "true", "certificates": "/b"}


def test_installed_mocks_are_found_by_slug(install: Install) -> None:
    """The entry point's class is loaded, in the order asked for."""
    install(("ferry", "kit_bench:FerryMock"))
    assert (FerryMock,) == installed_mocks() == installed_mocks(["ferry"])


@pytest.mark.parametrize(
    ("points", "slugs", "text"),
    [
        ([("ferry", "kit_bench:FerryMock")], ["fery"], "installed are: ferry"),
        ([("ferry", "kit_bench:FerryMock"), ("ferry", "kit_bench:Other")], None, "two mock agencies"),
        ([("bridge", "kit_bench:FerryMock")], None, "calls itself ferry"),
        ([("ferry", "no_such_module:X")], None, "ferry does not load: ModuleNotFoundError"),
    ],
)
def test_registrations_that_cannot_be_used_are_named(
    install: Install,
    points: list[tuple[str, str]],
    slugs: list[str] | None,
    text: str,
) -> None:
    """An unknown slug, a double one, a wrong one and a broken class each say which."""
    install(*points)
    with pytest.raises(MockLoadError, match=text):
        installed_mocks(slugs)


def test_an_agency_cannot_claim_the_faults_of_the_kit() -> None:
    """`own_faults` may name only what the catalogue leaves to agencies."""

    class GreedyMock(FerryMock):
        own_faults = frozenset({"busy_503", "explode"})

    with pytest.raises(MockLoadError, match="busy_503, explode"):
        check(GreedyMock)


def test_the_built_in_agencies_are_installed() -> None:
    """The project's own entry points load, and their classes keep the registry's rules."""
    slugs = {kind.slug for kind in installed_mocks(["community_center", "haengbok"])}
    assert {"community_center", "haengbok"} == slugs


def test_a_class_may_know_more_settings(install: Install) -> None:
    """What an agency names itself is known; what nobody names is not, nor is a table of nobody."""
    install(("ferry", "kit_bench:FerryMock"), ("barge", "kit_bench:BargeMock"))

    class Knowing(FerryMock):
        own_settings = frozenset({"depth"})

    check_settings({"ferry": {"depth": "1", "unsigned": "true"}, "*": {"depth": "1"}, "barge": {}}, [Knowing])
    with pytest.raises(MockSettingsError, match=r"ferry. has no setting depth; there are: callback_secret"):
        check_settings({"ferry": {"depth": "1"}}, [FerryMock])
    with pytest.raises(MockSettingsError, match="no mock agency is called raft"):
        check_settings({"raft": {}}, [FerryMock])
