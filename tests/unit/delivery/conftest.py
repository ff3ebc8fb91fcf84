from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ferry import Landing

from adapters.sdk import Repeat


@pytest.fixture
def open_landing(tmp_path: Path) -> Iterator[Callable[..., Landing]]:
    """Open landings that are closed when the test ends."""
    opened: list[Landing] = []

    def open_one(repeat: Repeat = Repeat.LOOKUP, **more: Any) -> Landing:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Landing(folder, repeat, **more))
        return opened[-1]

    yield open_one
    for landing in opened:
        landing.close()


@pytest.fixture
def landing(open_landing: Callable[..., Landing]) -> Landing:
    """A landing whose agency answers look-ups."""
    return open_landing()
