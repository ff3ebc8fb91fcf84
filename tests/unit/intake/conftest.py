from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from intake_bench import Bench, bench_in


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Intake on a real store."""
    with bench_in(tmp_path) as opened:
        yield opened
