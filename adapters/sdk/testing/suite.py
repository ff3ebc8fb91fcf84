"""The conformance suite as pytest tests: subclass it, give it a `subject`, and it runs every check."""

from __future__ import annotations

import pytest

from adapters.sdk.testing.checks import CHECKS, Check
from adapters.sdk.testing.subject import Subject


class AdapterSuite:
    """Runs every check of `checks.CHECKS`. pytest needs its asyncio plugin in auto mode.

    ::

        class TestMyAgency(AdapterSuite):
            @pytest.fixture
            def subject(self) -> Subject:
                return Subject(adapter=MyAgency, settings=..., agency=..., problems=..., said=...)
    """

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
    async def test_conforms(self, check: Check, subject: Subject) -> None:
        """The adapter keeps what the check's sentence says."""
        await check(subject)
