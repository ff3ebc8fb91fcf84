from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import postgresql
import pytest
from barge import Dock
from ferry import Landing
from postgresql import STORES

from adapters.sdk import Repeat


def _another(request: pytest.FixtureRequest, opened: ExitStack) -> str:
    return opened.enter_context(postgresql.database(request.getfixturevalue("postgres_server")))


@pytest.fixture(params=STORES)
def open_landing(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Landing]]:
    """Open landings, on each database in turn, that are closed when the test ends."""
    with ExitStack() as opened:
        number = count()

        def open_one(repeat: Repeat = Repeat.LOOKUP, **more: Any) -> Landing:
            this = next(number)
            folder = tmp_path / str(this)
            folder.mkdir()
            if request.param == "postgresql":
                more["store_url"] = _another(request, opened) if this else request.getfixturevalue("postgres_url")
            landing = Landing(folder, repeat, **more)
            opened.callback(landing.close)
            return landing

        yield open_one


@pytest.fixture
def landing(open_landing: Callable[..., Landing]) -> Landing:
    """A landing whose agency answers look-ups."""
    return open_landing()


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[Dock]:
    """A landing whose agency takes files."""
    opened = Dock(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=STORES)
def dock_on_each(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Dock]:
    """The same, on each database in turn."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    opened = Dock(tmp_path, url)
    yield opened
    opened.close()
