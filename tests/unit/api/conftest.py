from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_bench import Bench, bench_in


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The API on real services, with a small agency and two centres."""
    async with bench_in(tmp_path) as opened:
        yield opened
