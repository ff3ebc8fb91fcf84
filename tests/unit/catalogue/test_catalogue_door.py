"""Catalogues are found by entry point, the built-in one through the same door as everybody's."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from adapters.bokjiro import Bokjiro
from adapters.sdk.catalogue import GROUP, CatalogueSettings, installed_catalogues
from adapters.sdk.registry import Broken, DuplicateAdapterError


def point(name: str, value: str) -> EntryPoint:
    """Return an entry point of the group."""
    return EntryPoint(name, value, GROUP)


def test_the_built_in_one_is_installed() -> None:
    """복지로."""
    assert installed_catalogues()["bokjiro"] is Bokjiro


def test_what_is_no_catalogue_is_broken() -> None:
    """An adapter, a module that is not there, another name: each shown with its reason."""
    found = installed_catalogues([
        point("a", "nowhere.at.all:X"), point("b", "adapters.illegal_lending:IllegalLending"),
        point("c", "adapters.bokjiro:Bokjiro"),
    ])  # fmt: skip
    assert found == {
        "a": Broken("a", "ModuleNotFoundError while importing nowhere.at.all:X"),
        "b": Broken("b", "adapters.illegal_lending:IllegalLending is not a Catalogue"),
        "c": Broken("c", "adapters.bokjiro:Bokjiro calls itself otherwise"),
    }


def test_one_slug_is_one_catalogue() -> None:
    """Two that claim it: the hub refuses to start rather than choose."""
    with pytest.raises(DuplicateAdapterError, match="bokjiro"):
        installed_catalogues([point("bokjiro", "adapters.bokjiro:Bokjiro")] * 2)


@pytest.mark.parametrize(
    ("url", "problems"),
    [
        ("https://portal.invalid/B554287", []),
        ("http://portal.invalid", ["base_url: live mode needs https"]),
        ("https://127.0.0.1", ["base_url: live mode refuses a loopback address"]),
    ],
)
def test_live_mode_asks_the_same_of_catalogues(url: str, problems: list[str]) -> None:
    """No plaintext, no loopback."""
    assert CatalogueSettings(base_url=url).unfit_for_live() == problems
