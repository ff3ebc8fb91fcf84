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


@pytest.fixture(params=STORES)
def open_landing(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Landing]]:
    """Open landings, on each database in turn, that are closed when the test ends."""
    with ExitStack() as opened:
        number = count()

        def open_one(repeat: Repeat = Repeat.LOOKUP, **more: Any) -> Landing:
            folder = tmp_path / str(next(number))
            folder.mkdir()
            if request.param == "postgresql":
                more["store_url"] = opened.enter_context(
                    postgresql.database(request.getfixturevalue("postgres_server"))
                )
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
    with ExitStack() as opened:
        url = None
        if request.param == "postgresql":
            url = opened.enter_context(postgresql.database(request.getfixturevalue("postgres_server")))
        dock = Dock(tmp_path, url)
        opened.callback(dock.close)
        yield dock
