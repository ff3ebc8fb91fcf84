"""Fixtures of the adapters' tests."""

from __future__ import annotations

import pytest
from raw_wire import Decisions

from adapters.sdk import Gate
from mocks.kit.pki import Certificates, make_certificates


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def decisions(gate: Gate) -> Decisions:
    return Decisions(gate)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")
