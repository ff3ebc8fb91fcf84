"""Which faults a proof sets, and where its clock goes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hub.cli.proof.clockwork import next_hour
from hub.cli.proof.faults import faults_for
from mocks.kit.agency import BatchMock, MockAgency, TelegramMock
from mocks.kit.faults import Faults
from mocks.kit.lines import impossible_on
from mocks.kit.registry import installed_mocks


def described(kind: type[MockAgency]) -> dict[str, Any]:
    """Describe a mock agency as the control API does."""
    scheme = "file" if issubclass(kind, BatchMock) else "tcp" if issubclass(kind, TelegramMock) else "http"
    return {
        "own_url": f"{scheme}://127.0.0.1:1",
        "operations": list(kind.operations),
        "callbacks": list(kind.callbacks),
        "own_faults": sorted(kind.own_faults),
    }


@pytest.mark.parametrize("kind", installed_mocks(), ids=lambda kind: kind.slug)
def test_every_agency_takes_its_faults(kind: type[MockAgency]) -> None:
    """What is set at an agency is nothing that its line or its operations do not have."""
    faults = Faults(kind.operations, kind.callbacks, kind.own_faults, impossible_on(kind))
    faults.set({"seed": 1, "faults": faults_for(described(kind), 0.2)})
    assert len(faults.as_json()["faults"]) > 0


@pytest.mark.parametrize("kind", installed_mocks(), ids=lambda kind: kind.slug)
def test_lost_replies_come_first(kind: type[MockAgency]) -> None:
    """The first fault of whatever registers is the lost reply, at the wanted rate: nothing comes before its dice."""
    registering = [operation for operation in kind.operations if operation in {"register", "reserve", "apply"}]
    listed = faults_for(described(kind), 0.25)
    for operation in registering:
        first = next(fault for fault in listed if fault["operation"] == operation)
        assert first == {"name": "accept_then_lose_reply", "operation": operation, "rate": 0.25}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2025-01-15T00:00:00+09:00", "2025-01-15T02:01:00+09:00"),
        ("2025-01-15T02:01:00+09:00", "2025-01-15T06:01:00+09:00"),
        ("2025-01-15T12:00:00+09:00", "2025-01-15T17:01:00+09:00"),
        ("2025-01-15T18:00:00+09:00", "2025-01-16T02:01:00+09:00"),
    ],
)
def test_the_next_hour_of_files(now: str, then: str) -> None:
    """The clock goes to the next moment at which files are collected, answered, read or laid down."""
    assert next_hour(datetime.fromisoformat(now)) == datetime.fromisoformat(then)
