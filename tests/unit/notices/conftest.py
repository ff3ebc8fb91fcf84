from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from notices_bench import Bench


@pytest.fixture
def bench(store_url: str, tmp_path: Path) -> Iterator[Bench]:
    """A bench on each database in turn."""
    opened = Bench(store_url, tmp_path)
    yield opened
    opened.close()
