"""The conformance suite as pytest tests: subclass it, give it a `subject`, and it runs every check.

`test_reads_anything` throws spoilt answers at the adapter; how many, `fuzzing` says. It takes some seconds.
"""

from __future__ import annotations

import pytest

from adapters.sdk.testing.batch_checks import BATCH_CHECKS, BatchCheck
from adapters.sdk.testing.batch_subject import BatchSubject
from adapters.sdk.testing.checks import CHECKS, Check
from adapters.sdk.testing.fuzz_checks import BATCH_FUZZ_CHECKS, FUZZ_CHECKS, BatchFuzzCheck, FuzzCheck
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

    @pytest.mark.parametrize("check", FUZZ_CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
    async def test_reads_anything(self, check: FuzzCheck, subject: Subject) -> None:
        """The adapter keeps what the check's sentence says, whatever comes."""
        await check(subject)


class BatchSuite:
    """Runs every check of `batch_checks.BATCH_CHECKS`, for an adapter of an agency that takes files.

    ::

        class TestMyAgency(BatchSuite):
            @pytest.fixture
            def subject(self) -> BatchSubject:
                return BatchSubject(adapter=MyAgency, settings=..., problems=..., said=..., answer=...)
    """

    @pytest.mark.parametrize("check", BATCH_CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
    async def test_conforms(self, check: BatchCheck, subject: BatchSubject) -> None:
        """The adapter keeps what the check's sentence says."""
        await check(subject)

    @pytest.mark.parametrize("check", BATCH_FUZZ_CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
    async def test_reads_anything(self, check: BatchFuzzCheck, subject: BatchSubject) -> None:
        """The adapter keeps what the check's sentence says, whatever lies there."""
        await check(subject)
