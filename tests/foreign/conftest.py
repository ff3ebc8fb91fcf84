"""Fixtures of the tests with foreign tools, and the rule that none of them may be missing in CI."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Generator

import pytest

from mocks.haengbok import HaengbokMock
from mocks.kit.pki import Certificates, make_certificates
from mocks.kit.run import MockServer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test under CI=true: there, a tool that is missing is a hole in the set-up."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"In CI nothing here may be skipped. {reason}"
    return report


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("pki") / "certificates")


@pytest.fixture
async def signed(certificates: Certificates) -> AsyncIterator[MockServer]:
    """행복e음 as it is by default: whoever calls has to sign."""
    async with MockServer([HaengbokMock], {"*": {"certificates": str(certificates.folder)}}) as mocks:
        yield mocks


@pytest.fixture
async def unsigned() -> AsyncIterator[MockServer]:
    """행복e음 that asks nobody for a signature."""
    async with MockServer([HaengbokMock], {"haengbok": {"unsigned": "true"}}) as mocks:
        yield mocks
