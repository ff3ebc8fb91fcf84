from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from settings_bench import INSTALLED, Quay, QuaySettings, read

from adapters.sdk import Gate, MisconfiguredError, Wires
from hub.agencies import AgencyState
from hub.wiring import build_agencies, opened

ENABLED = {"quay": QuaySettings(enabled=True, base_url="https://x", client_secret=SecretStr("hunter2"))}


def states(settings: dict[str, Any], installed: dict[str, Any]) -> dict[str, tuple[AgencyState, str | None]]:
    """Build the agencies; return the state of each, and why."""
    built = build_agencies(settings, installed, Gate())
    return {slug: (agency.state, agency.why) for slug, agency in built.items()}


def test_only_what_is_enabled_is_active() -> None:
    """Installed is not active, and what cannot be imported is broken whatever is set."""
    wreck = (AgencyState.BROKEN, "ImportError while importing wreck:Wreck")
    assert states(ENABLED, INSTALLED) == {"quay": (AgencyState.ACTIVE, None), "wreck": wreck}
    assert states({"quay": QuaySettings()}, INSTALLED) == {"quay": (AgencyState.DISABLED, None), "wreck": wreck}


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (MisconfiguredError("quay: no certificate"), "quay: no certificate"),
        (ValueError("hunter2 is no key"), "ValueError while it was built"),
    ],
)
def test_an_adapter_that_cannot_be_built_is_a_broken_lane(error: Exception, why: str) -> None:
    """The sdk's errors say what to mend; the text of any other may hold a setting's value."""

    class Sunk(Quay):
        def __init__(self, settings: QuaySettings, wires: Wires) -> None:
            raise error

    assert states(ENABLED, {"quay": Sunk}) == {"quay": (AgencyState.BROKEN, why)}


async def test_services_can_be_opened_again_and_again(tmp_path: Path) -> None:
    """Closing gives the store back; the key file made at the first start opens it at the second."""
    place = {"NARU_STORE__URL": f"sqlite:///{tmp_path}/naru.db", "NARU_VAULT__KEY_FILE": str(tmp_path / "keys" / "kek")}
    settings = read(tmp_path, **place)
    for _ in range(2):
        async with opened(settings, INSTALLED) as services:
            assert services.agencies["quay"].state is AgencyState.DISABLED
