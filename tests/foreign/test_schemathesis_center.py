"""The contract of the 시군 주민센터, held against its running mock by a tool that has read nothing but the contract."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from mocks.community_center import CommunityCenterMock
from mocks.kit.run import MockServer

HERE = Path(__file__).parent
FILE = HERE.parents[1] / "schemas" / "agencies" / "community_center" / "openapi.json"
LONGEST_SECONDS = 600


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_SECONDS + 30)
async def test_the_mock_keeps_its_contract(tmp_path: Path) -> None:
    """Good, bad and hostile requests, alone and along the contract's links, find nothing that it does not say."""
    async with MockServer([CommunityCenterMock]) as mocks:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis_center.toml",
            "run", FILE, "--url", mocks.url_of("community_center"),
            "--checks", "all", "--continue-on-failure", "--no-color",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
            env=os.environ | {
                "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_center_hooks.py"), "NARU_TEST_MOCKS_URL": mocks.base_url,
            },
        )  # fmt: skip
        try:
            told = (await asyncio.wait_for(process.communicate(), LONGEST_SECONDS))[0].decode()
        except TimeoutError:
            process.kill()
            raise
        acts = {act.operation for act in mocks.counters["community_center"].desk.ledger.acts}

    assert process.returncode == 0, told[-30_000:]
    assert "✅ Stateful" in told
    assert acts == {"register", "withdraw", "supplement"}, told
