from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trail import Trail


@pytest.fixture
def trail(store_url: str, tmp_path: Path) -> Iterator[Trail]:
    """A trail on each database in turn."""
    opened = Trail(store_url, tmp_path)
    yield opened
    opened.close()
