"""Fixtures of the adapters' tests."""

from __future__ import annotations

import pytest
from raw_wire import Decisions

from adapters.sdk import Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def decisions(gate: Gate) -> Decisions:
    return Decisions(gate)
