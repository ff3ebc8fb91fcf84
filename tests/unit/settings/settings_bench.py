"""An adapter with a secret, and reading settings from a text, for the tests of settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.sdk import Adapter, AdapterSettings, Batching, Profile, Repeat, WireKey
from adapters.sdk.registry import Broken
from hub.configuration import SettingsError, read_settings
from hub.settings import Settings
from schemas.services import ServiceCode


class QuaySettings(AdapterSettings):
    """A wish, a secret that is needed, and one that is not."""

    office_hours: int = 9
    client_secret: SecretStr = SecretStr("")
    spare_secret: SecretStr | None = None

    def missing(self) -> list[str]:
        return [*super().missing(), *([] if self.client_secret.get_secret_value() else ["client_secret"])]


class Quay(Adapter[QuaySettings]):
    """An agency that serves one service."""

    settings_type = QuaySettings
    profile = Profile(
        slug="quay",
        title="부두",
        wire="in memory",
        contract_basis="assumed",
        services=frozenset({ServiceCode.WEL_CASE}),
        discloses=frozenset({"client.name"}),
        requires=frozenset({"client.name"}),
        repeat=Repeat.KEYED,
        wire_key=WireKey(20),
    )


class Pontoon(Quay):
    """The same, by file."""

    profile = replace(Quay.profile, repeat=Repeat.BATCH, batching=Batching())


INSTALLED: dict[str, Any] = {"quay": Quay, "wreck": Broken("wreck", "ImportError while importing wreck:Wreck")}


def read(folder: Path, text: str = "", installed: Any = INSTALLED, **environ: str) -> Settings:
    """Read the settings that `text` and the environment make."""
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    return read_settings(config, environ, installed)


def problems_of(folder: Path, text: str = "", installed: Any = INSTALLED, **environ: str) -> list[str]:
    """Return what is wrong, [] if nothing is."""
    try:
        read(folder, text, installed, **environ)
    except SettingsError as error:
        return list(error.problems)
    return []
